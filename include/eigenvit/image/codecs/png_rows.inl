/// Rows of a PNG: the inverse of its filters, and samples to RGB.
#ifndef EIGENVIT_IMAGE_CODECS_PNG_ROWS_INL
#define EIGENVIT_IMAGE_CODECS_PNG_ROWS_INL

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include <eigenvit/core/compiler.hpp>
#include <eigenvit/image/codecs/packed_pixels.inl>
#include <eigenvit/image/codecs/png_chunks.inl>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// Whichever of three neighbours is nearest to `left + up - corner`.
///
/// Source: PNG specification, third edition, section 9.4.
inline int paeth(int left, int up, int corner) noexcept {
  const int to_left = std::abs(up - corner);
  const int to_up = std::abs(left - corner);
  const int to_corner = std::abs(up - corner + left - corner);
  const int nearer = to_up <= to_corner ? up : corner;
  return to_left <= std::min(to_up, to_corner) ? left : nearer;
}

/// Undoes a filter in place. `above` is the row above, zeros for the first; `step`: bytes from a
/// sample to the same of the pixel to its right. False where the filter is unknown.
///
/// Source: PNG specification, third edition, section 9.
template <std::size_t step>
bool unfilter_row(int filter, std::uint8_t* row, const std::uint8_t* above, std::size_t size) {
  const auto each = [&](const auto& predict) {
    // Left and above left, held in registers: each pixel waits for the one before it.
    std::array<int, step> left{}, corner{};
    std::size_t i = 0;
    for (; i + step <= size; i += step) {
      for (std::size_t c = 0; c < step; ++c) {
        const int up = above[i + c];
        left[c] = (row[i + c] + predict(left[c], up, corner[c])) & 255;
        corner[c] = up;
        row[i + c] = static_cast<std::uint8_t>(left[c]);
      }
    }
  };
  switch (filter) {
    case 0:
      return true;
    case 1:
      each([](int left, int, int) { return left; });
      return true;
    case 2:
      for (std::size_t i = 0; i < size; ++i) row[i] = static_cast<std::uint8_t>(row[i] + above[i]);
      return true;
    case 3:
      each([](int left, int up, int) { return (left + up) >> 1; });
      return true;
    case 4:
      each([](int left, int up, int corner) { return paeth(left, up, corner); });
      return true;
    default:
      return false;
  }
}

using UnfilterRow = bool (*)(int, std::uint8_t*, const std::uint8_t*, std::size_t);

inline UnfilterRow unfilter_of(std::size_t bytes_a_pixel) noexcept {
  switch (bytes_a_pixel) {
    case 2:
      return unfilter_row<2>;
    case 3:
      return unfilter_row<3>;
    case 4:
      return unfilter_row<4>;
    case 6:
      return unfilter_row<6>;
    case 8:
      return unfilter_row<8>;
    default:
      return unfilter_row<1>;
  }
}

/// Samples of a row to RGB, as Pillow's `convert("RGB")` makes them.
class PngPixels {
 public:
  explicit PngPixels(const PngChunks& chunks) : bits_(chunks.header.bits) {
    const PngColour colour = chunks.header.colour;
    indexed_ = colour == PngColour::palette || (colour == PngColour::grey && bits_ < 8);
    grey_ = colour == PngColour::grey || colour == PngColour::grey_alpha;
    clipped_ = colour == PngColour::grey && bits_ == 16;
    channels_ = colour == PngColour::rgb_alpha    ? 4
                : colour == PngColour::rgb        ? 3
                : colour == PngColour::grey_alpha ? 2
                                                  : 1;
    if (colour == PngColour::palette) {
      for (std::size_t i = 0; i < chunks.palette.size / 3; ++i) {
        const std::uint8_t* const entry = chunks.palette.data + 3 * i;
        palette_.set(i, entry[0], entry[1], entry[2]);
      }
    } else if (indexed_) {
      const std::size_t most = (std::size_t{1} << bits_) - 1;
      for (std::size_t i = 0; i <= most; ++i) {
        palette_.fill(i, static_cast<std::uint8_t>(255 * i / most));
      }
    }
  }

  std::size_t bits_a_pixel() const noexcept { return channels_ * static_cast<std::size_t>(bits_); }
  /// Whether rows are RGB as they are.
  bool is_rgb() const noexcept { return channels_ == 3 && bits_ == 8; }
  /// Black where there is no palette.
  const std::uint8_t* first_colour() const noexcept { return palette_.colour(0); }

  /// `width` pixels of `row` as RGB, `out_step` bytes from one to the next.
  void convert(const std::uint8_t* row, std::size_t width, std::uint8_t* out,
               std::size_t out_step) const noexcept {
    if (indexed_) {
      palette_.convert(row, static_cast<std::size_t>(bits_), width, out, out_step);
    } else if (clipped_) {
      // Pillow keeps 16-bit grey as it is, and cuts off at 255 when it becomes RGB.
      for (std::size_t i = 0; i < width; ++i, out += out_step, row += 2) {
        std::fill_n(out, 3, row[0] != 0 ? std::uint8_t{255} : row[1]);
      }
    } else {
      const std::size_t sample = static_cast<std::size_t>(bits_) / 8;
      const std::size_t pixel = channels_ * sample;
      const std::size_t next = grey_ ? 0 : sample;
      for (std::size_t i = 0; i < width; ++i, out += out_step, row += pixel) {
        out[0] = row[0];
        out[1] = row[next];
        out[2] = row[2 * next];
      }
    }
  }

 private:
  int bits_;
  std::size_t channels_ = 1;
  bool indexed_ = false;
  bool grey_ = false;
  bool clipped_ = false;
  Palette palette_;
};

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
