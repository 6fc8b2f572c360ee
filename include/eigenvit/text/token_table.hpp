/// The tokens of a vocabulary by their texts.
#ifndef EIGENVIT_TEXT_TOKEN_TABLE_HPP
#define EIGENVIT_TEXT_TOKEN_TABLE_HPP

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <eigenvit/core/compiler.hpp>
#include <eigenvit/text/seeded_hash.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

using TokenId = std::int32_t;

constexpr TokenId no_token = -1;
/// How SentencePiece writes a space: U+2581.
constexpr std::string_view meta_space = "\xE2\x96\x81";
/// The greatest id that a vocabulary may state.
constexpr std::int64_t max_token_id = 0x7FFFFFFE;

/// A hash table whose texts are in one block.
class TokenTable {
 public:
  /// Adds a token; of a text that is there already the last id counts.
  void add(std::string_view text, TokenId id) {
    if ((entries_.size() + 1) * 2 > slots_.size()) grow();
    const std::size_t slot = find_slot(text);
    if (slots_[slot] != 0) {
      entries_[slots_[slot] - 1].id = id;
      return;
    }
    entries_.push_back({texts_.size(), text.size(), id});
    texts_ += text;
    slots_[slot] = static_cast<std::uint32_t>(entries_.size());
  }

  /// The id of a token; `no_token` for others.
  TokenId find(std::string_view text) const {
    if (slots_.empty()) return no_token;
    const std::uint32_t entry = slots_[find_slot(text)];
    return entry == 0 ? no_token : entries_[entry - 1].id;
  }

  std::size_t size() const noexcept { return entries_.size(); }

  /// Calls `visit(text, id)` for each token in the order in which they were added.
  template <class Visit>
  void for_each(const Visit& visit) const {
    for (const Entry& entry : entries_) visit(text_of(entry), entry.id);
  }

 private:
  struct Entry {
    std::size_t begin;
    std::size_t length;
    TokenId id;
  };

  std::string_view text_of(const Entry& entry) const {
    return std::string_view(texts_).substr(entry.begin, entry.length);
  }

  /// The slot of a text, or the empty one where it belongs.
  std::size_t find_slot(std::string_view text) const {
    const std::size_t mask = slots_.size() - 1;
    std::size_t slot = static_cast<std::size_t>(hash_(text)) & mask;
    while (slots_[slot] != 0 && text_of(entries_[slots_[slot] - 1]) != text) {
      slot = (slot + 1) & mask;
    }
    return slot;
  }

  void grow() {
    slots_.assign(slots_.empty() ? 64 : slots_.size() * 2, 0);
    for (std::size_t i = 0; i < entries_.size(); ++i) {
      slots_[find_slot(text_of(entries_[i]))] = static_cast<std::uint32_t>(i + 1);
    }
  }

  SeededHash hash_;
  std::string texts_;
  std::vector<Entry> entries_;
  std::vector<std::uint32_t> slots_;  ///< entries counted from 1; 0 is empty
};

/// The token of a byte where a vocabulary has none of a character: `<0x0A>`.
inline TokenId find_byte_token(const TokenTable& tokens, char byte) {
  constexpr char digits[] = "0123456789ABCDEF";
  const auto value = static_cast<unsigned char>(byte);
  const char name[] = {'<', '0', 'x', digits[value >> 4], digits[value & 15], '>'};
  return tokens.find({name, sizeof name});
}

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
