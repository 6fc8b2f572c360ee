#ifndef EIGENVIT_TEXT_WORD_PIECE_INL
#define EIGENVIT_TEXT_WORD_PIECE_INL

#include <algorithm>
#include <utility>

#include <eigenvit/core/error.hpp>
#include <eigenvit/core/message.hpp>
#include <eigenvit/text/unicode.hpp>
#include <eigenvit/text/word_piece.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

EIGENVIT_INLINE WordPiece::WordPiece(TokenTable tokens, std::string_view unk_token,
                                     std::string continuing_subword_prefix,
                                     std::size_t max_input_chars_per_word, std::string_view place)
    : tokens_(std::move(tokens)),
      unk_(tokens_.find(unk_token)),
      prefix_(std::move(continuing_subword_prefix)),
      most_characters_(max_input_chars_per_word) {
  if (unk_ == no_token) {
    raise<FormatError>(
        {place, ": expected unk_token ", Quoted{unk_token}, " in the vocabulary, which lacks it"});
  }
  tokens_.for_each(
      [&](std::string_view text, TokenId) { longest_ = std::max(longest_, text.size()); });
}

EIGENVIT_INLINE void WordPiece::encode(std::string_view word, std::vector<TokenId>& ids) const {
  const std::size_t before = ids.size();
  std::size_t characters = 0;
  for_each_character(word, [&](CodePoint) { ++characters; });
  std::string piece;
  std::size_t begin = characters > most_characters_ ? word.size() : 0;
  bool known = begin == 0;
  while (known && begin < word.size()) {
    piece.assign(begin > 0 ? prefix_ : std::string());
    const std::size_t prefix = piece.size();
    piece += word.substr(begin, longest_);
    // A cut in the middle of a character is no piece, and no token ends there.
    TokenId id = no_token;
    while (piece.size() > prefix && (id = tokens_.find(piece)) == no_token) {
      piece.resize(prefix + last_character(std::string_view(piece).substr(prefix)));
    }
    known = id != no_token && piece.size() > prefix;
    if (known) ids.push_back(id);
    begin += piece.size() - prefix;
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
