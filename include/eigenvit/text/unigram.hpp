/// The unigram model of SentencePiece.
#ifndef EIGENVIT_TEXT_UNIGRAM_HPP
#define EIGENVIT_TEXT_UNIGRAM_HPP

#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include <eigenvit/core/compiler.hpp>
#include <eigenvit/text/text_budget.hpp>
#include <eigenvit/text/text_pieces.hpp>
#include <eigenvit/text/token_table.hpp>
#include <eigenvit/text/token_trie.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// A token of the model. Those that are not matched, control symbols say, are only looked up.
struct UnigramToken {
  std::string text;
  double score = 0;
  bool matched = true;
  bool user_defined = false;  ///< preferred to all others of its place
};

/// Whose arithmetic decides between segmentations of nearly equal scores.
enum class UnigramArithmetic {
  tokenizers,    ///< sums in double precision; unknown characters in a row are one token
  sentencepiece  ///< sums in single precision
};

/// A text as the tokens with the greatest sum of scores: `max sum score(t)`, where a character that
/// is no token itself may be unknown for the least score less ten. Source: Kudo,
/// arXiv:1804.10959.
class Unigram {
 public:
  /// Token `i` has the id `i`. Throws FormatError when `unk` is not an id, ConfigError when there
  /// is no token. `place` begins messages.
  Unigram(std::vector<UnigramToken> tokens, TokenId unk, bool byte_fallback,
          UnigramArithmetic arithmetic, std::string_view place);

  const TokenTable& tokens() const noexcept { return table_; }
  TokenId unk() const noexcept { return unk_; }

  /// Appends the tokens of valid UTF-8. Throws UnsupportedError at a character that the vocabulary
  /// lacks where it has no unknown token either, and as `TextBudget::take_lookup`. Cost: linear in
  /// the text, times the longest token.
  void encode(std::string_view text, std::vector<TokenId>& ids, TextBudget& budget) const;

 private:
  void add_unknown(std::string_view text, std::vector<TokenId>& ids) const;

  std::vector<double> scores_;
  std::vector<bool> user_defined_;
  TokenTable table_;
  TokenTrie trie_;
  TokenId unk_;
  UnigramArithmetic arithmetic_;
  double unk_score_ = 0;
  double greatest_score_ = 0;
  bool byte_fallback_;
  std::array<TokenId, 256> bytes_{};
  std::string place_;
};

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#if EIGENVIT_HEADER_ONLY
#include <eigenvit/text/unigram.inl>
#endif

#endif
