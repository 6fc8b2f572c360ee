/// Huffman codes for deflate's blocks, as an encoder makes them.
#ifndef EIGENVIT_IMAGE_CODECS_PREFIX_WORDS_INL
#define EIGENVIT_IMAGE_CODECS_PREFIX_WORDS_INL

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include <eigenvit/core/compiler.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// A canonical prefix code of up to `symbols` symbols: the length of each word in bits, and its
/// bits in the order of the stream. The inverse of `DeflateCode`.
///
/// Source: RFC 1951, section 3.2.2.
template <std::size_t symbols>
class PrefixWords {
 public:
  /// The code whose words have these lengths.
  void assign(const std::array<std::uint8_t, symbols>& lengths) noexcept {
    lengths_ = lengths;
    std::array<std::uint32_t, max_bits + 2> next{};
    for (const std::uint8_t length : lengths) {
      if (length > 0) ++next[length + std::size_t{1}];
    }
    for (std::size_t bits = 1; bits < next.size(); ++bits)
      next[bits] = 2 * (next[bits - 1] + next[bits]);
    for (std::size_t symbol = 0; symbol < symbols; ++symbol) {
      if (lengths[symbol] > 0) words_[symbol] = reversed(next[lengths[symbol]]++, lengths[symbol]);
    }
  }

  /// The shortest code for symbols that occur so often, with words of at most `limit` bits; close
  /// to the shortest where that limit matters. At least two symbols get a word, as some decoders
  /// want.
  void fit(std::array<std::uint32_t, symbols> counts, std::size_t limit) {
    for (std::size_t symbol = 0;
         std::count(counts.begin(), counts.end(), 0U) > static_cast<std::ptrdiff_t>(symbols) - 2;
         ++symbol) {
      counts[symbol] = std::max(counts[symbol], 1U);
    }
    // Symbols in use, the rarest first.
    std::array<std::uint16_t, symbols> sorted{};
    std::size_t used = 0;
    for (std::size_t symbol = 0; symbol < symbols; ++symbol) {
      if (counts[symbol] > 0) sorted[used++] = static_cast<std::uint16_t>(symbol);
    }
    std::sort(sorted.begin(), sorted.begin() + static_cast<std::ptrdiff_t>(used),
              [&](std::uint16_t a, std::uint16_t b) {
                return counts[a] != counts[b] ? counts[a] < counts[b] : a < b;
              });

    std::array<std::uint32_t, max_bits + 1> of_length =
        lengths_of_tree(counts, sorted, used, limit);
    std::array<std::uint8_t, symbols> lengths{};
    std::size_t next = 0;
    for (std::size_t bits = limit; bits > 0; --bits) {
      for (; of_length[bits] > 0; --of_length[bits]) {
        lengths[sorted[next++]] = static_cast<std::uint8_t>(bits);
      }
    }
    assign(lengths);
  }

  const std::array<std::uint8_t, symbols>& lengths() const noexcept { return lengths_; }
  std::uint32_t word(std::size_t symbol) const noexcept { return words_[symbol]; }
  int length(std::size_t symbol) const noexcept { return lengths_[symbol]; }

 private:
  static constexpr std::size_t max_bits = 15;

  static std::uint16_t reversed(std::uint32_t word, int bits) noexcept {
    std::uint32_t result = 0;
    for (int i = 0; i < bits; ++i) result |= (word >> i & 1) << (bits - 1 - i);
    return static_cast<std::uint16_t>(result);
  }

  /// How many words of each length Huffman's tree has. Its nodes are made in the order of their
  /// counts, so that the two rarest are always at the front of the leaves or of the inner nodes.
  static std::array<std::uint32_t, max_bits + 1> lengths_of_tree(
      const std::array<std::uint32_t, symbols>& counts,
      const std::array<std::uint16_t, symbols>& sorted, std::size_t used, std::size_t limit) {
    std::array<std::uint32_t, 2 * symbols> count{};
    std::array<std::uint16_t, 2 * symbols> parent{};
    for (std::size_t i = 0; i < used; ++i) count[i] = counts[sorted[i]];
    std::size_t leaf = 0, inner = used;
    const std::size_t nodes = 2 * used - 1;
    for (std::size_t node = used; node < nodes; ++node) {
      for (int child = 0; child < 2; ++child) {
        const bool take_leaf = leaf < used && (inner == node || count[leaf] <= count[inner]);
        const std::size_t taken = take_leaf ? leaf++ : inner++;
        count[node] += count[taken];
        parent[taken] = static_cast<std::uint16_t>(node);
      }
    }
    std::array<std::uint32_t, max_bits + 1> of_length{};
    std::array<std::uint16_t, 2 * symbols> depth{};
    for (std::size_t node = nodes - 1; node-- > 0;) {
      depth[node] = static_cast<std::uint16_t>(depth[parent[node]] + 1);
      if (node < used) ++of_length[std::min<std::size_t>(depth[node], limit)];
    }
    // Words that were cut to the limit ask for more than there are. Each step makes one fewer: a
    // shorter word becomes two that are a bit longer, of which a word of the limit takes one.
    std::uint32_t taken = 0;
    for (std::size_t bits = 1; bits <= limit; ++bits) taken += of_length[bits] << (limit - bits);
    for (; taken > 1U << limit; --taken) {
      std::size_t bits = limit - 1;
      while (of_length[bits] == 0) --bits;
      --of_length[bits];
      of_length[bits + 1] += 2;
      --of_length[limit];
    }
    return of_length;
  }

  std::array<std::uint8_t, symbols> lengths_{};
  std::array<std::uint16_t, symbols> words_{};
};

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
