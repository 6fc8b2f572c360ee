/// Pixels to PNG.
#ifndef EIGENVIT_IMAGE_CODECS_PNG_ENCODER_INL
#define EIGENVIT_IMAGE_CODECS_PNG_ENCODER_INL

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include <eigenvit/core/compiler.hpp>
#include <eigenvit/image/codecs/checksums.inl>
#include <eigenvit/image/codecs/deflater.inl>
#include <eigenvit/image/codecs/png_rows.inl>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// Writes grey or RGB pixels of 8 or 16 bits as a PNG. Each row gets the filter whose differences,
/// as signed numbers, have the least sum of magnitudes: the specification's own advice, which finds
/// what deflate makes small without trying it.
///
/// Source: PNG specification, third edition, sections 9, 11 and 12.7.
class PngEncoder {
 public:
  /// Rows follow each other without gaps; `samples`: 1 or 3; of 16 bits the upper byte is first.
  std::vector<std::uint8_t> encode(const std::uint8_t* pixels, std::size_t width,
                                   std::size_t height, std::size_t samples, std::uint8_t bits = 8) {
    file_ = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n'};
    const std::size_t header = begin_chunk("IHDR");
    put_big(width);
    put_big(height);
    const auto colour_type = static_cast<std::uint8_t>(samples == 1 ? 0 : 2);
    file_.insert(file_.end(), {bits, colour_type, 0, 0, 0});
    end_chunk(header);

    const std::size_t data = begin_chunk("IDAT");
    const std::size_t step = samples * bits / 8;
    const std::vector<std::uint8_t> rows = filtered(pixels, width * step, height, step);
    Deflater(file_).compress(rows.data(), rows.size());
    end_chunk(data);
    end_chunk(begin_chunk("IEND"));
    return std::move(file_);
  }

 private:
  void put_big(std::size_t number) {
    for (int shift = 24; shift >= 0; shift -= 8) {
      file_.push_back(static_cast<std::uint8_t>(number >> shift));
    }
  }

  /// Where the chunk begins. Its length is filled in at its end.
  std::size_t begin_chunk(std::string_view type) {
    const std::size_t begin = file_.size();
    put_big(0);
    file_.insert(file_.end(), type.begin(), type.end());
    return begin;
  }

  void end_chunk(std::size_t begin) {
    const std::size_t length = file_.size() - begin - 8;
    for (std::size_t i = 0; i < 4; ++i) {
      file_[begin + i] = static_cast<std::uint8_t>(length >> (24 - 8 * i));
    }
    put_big(crc_(file_.data() + begin + 4, length + 4));
  }

  /// The rows after their filters, each with the number of its filter in front.
  static std::vector<std::uint8_t> filtered(const std::uint8_t* pixels, std::size_t size,
                                            std::size_t height, std::size_t step) {
    std::vector<std::uint8_t> rows;
    rows.reserve((size + 1) * height);
    // Rows with a pixel of zeros before the first, as the filters see them.
    std::vector<std::uint8_t> above(size + step), row(size + step);
    std::vector<std::uint8_t> best(size), tried(size);
    for (std::size_t y = 0; y < height; ++y) {
      std::copy_n(pixels + y * size, size, row.begin() + static_cast<std::ptrdiff_t>(step));
      std::size_t least = 0;
      int filter = 0;
      for (int kind = 0; kind < 5; ++kind) {
        const std::size_t sum = apply(kind, row.data() + step, above.data() + step, step, tried);
        if (kind > 0 && sum >= least) continue;
        least = sum;
        filter = kind;
        best.swap(tried);
      }
      rows.push_back(static_cast<std::uint8_t>(filter));
      rows.insert(rows.end(), best.begin(), best.end());
      row.swap(above);
    }
    return rows;
  }

  /// The differences of a row from what a filter predicts, and the sum of their magnitudes.
  static std::size_t apply(int filter, const std::uint8_t* row, const std::uint8_t* above,
                           std::size_t step, std::vector<std::uint8_t>& out) {
    const auto each = [&](const auto& predict) {
      std::size_t sum = 0;
      for (std::size_t i = 0; i < out.size(); ++i) {
        const std::uint8_t* const left = row + i - step;
        const std::uint8_t* const corner = above + i - step;
        const int difference = (row[i] - predict(int{*left}, int{above[i]}, int{*corner})) & 255;
        out[i] = static_cast<std::uint8_t>(difference);
        sum += static_cast<std::size_t>(std::min(difference, 256 - difference));
      }
      return sum;
    };
    switch (filter) {
      case 0:
        return each([](int, int, int) { return 0; });
      case 1:
        return each([](int left, int, int) { return left; });
      case 2:
        return each([](int, int up, int) { return up; });
      case 3:
        return each([](int left, int up, int) { return (left + up) >> 1; });
      default:
        return each([](int left, int up, int corner) { return paeth(left, up, corner); });
    }
  }

  const Crc32 crc_;
  std::vector<std::uint8_t> file_;
};

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
