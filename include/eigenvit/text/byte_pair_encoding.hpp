/// Byte-pair encoding.
#ifndef EIGENVIT_TEXT_BYTE_PAIR_ENCODING_HPP
#define EIGENVIT_TEXT_BYTE_PAIR_ENCODING_HPP

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <eigenvit/core/compiler.hpp>
#include <eigenvit/text/seeded_hash.hpp>
#include <eigenvit/text/token_table.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// How words become characters, before any are merged.
struct BytePairOptions {
  std::optional<std::string> unk_token;
  std::string continuing_subword_prefix;  ///< of all characters of a word but the first
  std::string end_of_word_suffix;         ///< of the last one
  bool fuse_unk = false;
  bool byte_fallback = false;
  bool ignore_merges = false;            ///< a word that is a token is that token
  std::vector<std::string> whole_words;  ///< those of which this is so in any case
};

/// A word as tokens: its characters, of which the two neighbours of the earliest rule are merged as
/// long as there are some, the leftmost ones first. Source: Sennrich et al., arXiv:1508.07909; the
/// cases without a rule are those of `tokenizers`.
class BytePairEncoding {
 public:
  /// `place` begins messages. Throws FormatError when a token of the options is not in the
  /// vocabulary.
  BytePairEncoding(TokenTable tokens, BytePairOptions options, std::string_view place);

  /// Adds the rule that follows the others. Throws FormatError, which names the rule by its number,
  /// when one of its tokens is not in the vocabulary.
  void add_merge(std::string_view left, std::string_view right);

  const TokenTable& tokens() const noexcept { return tokens_; }

  /// Appends the tokens of a word of valid UTF-8. Cost: `n log n` in its characters.
  void encode(std::string_view word, std::vector<TokenId>& ids) const;

 private:
  struct Rule {
    std::uint64_t pair;
    std::uint32_t rank;
    TokenId merged;
  };

  struct Symbol {
    TokenId id;
    std::uint32_t previous;
    std::uint32_t next;
    bool removed;
  };

  struct Candidate {
    std::uint32_t rank;
    std::uint32_t position;
    TokenId merged;
  };

  void add_symbols(std::string_view word, std::vector<Symbol>& symbols) const;
  void merge(std::vector<Symbol>& symbols) const;
  TokenId find_character(std::string_view character, bool first, bool last) const;
  const Rule* find_rule(TokenId left, TokenId right) const noexcept;
  std::size_t rule_slot(std::uint64_t pair) const noexcept;

  TokenTable tokens_;
  BytePairOptions options_;
  std::string place_;
  TokenId unk_ = no_token;
  std::array<TokenId, 256> bytes_{};
  /// Those of characters below U+0800, for each of the four places in a word.
  static constexpr std::size_t frequent = 0x800;
  std::vector<TokenId> frequent_;
  SeededHash hash_;
  std::vector<Rule> rules_;  ///< open addressing; an empty slot has the merged `no_token`
  std::size_t merges_ = 0;   ///< lines
  std::size_t distinct_merges_ = 0;
};

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#if EIGENVIT_HEADER_ONLY
#include <eigenvit/text/byte_pair_encoding.inl>
#endif

#endif
