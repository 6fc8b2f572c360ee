#ifndef EIGENVIT_TEXT_ADDED_TOKENS_INL
#define EIGENVIT_TEXT_ADDED_TOKENS_INL

#include <algorithm>
#include <optional>
#include <utility>

#include <eigenvit/text/added_tokens.hpp>
#include <eigenvit/text/unicode.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

inline std::vector<std::pair<std::string_view, TokenId>> contents_of(
    const std::vector<AddedToken>& tokens) {
  std::vector<std::pair<std::string_view, TokenId>> contents;
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    contents.emplace_back(tokens[i].content, static_cast<TokenId>(i));
  }
  return contents;
}

EIGENVIT_INLINE AddedTokens::AddedTokens(std::vector<AddedToken> tokens)
    : tokens_(std::move(tokens)), trie_(contents_of(tokens_)) {}

EIGENVIT_INLINE void AddedTokens::split(std::string_view text, std::vector<TextOrToken>& parts,
                                        TextBudget& budget) const {
  std::size_t end = 0;  // of the last token, with the white space that it took
  for (std::size_t at = 0; at < text.size();) {
    std::optional<TextSpan> match;
    const AddedToken* token = nullptr;
    budget.take_lookup(
        trie_.for_each_prefix(text.substr(at), [&](std::size_t length, TokenId index) {
          match = TextSpan{at, at + length};
          token = &tokens_[static_cast<std::size_t>(index)];
        }));
    if (!match) {
      at += first_character(text.substr(at)).bytes;
      continue;
    }
    at = match->end;  // found tokens do not overlap, also where white space is taken
    if (token->single_word) {
      const auto before = text.substr(0, match->begin);
      const auto after = text.substr(match->end);
      if ((!before.empty() &&
           is_word_character(first_character(before.substr(last_character(before))).code)) ||
          (!after.empty() && is_word_character(first_character(after).code))) {
        continue;
      }
    }
    while (token->lstrip && match->begin > end) {
      const std::size_t last = last_character(text.substr(0, match->begin));
      if (!is_white_space(first_character(text.substr(last)).code)) break;
      match->begin = last;
    }
    match->begin = std::max(match->begin, end);
    while (token->rstrip && match->end < text.size()) {
      const Utf8Character next = first_character(text.substr(match->end));
      if (!is_white_space(next.code)) break;
      match->end += next.bytes;
    }
    if (end < match->begin) parts.push_back({{end, match->begin}, no_token});
    parts.push_back({*match, token->id});
    end = match->end;
  }
  if (end < text.size()) parts.push_back({{end, text.size()}, no_token});
}

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
