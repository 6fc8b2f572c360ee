#ifndef EIGENVIT_TEXT_UNIGRAM_INL
#define EIGENVIT_TEXT_UNIGRAM_INL

#include <algorithm>
#include <limits>
#include <utility>

#include <eigenvit/core/error.hpp>
#include <eigenvit/core/message.hpp>
#include <eigenvit/text/unicode.hpp>
#include <eigenvit/text/unigram.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

inline std::vector<std::pair<std::string_view, TokenId>> matched_tokens(
    const std::vector<UnigramToken>& tokens) {
  std::vector<std::pair<std::string_view, TokenId>> matched;
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    if (tokens[i].matched) matched.emplace_back(tokens[i].text, static_cast<TokenId>(i));
  }
  return matched;
}

EIGENVIT_INLINE Unigram::Unigram(std::vector<UnigramToken> tokens, TokenId unk, bool byte_fallback,
                                 UnigramArithmetic arithmetic, std::string_view place)
    : trie_(matched_tokens(tokens)),
      unk_(unk),
      arithmetic_(arithmetic),
      byte_fallback_(byte_fallback),
      place_(place) {
  if (tokens.empty()) raise<ConfigError>({place_, ": expected a vocabulary, found an empty one"});
  if (unk_ != no_token && static_cast<std::size_t>(unk_) >= tokens.size()) {
    raise<FormatError>(
        {place_, ": expected the unknown token among ", tokens.size(), " tokens, found ", unk_});
  }
  double least = std::numeric_limits<double>::max();
  greatest_score_ = std::numeric_limits<double>::lowest();
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    const UnigramToken& token = tokens[i];
    table_.add(token.text, static_cast<TokenId>(i));
    scores_.push_back(token.score);
    user_defined_.push_back(token.user_defined);
    const bool counts =
        arithmetic_ == UnigramArithmetic::tokenizers || (token.matched && !token.user_defined);
    if (!counts) continue;
    least = std::min(least, token.score);
    greatest_score_ = std::max(greatest_score_, token.score);
  }
  if (least > greatest_score_) {
    raise<FormatError>(
        {place_, ": expected tokens that texts can have, found none among ", tokens.size()});
  }
  constexpr double unk_penalty = 10;
  unk_score_ = least - unk_penalty;
  if (arithmetic_ == UnigramArithmetic::sentencepiece) {
    unk_score_ = static_cast<double>(static_cast<float>(unk_score_));
  }
  for (int byte = 0; byte < 256; ++byte) {
    bytes_[static_cast<std::size_t>(byte)] = find_byte_token(table_, static_cast<char>(byte));
  }
}

EIGENVIT_INLINE void Unigram::add_unknown(std::string_view text, std::vector<TokenId>& ids) const {
  // Unknown characters in a row may together be a token that the best path does not have.
  const TokenId whole = arithmetic_ == UnigramArithmetic::tokenizers ? table_.find(text) : no_token;
  const auto token_of = [&](char byte) { return bytes_[static_cast<unsigned char>(byte)]; };
  const auto has_token = [&](char byte) { return token_of(byte) != no_token; };
  if (whole == no_token && byte_fallback_ && std::all_of(text.begin(), text.end(), has_token)) {
    for (const char byte : text) ids.push_back(token_of(byte));
  } else {
    ids.push_back(whole == no_token ? unk_ : whole);
  }
}

EIGENVIT_INLINE void Unigram::encode(std::string_view text, std::vector<TokenId>& ids,
                                     TextBudget& budget) const {
  struct Best {
    double score = 0;
    TokenId id = no_token;
    std::uint32_t length = 0;  ///< of the token that ends here; 0 where none does
  };
  const bool single = arithmetic_ == UnigramArithmetic::sentencepiece;
  std::vector<Best> best(text.size() + 1);
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t bytes = first_character(text.substr(at)).bytes;
    const double so_far = best[at].score;
    bool has_character = false;
    const auto consider = [&](std::size_t length, TokenId id, double score) {
      Best& target = best[at + length];
      double candidate = score + so_far;
      // Of a token's own score the sum is rounded before it is compared, of a bonus after.
      if (single && !(id != unk_ && user_defined_[static_cast<std::size_t>(id)])) {
        candidate = static_cast<double>(static_cast<float>(candidate));
      }
      if (target.length != 0 && !(candidate > target.score)) return;
      target.score = single ? static_cast<double>(static_cast<float>(candidate)) : candidate;
      target.length = static_cast<std::uint32_t>(length);
      target.id = id;
    };
    budget.take_lookup(trie_.for_each_prefix(text.substr(at), [&](std::size_t length, TokenId id) {
      const auto index = static_cast<std::size_t>(id);
      const double bonus = static_cast<double>(length) * greatest_score_ - 0.1;
      consider(length, id, user_defined_[index] ? bonus : scores_[index]);
      has_character = has_character || length == bytes;
    }));
    if (!has_character) {
      if (unk_ == no_token) {
        raise<UnsupportedError>({place_,
                                 ": the vocabulary has no unknown token and lacks the character ",
                                 Quoted{text.substr(at, bytes)}});
      }
      consider(bytes, unk_, unk_score_);
    }
    at += bytes;
  }

  // Backwards along the best path, then the other way round.
  std::vector<TextSpan> path;
  for (std::size_t end = text.size(); end > 0; end = path.back().begin) {
    path.push_back({end - best[end].length, end});
  }
  for (std::size_t i = path.size(); i-- > 0;) {
    const TokenId id = best[path[i].end].id;
    if (id != unk_) {
      ids.push_back(id);
      continue;
    }
    TextSpan unknown = path[i];
    const bool fused = !single || !byte_fallback_;
    while (fused && i > 0 && best[path[i - 1].end].id == unk_) unknown.end = path[--i].end;
    add_unknown(text.substr(unknown.begin, unknown.end - unknown.begin), ids);
  }
}

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
