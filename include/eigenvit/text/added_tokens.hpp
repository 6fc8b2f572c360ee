/// Tokens that are found in a text before it is split.
#ifndef EIGENVIT_TEXT_ADDED_TOKENS_HPP
#define EIGENVIT_TEXT_ADDED_TOKENS_HPP

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

/// A token as `added_tokens` of tokenizer.json has it.
struct AddedToken {
  std::string content;
  TokenId id = no_token;
  bool single_word = false;  ///< not beside a character of a word
  bool lstrip = false;       ///< with the white space before it
  bool rstrip = false;
  bool normalized = true;  ///< looked for after normalisation, else in the text as it is
  bool special = false;
};

/// A part of a text: a token, or text between tokens.
struct TextOrToken {
  TextSpan span;
  TokenId id;  ///< `no_token` for text
};

/// Finds tokens from left to right, of those that begin at one place the longest.
class AddedTokens {
 public:
  explicit AddedTokens(std::vector<AddedToken> tokens);

  bool empty() const noexcept { return tokens_.empty(); }

  /// Cuts valid UTF-8 into tokens and what is between them. Throws as `TextBudget::take_lookup`.
  void split(std::string_view text, std::vector<TextOrToken>& parts, TextBudget& budget) const;

 private:
  std::vector<AddedToken> tokens_;
  TokenTrie trie_;  ///< of indices
};

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#if EIGENVIT_HEADER_ONLY
#include <eigenvit/text/added_tokens.inl>
#endif

#endif
