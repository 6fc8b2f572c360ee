/// Huffman tables of a JPEG.
#ifndef EIGENVIT_IMAGE_CODECS_JPEG_HUFFMAN_TABLE_HPP
#define EIGENVIT_IMAGE_CODECS_JPEG_HUFFMAN_TABLE_HPP

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include <eigenvit/core/compiler.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// A table as a file states it: how many codes there are of each length, and their symbols in the
/// order of the codes.
struct JpegHuffmanSpec {
  std::array<std::uint8_t, 17> counts{};  ///< `counts[n]`: codes of `n` bits.
  std::array<std::uint8_t, 256> symbols{};
  bool defined = false;

  std::size_t codes() const noexcept {
    std::size_t sum = 0;
    for (const std::uint8_t count : counts) sum += count;
    return sum;
  }
};

/// The value of `bits` further bits after a symbol that announces a value of that size, in [1, 15].
/// Source: ITU-T T.81, figure F.12.
constexpr std::int32_t jpeg_extend(std::uint32_t value, int bits) noexcept {
  const auto signed_value = static_cast<std::int32_t>(value);
  return signed_value < (1 << (bits - 1)) ? signed_value - (1 << bits) + 1 : signed_value;
}

/// A table made ready for decoding.
class JpegHuffmanTable {
 public:
  /// Bits by which short codes are found in one step.
  static constexpr int lookahead = 9;

  /// False where the counts describe no prefix code, or, for DC, where a symbol is beyond 15.
  /// Source: ITU-T T.81, figures C.1, C.2 and F.15.
  bool build(const JpegHuffmanSpec& spec, bool dc) noexcept {
    if (spec.codes() > 256) return false;
    symbols_ = spec.symbols;
    short_.fill(0);
    whole_.fill(0);
    std::uint32_t code = 0;
    std::size_t index = 0;
    for (int length = 1; length <= 16; ++length) {
      const auto at = static_cast<std::size_t>(length);
      const std::uint32_t count = spec.counts[at];
      first_[at] = static_cast<std::int32_t>(index) - static_cast<std::int32_t>(code);
      last_[at] = count > 0 ? static_cast<std::int32_t>(code + count - 1) : -1;
      for (std::uint32_t i = 0; i < count; ++i, ++code, ++index) {
        if (dc && symbols_[index] > 15) return false;
        if (length <= lookahead && code < (std::uint32_t{1} << length)) {
          enter(code, length, symbols_[index]);
        }
      }
      // No code may consist of ones alone.
      if (count > 0 && code >= (std::uint32_t{1} << length)) return false;
      code <<= 1;
    }
    last_[17] = 0xfffff;
    return true;
  }

  /// For the next `lookahead` bits: `length << 8 | symbol`, 0 for a longer code.
  std::uint32_t short_code(std::size_t bits) const noexcept { return short_[bits]; }

  /// For the next `lookahead` bits, where they hold an AC code and its value completely:
  /// `value << 16 | run << 8 | length of both`, else 0.
  std::int32_t whole_value(std::size_t bits) const noexcept { return whole_[bits]; }

  /// The largest code of `length` bits, -1: there is none. Beyond 16 bits every code is smaller.
  std::int32_t last(int length) const noexcept { return last_[static_cast<std::size_t>(length)]; }

  /// The symbol of a code that is at most `last(length)`; 0, as in libjpeg, for no code at all.
  std::uint8_t symbol(std::int32_t code, int length) const noexcept {
    if (length > 16) return 0;
    return symbols_[static_cast<std::size_t>(code + first_[static_cast<std::size_t>(length)]) &
                    0xff];
  }

 private:
  void enter(std::uint32_t code, int length, std::uint8_t symbol) noexcept {
    const int free = lookahead - length;
    const std::size_t from = static_cast<std::size_t>(code) << free;
    const int size = symbol & 15;
    for (std::size_t i = 0; i < (std::size_t{1} << free); ++i) {
      short_[from + i] = static_cast<std::uint16_t>(length << 8 | symbol);
      if (size == 0 || size > free) continue;
      const std::int32_t value = jpeg_extend(static_cast<std::uint32_t>(i >> (free - size)), size);
      whole_[from + i] = value * 65536 + (symbol >> 4) * 256 + length + size;
    }
  }

  std::array<std::uint16_t, std::size_t{1} << lookahead> short_{};
  std::array<std::int32_t, std::size_t{1} << lookahead> whole_{};
  std::array<std::int32_t, 18> first_{};
  std::array<std::int32_t, 18> last_{};
  std::array<std::uint8_t, 256> symbols_{};
};

/// The tables of ITU-T T.81, section K.3, number 0 for luminance and 1 for chrominance. Frames of
/// Motion JPEG leave them out of the file.
inline JpegHuffmanSpec jpeg_standard_table(bool dc, bool chrominance) noexcept {
  static constexpr std::array<std::uint8_t, 16> counts[4] = {
      {0, 1, 5, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0},
      {0, 3, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0},
      {0, 2, 1, 3, 3, 2, 4, 3, 5, 5, 4, 4, 0, 0, 1, 125},
      {0, 2, 1, 2, 4, 4, 3, 4, 7, 5, 4, 4, 0, 1, 2, 119}};
  // The symbols of 16 bits follow each other in both AC tables; these come first.
  static constexpr std::array<std::uint8_t, 37> luminance = {
      0x01, 0x02, 0x03, 0x00, 0x04, 0x11, 0x05, 0x12, 0x21, 0x31, 0x41, 0x06, 0x13,
      0x51, 0x61, 0x07, 0x22, 0x71, 0x14, 0x32, 0x81, 0x91, 0xa1, 0x08, 0x23, 0x42,
      0xb1, 0xc1, 0x15, 0x52, 0xd1, 0xf0, 0x24, 0x33, 0x62, 0x72, 0x82};
  static constexpr std::array<std::uint8_t, 43> chroma = {
      0x00, 0x01, 0x02, 0x03, 0x11, 0x04, 0x05, 0x21, 0x31, 0x06, 0x12, 0x41, 0x51, 0x07, 0x61,
      0x71, 0x13, 0x22, 0x32, 0x81, 0x08, 0x14, 0x42, 0x91, 0xa1, 0xb1, 0xc1, 0x09, 0x23, 0x33,
      0x52, 0xf0, 0x15, 0x62, 0x72, 0xd1, 0x0a, 0x16, 0x24, 0x34, 0xe1, 0x25, 0xf1};
  JpegHuffmanSpec spec;
  spec.defined = true;
  const auto& lengths = counts[(dc ? 0 : 2) + (chrominance ? 1 : 0)];
  std::copy(lengths.begin(), lengths.end(), spec.counts.begin() + 1);
  std::size_t used = 0;
  if (dc) {
    for (; used < 12; ++used) spec.symbols[used] = static_cast<std::uint8_t>(used);
    return spec;
  }
  const std::uint8_t* const known = chrominance ? chroma.data() : luminance.data();
  used = chrominance ? chroma.size() : luminance.size();
  std::copy(known, known + used, spec.symbols.begin());
  // All others: run and size in rising order.
  const std::size_t listed = used;
  for (unsigned symbol = 1; symbol < 256; ++symbol) {
    if ((symbol & 15) < 1 || (symbol & 15) > 10) continue;
    const auto value = static_cast<std::uint8_t>(symbol);
    if (std::find(known, known + listed, value) == known + listed) spec.symbols[used++] = value;
  }
  return spec;
}

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
