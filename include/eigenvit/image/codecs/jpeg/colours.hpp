/// The colours of a JPEG's components.
#ifndef EIGENVIT_IMAGE_CODECS_JPEG_COLOURS_HPP
#define EIGENVIT_IMAGE_CODECS_JPEG_COLOURS_HPP

#include <array>
#include <cstddef>
#include <cstdint>

#include <eigenvit/core/compiler.hpp>
#include <eigenvit/image/codecs/jpeg/kernels.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// What the components of a picture mean.
enum class JpegColours { grey, ycc, rgb, cmyk, ycck };

/// An ink's sample and the black ink's to light. Photoshop stores both inverted, and Pillow takes
/// every file for Photoshop's: the product of both, as a part of 255, rounded.
constexpr std::uint8_t light_through_inks(unsigned ink, unsigned black) noexcept {
  const unsigned product = ink * black + 128;
  return static_cast<std::uint8_t>((product + (product >> 8)) >> 8);
}

/// `count` pixels of as many samples of each component.
inline void jpeg_row_to_rgb(JpegColours colours, const std::array<const std::uint8_t*, 4>& samples,
                            std::size_t count, std::uint8_t* out) noexcept {
  const auto interleave = [&](std::size_t green, std::size_t blue) {
    for (std::size_t i = 0; i < count; ++i) {
      out[3 * i] = samples[0][i];
      out[3 * i + 1] = samples[green][i];
      out[3 * i + 2] = samples[blue][i];
    }
  };
  if (colours == JpegColours::grey) {
    interleave(0, 0);
  } else if (colours == JpegColours::rgb || colours == JpegColours::cmyk) {
    interleave(1, 2);
  } else {
    jpeg_kernels::ycc_to_rgb(samples[0], samples[1], samples[2], count, out);
  }
  if (colours == JpegColours::cmyk || colours == JpegColours::ycck) {
    // The RGB of a YCCK file are the inks' complements.
    const unsigned flip = colours == JpegColours::ycck ? 255 : 0;
    for (std::size_t i = 0; i < 3 * count; ++i) {
      out[i] = light_through_inks(out[i] ^ flip, samples[3][i / 3]);
    }
  }
}

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
