/// Pixels of fewer than three bytes: indices into a palette, and colours of 16 bits.
#ifndef EIGENVIT_IMAGE_CODECS_PACKED_PIXELS_INL
#define EIGENVIT_IMAGE_CODECS_PACKED_PIXELS_INL

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include <eigenvit/core/compiler.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// 256 colours, black where a file defines fewer.
class Palette {
 public:
  void set(std::size_t index, std::uint8_t red, std::uint8_t green, std::uint8_t blue) noexcept {
    colours_[3 * index] = red;
    colours_[3 * index + 1] = green;
    colours_[3 * index + 2] = blue;
  }
  void fill(std::size_t index, std::uint8_t grey) noexcept { set(index, grey, grey, grey); }

  const std::uint8_t* colour(std::size_t index) const noexcept {
    return colours_.data() + 3 * index;
  }

  /// `width` indices of `bits` (1, 2, 4 or 8) at `row`, from the highest bits on, as RGB at `out`,
  /// `out_step` bytes from one to the next.
  void convert(const std::uint8_t* row, std::size_t bits, std::size_t width, std::uint8_t* out,
               std::size_t out_step) const noexcept {
    if (bits == 8) {
      for (std::size_t i = 0; i < width; ++i, out += out_step) std::copy_n(colour(row[i]), 3, out);
      return;
    }
    const std::size_t mask = (std::size_t{1} << bits) - 1;
    for (std::size_t i = 0; i < width; ++i, out += out_step) {
      const std::size_t bit = i * bits;
      const std::size_t index = static_cast<std::size_t>(row[bit / 8]) >> (8 - bits - bit % 8);
      std::copy_n(colour(index & mask), 3, out);
    }
  }

 private:
  std::array<std::uint8_t, 768> colours_{};
};

/// Red, green and blue of 5 bits each, green of 6 where `six_green`, scaled and rounded down as
/// Pillow does.
inline void unpack_pixel(int pixel, bool six_green, std::uint8_t* out) noexcept {
  out[0] = static_cast<std::uint8_t>((pixel >> (six_green ? 11 : 10) & 31) * 255 / 31);
  out[1] = static_cast<std::uint8_t>(six_green ? (pixel >> 5 & 63) * 255 / 63
                                               : (pixel >> 5 & 31) * 255 / 31);
  out[2] = static_cast<std::uint8_t>((pixel & 31) * 255 / 31);
}

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
