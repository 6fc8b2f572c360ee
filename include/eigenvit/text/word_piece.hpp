/// WordPiece.
#ifndef EIGENVIT_TEXT_WORD_PIECE_HPP
#define EIGENVIT_TEXT_WORD_PIECE_HPP

#include <cstddef>
#include <string_view>
#include <vector>

#include <eigenvit/core/compiler.hpp>
#include <eigenvit/text/text_budget.hpp>
#include <eigenvit/text/token_table.hpp>
#include <eigenvit/text/token_trie.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// A word as tokens: the longest token that it begins with, then the longest one of the rest, and
/// so on; the unknown token where that does not lead to the end, or where the word has too many
/// characters. Source: Schuster and Nakajima, 2012.
class WordPiece {
 public:
  /// Throws FormatError when the vocabulary lacks `unk_token`. `place` begins the message.
  WordPiece(TokenTable tokens, std::string_view unk_token,
            std::string_view continuing_subword_prefix, std::size_t max_input_chars_per_word,
            std::string_view place);

  const TokenTable& tokens() const noexcept { return tokens_; }

  /// Appends the tokens of a word of valid UTF-8. Throws as `TextBudget::take_lookup`. Cost: linear
  /// in the word, times the longest token.
  void encode(std::string_view word, std::vector<TokenId>& ids, TextBudget& budget) const;

 private:
  TokenTable tokens_;
  TokenTrie first_;       ///< what a word may begin with
  TokenTrie continuing_;  ///< what may follow inside of a word, without its prefix
  TokenId unk_;
  std::size_t most_characters_;
};

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#if EIGENVIT_HEADER_ONLY
#include <eigenvit/text/word_piece.inl>
#endif

#endif
