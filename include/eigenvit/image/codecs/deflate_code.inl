/// Tables that decode the Huffman codes of deflate.
#ifndef EIGENVIT_IMAGE_CODECS_DEFLATE_CODE_INL
#define EIGENVIT_IMAGE_CODECS_DEFLATE_CODE_INL

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include <eigenvit/core/compiler.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// What a code means: a literal, the base of a length or distance with a count of further
/// bits, the end of the block, or a second table for longer codes.
struct DeflateEntry {
  enum Kind : std::uint8_t { invalid, literal, base, end, table };

  std::uint16_t value = 0;
  std::uint8_t extra_bits = 0;
  Kind kind = invalid;
  std::uint8_t code_bits = 1;
};

/// A canonical prefix code of up to `symbols` symbols and 15 bits. The next `root_bits` bits of the
/// stream index the table; codes that are longer lead to a second table of as many bits as the
/// longest code has beyond those.
///
/// Source: RFC 1951, section 3.2.2.
template <std::size_t symbols, int root_bits>
class DeflateCode {
 public:
  /// The entry at the low bits of `bits`, which holds at least 15.
  DeflateEntry find(std::uint64_t bits) const noexcept {
    DeflateEntry entry = entries_[bits & root_mask];
    if (entry.kind == DeflateEntry::table) {
      entry = entries_[entry.value + (bits >> root_bits & ((1U << entry.extra_bits) - 1))];
    }
    return entry;
  }

  /// The codes of the lengths `lengths[0]` to `lengths[count - 1]`; 0: the symbol has none.
  /// `meaning` is the entry of each symbol, its `code_bits` left open. False where the lengths are
  /// no code: one that lacks words is accepted as zlib does, where it is a single word of one bit.
  template <class Meaning>
  bool build(const std::uint8_t* lengths, std::size_t count, bool may_lack_words,
             const Meaning& meaning) {
    std::array<std::uint32_t, max_bits + 1> of_length{};
    for (std::size_t symbol = 0; symbol < count; ++symbol) ++of_length[lengths[symbol]];
    of_length[0] = 0;
    int longest = 0;
    std::int32_t left = 1;
    std::array<std::uint32_t, max_bits + 2> next_code{};
    for (int bits = 1; bits <= max_bits; ++bits) {
      const std::uint32_t words = of_length[static_cast<std::size_t>(bits)];
      left = 2 * left - static_cast<std::int32_t>(words);
      if (left < 0) return false;
      if (words != 0) longest = bits;
      next_code[static_cast<std::size_t>(bits) + 1] =
          (next_code[static_cast<std::size_t>(bits)] + words) << 1;
    }
    if (left > 0 && (!may_lack_words || longest > 1)) return false;

    std::fill(entries_.begin(), entries_.begin() + root_size, DeflateEntry{});
    const int second_bits = std::max(longest - root_bits, 0);
    std::size_t used = root_size;
    for (std::size_t symbol = 0; symbol < count; ++symbol) {
      const int bits = lengths[symbol];
      if (bits == 0) continue;
      // Codes are sent from their highest bit, the stream is read from its lowest.
      std::uint32_t word = next_code[static_cast<std::size_t>(bits)]++;
      std::uint32_t reversed = 0;
      for (int i = 0; i < bits; ++i, word >>= 1) reversed = reversed << 1 | (word & 1);
      DeflateEntry entry = meaning(symbol);
      entry.code_bits = static_cast<std::uint8_t>(bits);
      if (bits <= root_bits) {
        for (std::size_t at = reversed; at < root_size; at += std::size_t{1} << bits) {
          entries_[at] = entry;
        }
        continue;
      }
      DeflateEntry& root = entries_[reversed & root_mask];
      if (root.kind != DeflateEntry::table) {
        root.kind = DeflateEntry::table;
        root.value = static_cast<std::uint16_t>(used);
        root.extra_bits = static_cast<std::uint8_t>(second_bits);
        used += std::size_t{1} << second_bits;
      }
      for (std::size_t at = reversed >> root_bits; at < std::size_t{1} << second_bits;
           at += std::size_t{1} << (bits - root_bits)) {
        entries_[root.value + at] = entry;
      }
    }
    return true;
  }

 private:
  static constexpr int max_bits = 15;
  static constexpr std::size_t root_size = std::size_t{1} << root_bits;
  static constexpr std::uint64_t root_mask = root_size - 1;

  // A code without gaps has at least two words in each second table.
  std::array<DeflateEntry, root_size + (symbols / 2 << (max_bits - root_bits))> entries_{};
};

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
