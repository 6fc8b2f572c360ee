// libFuzzer: any bytes, as EXIF, as ImageMagick's text of it and as XMP, state one of the eight
// orientations or none. The bits of the first byte say as which of the three the rest is taken.
#include <cstddef>
#include <cstdint>
#include <string>

#include <eigenvit/image/codecs/orientation.inl>

#include "support.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Input input(data, size);
  const int taken = input.byte();
  const std::string rest(input.rest());
  eigenvit::detail::OrientationSources sources;
  if ((taken & 1) != 0) sources.exif = rest;
  if ((taken & 2) != 0) sources.raw_profile = rest;
  if ((taken & 4) != 0) sources.xmp = rest;
  const int orientation = eigenvit::detail::orientation_of(sources);
  fuzz::expect(orientation >= 0 && orientation <= 8, "an orientation that is none");
  const eigenvit::Image turned = eigenvit::apply_orientation(eigenvit::Image(3, 2), orientation);
  fuzz::expect(turned.width() == (orientation >= 5 ? 2 : 3), "a picture that was turned wrongly");
  return 0;
}
