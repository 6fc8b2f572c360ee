#ifndef EIGENVIT_TEXT_WORD_PIECE_INL
#define EIGENVIT_TEXT_WORD_PIECE_INL

#include <string_view>
#include <utility>
#include <vector>

#include <eigenvit/core/error.hpp>
#include <eigenvit/core/message.hpp>
#include <eigenvit/text/unicode.hpp>
#include <eigenvit/text/word_piece.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// The trie of the tokens that begin with `prefix`, without it.
inline TokenTrie trie_after(const TokenTable& tokens, std::string_view prefix) {
  std::vector<std::pair<std::string_view, TokenId>> rests;
  tokens.for_each([&](std::string_view text, TokenId id) {
    if (text.substr(0, prefix.size()) == prefix) rests.emplace_back(text.substr(prefix.size()), id);
  });
  return TokenTrie(std::move(rests));
}

EIGENVIT_INLINE WordPiece::WordPiece(TokenTable tokens, std::string_view unk_token,
                                     std::string_view continuing_subword_prefix,
                                     std::size_t max_input_chars_per_word, std::string_view place)
    : tokens_(std::move(tokens)),
      first_(trie_after(tokens_, "")),
      continuing_(trie_after(tokens_, continuing_subword_prefix)),
      unk_(tokens_.find(unk_token)),
      most_characters_(max_input_chars_per_word) {
  if (unk_ == no_token) {
    raise<FormatError>(
        {place, ": expected unk_token ", Quoted{unk_token}, " in the vocabulary, which lacks it"});
  }
}

EIGENVIT_INLINE void WordPiece::encode(std::string_view word, std::vector<TokenId>& ids,
                                       TextBudget& budget) const {
  const std::size_t before = ids.size();
  std::size_t characters = 0;
  for_each_character(word, [&](CodePoint) { ++characters; });
  std::size_t begin = 0;
  bool known = characters <= most_characters_;
  while (known && begin < word.size()) {
    const std::string_view rest = word.substr(begin);
    std::size_t longest = 0;
    TokenId token = no_token;
    const TokenTrie& tokens = begin == 0 ? first_ : continuing_;
    budget.take_lookup(tokens.for_each_prefix(rest, [&](std::size_t length, TokenId id) {
      // Lines of a vocab.txt may end in the middle of a character.
      if (length < rest.size() && is_continuation_byte(rest[length])) return;
      longest = length;
      token = id;
    }));
    known = token != no_token;
    if (known) ids.push_back(token);
    begin += longest;
  }
  if (!known) {
    ids.resize(before);
    ids.push_back(unk_);
  }
}

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
