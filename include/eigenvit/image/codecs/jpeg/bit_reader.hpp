/// The bits of a JPEG's entropy-coded data.
#ifndef EIGENVIT_IMAGE_CODECS_JPEG_BIT_READER_HPP
#define EIGENVIT_IMAGE_CODECS_JPEG_BIT_READER_HPP

#include <cstddef>
#include <cstdint>

#include <eigenvit/core/compiler.hpp>
#include <eigenvit/image/codecs/jpeg/huffman_table.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// Reads bits up to a marker or to the end of the file. Stuffed zeros after 0xff are left out.
///
/// Beyond a marker there are zeros, and `ran_dry` tells so. Whether Pillow calls a file without an
/// end marker truncated depends on when libjpeg looks for further bytes, so that the moments are
/// libjpeg's: up to 57 bits where fewer than 8, or than a value needs, are left; between markers
/// far from the end of the file 48 bits where 16 or fewer are left.
///
/// Source: ITU-T T.81, section F.2.2; libjpeg-turbo 3.2 (jdhuff.c) for the moments.
class JpegBitReader {
 public:
  JpegBitReader(const std::uint8_t* next, const std::uint8_t* end) noexcept
      : next_(next), end_(end) {}

  /// The marker that ended the data, 0: none so far.
  int marker() const noexcept { return marker_; }
  void set_marker(int marker) noexcept { marker_ = marker; }

  /// Whether zeros had to be put in for bits that a marker cut off.
  bool ran_dry() const noexcept { return dry_; }
  void set_dry(bool dry) noexcept { dry_ = dry; }

  /// Whether more bytes were needed than the file has.
  bool truncated() const noexcept { return truncated_; }

  const std::uint8_t* next() const noexcept { return next_; }
  std::size_t bytes_left() const noexcept { return static_cast<std::size_t>(end_ - next_); }

  /// Drops what is left of the bits, and goes on at `next`.
  void restart(const std::uint8_t* next) noexcept {
    next_ = next;
    left_ = 0;
    bits_ = 0;
  }

  /// The next `count` bits, 1 to 16.
  std::uint32_t get(int count) noexcept {
    if (left_ < count) fill(count);
    return take(count);
  }

  /// The next symbol; 0 where the bits are no code.
  std::uint8_t symbol(const JpegHuffmanTable& table) noexcept {
    constexpr int enough = 8;
    if (left_ < enough) fill(0);
    int length = 1;
    if (left_ >= enough) {
      const std::uint32_t code = table.short_code(peek());
      length = static_cast<int>(code >> 8);
      if (length > 0 && length <= enough) {
        left_ -= length;
        return static_cast<std::uint8_t>(code);
      }
      length = enough + 1;
    }
    auto code = static_cast<std::int32_t>(get(length));
    while (code > table.last(length)) {
      code = code << 1 | static_cast<std::int32_t>(get(1));
      ++length;
    }
    return table.symbol(code, length);
  }

  // What follows is for long stretches without markers: `fill_fast` gives at least 17 bits, the
  // others take them without a look. A marker, or a fill byte, is noticed afterwards.

  /// Whether `fill_fast` met one, and has given zeros since.
  bool met_marker() const noexcept { return met_marker_; }

  /// False where the end of the file is near: the state is then of no further use.
  bool fill_fast() noexcept {
    if (left_ > 16) return true;
    if (bytes_left() < 8) return false;
    // Compilers make one load and a swap of bytes of it.
    const auto byte = [this](int i) { return static_cast<std::uint64_t>(next_[i]); };
    const std::uint64_t word = (byte(0) << 56 | byte(1) << 48 | byte(2) << 40 | byte(3) << 32 |
                                byte(4) << 24 | byte(5) << 16 | byte(6) << 8 | byte(7)) >>
                               16;
    // Whether one of the six bytes is 0xff.
    const std::uint64_t inverse = ~word & 0xffffffffffff;
    if (((inverse - 0x010101010101) & ~inverse & 0x808080808080) != 0) return fill_fast_bytes();
    bits_ = bits_ << 48 | word;
    left_ += 48;
    next_ += 6;
    return true;
  }

  std::uint32_t take(int count) noexcept {
    left_ -= count;
    return static_cast<std::uint32_t>(bits_ >> left_) & ((std::uint32_t{1} << count) - 1);
  }
  void drop(int count) noexcept { left_ -= count; }
  /// The next `JpegHuffmanTable::lookahead` bits without taking them.
  std::size_t peek() const noexcept {
    constexpr int count = JpegHuffmanTable::lookahead;
    const std::uint64_t bits = left_ >= count ? bits_ >> (left_ - count) : bits_ << (count - left_);
    return static_cast<std::size_t>(bits) & ((std::size_t{1} << count) - 1);
  }
  std::size_t peek_fast() const noexcept {
    constexpr int count = JpegHuffmanTable::lookahead;
    return static_cast<std::size_t>(bits_ >> (left_ - count)) & ((std::size_t{1} << count) - 1);
  }
  /// The symbol of a code that is longer than `JpegHuffmanTable::lookahead`.
  std::uint8_t long_symbol_fast(const JpegHuffmanTable& table) noexcept {
    int length = JpegHuffmanTable::lookahead + 1;
    auto code = static_cast<std::int32_t>(take(length));
    while (code > table.last(length)) {
      code = code << 1 | static_cast<std::int32_t>(take(1));
      ++length;
    }
    return table.symbol(code, length);
  }

 private:
  static constexpr int full = 57;

  bool fill_fast_bytes() noexcept {
    for (int i = 0; i < 6; ++i) {
      std::uint8_t byte = *next_++;
      if (byte == 0xff) {
        if (next_ == end_) return false;
        if (*next_ != 0) {
          met_marker_ = true;
          byte = 0;
          --next_;
        } else {
          ++next_;
        }
        if (bytes_left() < 8) return false;
      }
      bits_ = bits_ << 8 | byte;
      left_ += 8;
    }
    return true;
  }

  /// Zeros follow where fewer than `wanted` bits are left before a marker.
  void fill(int wanted) noexcept {
    while (marker_ == 0 && left_ < full) {
      if (next_ == end_) {
        truncated_ = true;
        break;
      }
      int byte = *next_++;
      if (byte == 0xff) {
        do {
          if (next_ == end_) {
            truncated_ = true;
            break;
          }
          byte = *next_++;
        } while (byte == 0xff);
        if (truncated_) break;
        if (byte != 0) {
          marker_ = byte;
          break;
        }
        byte = 0xff;
      }
      bits_ = bits_ << 8 | static_cast<std::uint64_t>(byte);
      left_ += 8;
    }
    if (wanted > left_) {
      dry_ = true;
      bits_ <<= full - left_;
      left_ = full;
    }
  }

  const std::uint8_t* next_;
  const std::uint8_t* end_;
  std::uint64_t bits_ = 0;  ///< The last `left_` of them are the next ones.
  int left_ = 0;
  int marker_ = 0;
  bool met_marker_ = false;
  bool dry_ = false;
  bool truncated_ = false;
};

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
