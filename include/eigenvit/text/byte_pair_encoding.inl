#ifndef EIGENVIT_TEXT_BYTE_PAIR_ENCODING_INL
#define EIGENVIT_TEXT_BYTE_PAIR_ENCODING_INL

#include <algorithm>
#include <limits>
#include <utility>

#include <eigenvit/core/error.hpp>
#include <eigenvit/core/message.hpp>
#include <eigenvit/text/byte_pair_encoding.hpp>
#include <eigenvit/text/unicode.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

constexpr std::uint32_t no_symbol = std::numeric_limits<std::uint32_t>::max();

EIGENVIT_INLINE BytePairEncoding::BytePairEncoding(TokenTable tokens, BytePairOptions options,
                                                   std::string_view place)
    : tokens_(std::move(tokens)), options_(std::move(options)), place_(place) {
  if (options_.unk_token) {
    unk_ = tokens_.find(*options_.unk_token);
    if (unk_ == no_token) {
      raise<FormatError>({place_, ": expected unk_token ", Quoted{*options_.unk_token},
                          " in the vocabulary, which lacks it"});
    }
  }
  for (int byte = 0; byte < 256; ++byte) {
    bytes_[static_cast<std::size_t>(byte)] =
        options_.byte_fallback ? find_byte_token(tokens_, static_cast<char>(byte)) : no_token;
  }
  frequent_.reserve(4 * frequent);
  for (int place_in_word = 0; place_in_word < 4; ++place_in_word) {
    for (CodePoint code = 0; code < frequent; ++code) {
      std::string text = place_in_word & 1 ? "" : options_.continuing_subword_prefix;
      append_utf8(text, code);
      if ((place_in_word & 2) != 0) text += options_.end_of_word_suffix;
      frequent_.push_back(tokens_.find(text));
    }
  }
}

EIGENVIT_INLINE std::size_t BytePairEncoding::rule_slot(std::uint64_t pair) const noexcept {
  const std::size_t mask = rules_.size() - 1;
  std::size_t slot = static_cast<std::size_t>(hash_(pair)) & mask;
  while (rules_[slot].merged != no_token && rules_[slot].pair != pair) slot = (slot + 1) & mask;
  return slot;
}

inline std::uint64_t pair_of(TokenId left, TokenId right) noexcept {
  return static_cast<std::uint64_t>(static_cast<std::uint32_t>(left)) << 32 |
         static_cast<std::uint32_t>(right);
}

EIGENVIT_INLINE const BytePairEncoding::Rule* BytePairEncoding::find_rule(
    TokenId left, TokenId right) const noexcept {
  if (rules_.empty()) return nullptr;
  const Rule& rule = rules_[rule_slot(pair_of(left, right))];
  return rule.merged == no_token ? nullptr : &rule;
}

EIGENVIT_INLINE void BytePairEncoding::add_merge(std::string_view left, std::string_view right) {
  ++merges_;
  const auto known = [&](std::string_view token) {
    const TokenId id = tokens_.find(token);
    if (id == no_token) {
      raise<FormatError>({place_, ": merge ", merges_,
                          ": expected tokens of the vocabulary, found ", Quoted{token},
                          ", which it lacks"});
    }
    return id;
  };
  const std::uint64_t pair = pair_of(known(left), known(right));
  const std::string_view prefix = options_.continuing_subword_prefix;
  if (right.size() < prefix.size()) {
    raise<FormatError>({place_, ": merge ", merges_, ": expected a second token with the prefix ",
                        Quoted{prefix}, ", found ", Quoted{right}});
  }
  std::string merged(left);
  merged += right.substr(prefix.size());
  const TokenId id = known(merged);
  if ((distinct_merges_ + 1) * 2 > rules_.size()) {
    std::vector<Rule> before(rules_.empty() ? 64 : rules_.size() * 2, Rule{0, 0, no_token});
    before.swap(rules_);
    for (const Rule& rule : before) {
      if (rule.merged != no_token) rules_[rule_slot(rule.pair)] = rule;
    }
  }
  Rule& rule = rules_[rule_slot(pair)];
  if (rule.merged == no_token) ++distinct_merges_;
  rule = {pair, static_cast<std::uint32_t>(merges_ - 1), id};
}

EIGENVIT_INLINE TokenId BytePairEncoding::find_character(std::string_view character, bool first,
                                                         bool last) const {
  const CodePoint code = first_character(character).code;
  if (code < frequent) {
    return frequent_[(static_cast<std::size_t>(first) + 2 * static_cast<std::size_t>(last)) *
                         frequent +
                     code];
  }
  const bool prefixed = !first && !options_.continuing_subword_prefix.empty();
  const bool suffixed = last && !options_.end_of_word_suffix.empty();
  if (!prefixed && !suffixed) return tokens_.find(character);
  std::string text = prefixed ? options_.continuing_subword_prefix : std::string();
  text += character;
  if (suffixed) text += options_.end_of_word_suffix;
  return tokens_.find(text);
}

EIGENVIT_INLINE void BytePairEncoding::add_symbols(std::string_view word,
                                                   std::vector<Symbol>& symbols) const {
  const auto add = [&](TokenId id) {
    const auto index = static_cast<std::uint32_t>(symbols.size());
    if (index > 0) symbols.back().next = index;
    symbols.push_back({id, index == 0 ? no_symbol : index - 1, no_symbol, false});
  };
  bool unknown = false;  // one that is not added yet, since others may be fused with it
  for (std::size_t at = 0; at < word.size();) {
    const std::string_view character = word.substr(at, first_character(word.substr(at)).bytes);
    const bool first = at == 0;
    at += character.size();
    const bool last = at == word.size();
    const TokenId id = find_character(character, first, last);
    if (id != no_token) {
      if (unknown) add(unk_);
      unknown = false;
      add(id);
      continue;
    }
    if (options_.byte_fallback) {
      std::string text = first ? "" : options_.continuing_subword_prefix;
      text += character;
      if (last) text += options_.end_of_word_suffix;
      const auto token_of = [&](char byte) { return bytes_[static_cast<unsigned char>(byte)]; };
      if (std::all_of(text.begin(), text.end(),
                      [&](char byte) { return token_of(byte) != no_token; })) {
        // An unknown character before these comes after them, as in `tokenizers`.
        for (const char byte : text) add(token_of(byte));
        continue;
      }
    }
    if (unk_ == no_token) continue;
    if (unknown && !options_.fuse_unk) add(unk_);
    unknown = true;
  }
  if (unknown) add(unk_);
}

EIGENVIT_INLINE void BytePairEncoding::merge(std::vector<Symbol>& symbols) const {
  const auto later = [](const Candidate& a, const Candidate& b) {
    return a.rank != b.rank ? a.rank > b.rank : a.position > b.position;
  };
  std::vector<Candidate> queue;
  queue.reserve(symbols.size());
  for (std::uint32_t i = 0; i + 1 < symbols.size(); ++i) {
    if (const Rule* const rule = find_rule(symbols[i].id, symbols[i + 1].id)) {
      queue.push_back({rule->rank, i, rule->merged});
    }
  }
  std::make_heap(queue.begin(), queue.end(), later);
  const auto consider = [&](std::uint32_t left, std::uint32_t right) {
    if (const Rule* const rule = find_rule(symbols[left].id, symbols[right].id)) {
      queue.push_back({rule->rank, left, rule->merged});
      std::push_heap(queue.begin(), queue.end(), later);
    }
  };
  while (!queue.empty()) {
    const Candidate top = queue.front();
    std::pop_heap(queue.begin(), queue.end(), later);
    queue.pop_back();
    Symbol& left = symbols[top.position];
    if (left.removed || left.next == no_symbol) continue;
    Symbol& right = symbols[left.next];
    // Another merge may have changed the two; one that gives the same token still counts.
    const Rule* const rule = find_rule(left.id, right.id);
    if (rule == nullptr || rule->merged != top.merged) continue;
    left.id = top.merged;
    left.next = right.next;
    right.removed = true;
    if (left.next != no_symbol) symbols[left.next].previous = top.position;
    if (left.previous != no_symbol) consider(left.previous, top.position);
    if (left.next != no_symbol) consider(top.position, left.next);
  }
}

EIGENVIT_INLINE void BytePairEncoding::encode(std::string_view word,
                                              std::vector<TokenId>& ids) const {
  const auto& whole = options_.whole_words;
  if (options_.ignore_merges || std::find(whole.begin(), whole.end(), word) != whole.end()) {
    if (const TokenId id = tokens_.find(word); id != no_token) {
      ids.push_back(id);
      return;
    }
  }
  std::vector<Symbol> symbols;
  symbols.reserve(word.size());
  add_symbols(word, symbols);
  if (!rules_.empty()) merge(symbols);
  for (const Symbol& symbol : symbols) {
    if (!symbol.removed) ids.push_back(symbol.id);
  }
}

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
