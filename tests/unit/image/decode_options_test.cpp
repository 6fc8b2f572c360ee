#include <doctest/doctest.h>

#include <eigenvit/image/decode_options.hpp>

TEST_CASE("orientation is applied, and the limit is Pillow's, by default") {
  const eigenvit::DecodeOptions options;
  CHECK(options.apply_exif_orientation);
  // Twice Pillow's MAX_IMAGE_PIXELS, which is a quarter of a gigabyte of 3 bytes a pixel.
  CHECK(options.max_pixels == 2 * (1024ULL * 1024 * 1024 / 4 / 3));
}
