#ifndef EIGENVIT_TEXT_TOKENIZER_INL
#define EIGENVIT_TEXT_TOKENIZER_INL

#include <algorithm>
#include <type_traits>
#include <utility>

#include <eigenvit/core/error.hpp>
#include <eigenvit/core/message.hpp>
#include <eigenvit/text/language_token.hpp>
#include <eigenvit/text/tokenizer.hpp>
#include <eigenvit/text/tokenizer_folder.hpp>
#include <eigenvit/text/tokenizer_json.hpp>
#include <eigenvit/text/tokenizer_settings.hpp>
#include <eigenvit/text/unicode.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {

struct Tokenizer::Tables {
  detail::TokenizerParts parts;
  detail::AddedTokens raw;         ///< looked for in the text as it is
  detail::AddedTokens normalized;  ///< looked for after normalisation
};

namespace detail {

/// The added tokens that are looked for before normalisation, or those for after it.
inline AddedTokens select_added_tokens(const TokenizerParts& parts, bool normalized) {
  std::vector<AddedToken> selected;
  std::size_t bytes = 0;
  for (const AddedToken& token : parts.added) bytes += token.content.size();
  TextBudget budget(bytes);
  for (AddedToken token : parts.added) {
    if (token.normalized != normalized) continue;
    if (normalized) token.content = parts.normalizer.apply(token.content, budget);
    if (!token.content.empty()) selected.push_back(std::move(token));
  }
  return AddedTokens(std::move(selected));
}

}  // namespace detail

EIGENVIT_INLINE Tokenizer::Tokenizer(detail::TokenizerParts parts,
                                     std::optional<std::int32_t> rows) {
  const detail::TokenLayout& layout = parts.layout;
  const std::size_t special = layout.before.size() + layout.after.size();
  if (layout.context_length != 0 && layout.context_length < special) {
    detail::raise<ConfigError>({parts.source, ": expected a context length of at least the ",
                                special, " special tokens, found ", layout.context_length});
  }
  // All ids that can be given, those of the layout included: a file may state any.
  std::int32_t greatest = layout.pad;
  const auto count = [&](std::int32_t id) { greatest = std::max(greatest, id); };
  parts.tokens().for_each([&](std::string_view, std::int32_t id) { count(id); });
  for (const detail::AddedToken& token : parts.added) count(token.id);
  for (const std::int32_t id : layout.before) count(id);
  for (const std::int32_t id : layout.after) count(id);
  vocabulary_size_ = greatest + 1;
  if (parts.has_own_merges && rows && *rows != vocabulary_size_) {
    detail::raise<FormatError>({parts.source, ": expected merges that make a vocabulary of ", *rows,
                                " ids, as the network has, found ", vocabulary_size_,
                                " (a truncated file?)"});
  }
  detail::AddedTokens raw = detail::select_added_tokens(parts, false);
  detail::AddedTokens normalized = detail::select_added_tokens(parts, true);
  tables_ = std::make_shared<const Tables>(
      Tables{std::move(parts), std::move(raw), std::move(normalized)});
}

EIGENVIT_INLINE Tokenizer Tokenizer::open(const std::filesystem::path& folder,
                                          const TokenizerOptions& options) {
  detail::TokenizerParts parts = detail::read_tokenizer_folder(folder, options.language);
  if (options.context_length) parts.layout.context_length = *options.context_length;
  return Tokenizer(std::move(parts), options.vocabulary);
}

EIGENVIT_INLINE Tokenizer Tokenizer::from_json(std::string_view tokenizer_json,
                                               const TokenizerOptions& options) {
  const std::string source = "tokenizer.json";
  if (!options.language.empty()) detail::refuse_language(source, options.language);
  const detail::JsonDocument document =
      detail::parse_json(tokenizer_json, source, detail::max_tokenizer_bytes);
  detail::TokenizerParts parts = detail::read_tokenizer_json(detail::JsonObject(*document, source));
  if (options.context_length) parts.layout.context_length = *options.context_length;
  return Tokenizer(std::move(parts), options.vocabulary);
}

EIGENVIT_INLINE void Tokenizer::encode_text(std::string_view text, std::vector<std::int32_t>& ids,
                                            detail::TextBudget& budget) const {
  const detail::TokenizerParts& parts = tables_->parts;
  std::vector<detail::TextOrToken> raw;
  tables_->raw.split(text, raw, budget);
  std::vector<detail::TextOrToken> normalized;
  for (const detail::TextOrToken& part : raw) {
    if (part.id != detail::no_token) {
      ids.push_back(part.id);
      continue;
    }
    bool from_start = part.span.begin == 0;
    const std::string normal = parts.normalizer.apply(
        std::string(text.substr(part.span.begin, part.span.end - part.span.begin)), budget,
        from_start);
    normalized.clear();
    tables_->normalized.split(normal, normalized, budget);
    for (const detail::TextOrToken& piece : normalized) {
      if (piece.id != detail::no_token) {
        ids.push_back(piece.id);
        continue;
      }
      detail::TextPieces pieces;
      pieces.text = normal.substr(piece.span.begin, piece.span.end - piece.span.begin);
      pieces.spans.push_back({0, pieces.text.size()});
      pieces.from_start = from_start && piece.span.begin == 0;
      parts.pre_tokenizer.apply(pieces, budget);
      std::visit(
          [&](const auto& model) {
            using Kind = std::decay_t<decltype(model)>;
            for (const detail::TextSpan& span : pieces.spans) {
              if constexpr (std::is_same_v<Kind, detail::BytePairEncoding>) {
                model.encode(pieces.piece(span), ids);
              } else {
                model.encode(pieces.piece(span), ids, budget);
              }
            }
          },
          parts.model);
    }
  }
}

namespace detail {

/// The text as SiglipTokenizer changes it first.
inline std::string with_meta_space(std::string_view text) {
  std::string changed(meta_space);
  while (!text.empty()) {
    const std::size_t found = text.find(meta_space);
    changed += text.substr(0, found);
    if (found == std::string_view::npos) break;
    changed += ' ';
    text.remove_prefix(found + meta_space.size());
  }
  return changed;
}

}  // namespace detail

EIGENVIT_INLINE void Tokenizer::encode_siglip(std::string_view text, std::vector<std::int32_t>& ids,
                                              detail::TextBudget& budget) const {
  const std::string changed = detail::with_meta_space(text);
  encode_text(changed, ids, budget);
  std::vector<detail::TextOrToken> parts;
  tables_->raw.split(changed, parts, budget);
  if (parts.size() < 2 || parts[1].id == detail::no_token) return;
  std::vector<std::int32_t> first;
  encode_text(std::string_view(changed).substr(0, parts[0].span.end), first, budget);
  if (first.size() == 1 && first[0] == tables_->parts.tokens().find(detail::meta_space)) {
    ids.erase(ids.begin());
  }
}

EIGENVIT_INLINE std::vector<std::int32_t> Tokenizer::encode(std::string_view text) const {
  constexpr std::size_t longest = std::size_t{16} << 20;
  if (text.size() > longest) {
    detail::raise<FormatError>(
        {"expected a text of at most ", longest, " bytes, found ", text.size()});
  }
  if (const auto byte = detail::invalid_utf8(text)) {
    detail::raise<FormatError>({"expected a text in valid UTF-8, found byte ",
                                static_cast<unsigned>(static_cast<unsigned char>(text[*byte])),
                                " at ", *byte, " of ", text.size()});
  }
  detail::TextBudget budget(text.size());
  std::string cleaned;
  if (!tables_->parts.cleaning.empty()) {
    cleaned = tables_->parts.cleaning.apply(std::string(text), budget);
    text = cleaned;
  }
  std::vector<std::int32_t> ids;
  if (tables_->parts.begin_with_meta_space) {
    encode_siglip(text, ids, budget);
  } else {
    encode_text(text, ids, budget);
  }
  const detail::TokenLayout& layout = tables_->parts.layout;
  const std::size_t special = layout.before.size() + layout.after.size();
  if (layout.context_length != 0 && ids.size() + special > layout.context_length) {
    const auto most = static_cast<std::ptrdiff_t>(layout.context_length - special);
    if (layout.truncate_left) {
      ids.erase(ids.begin(), ids.end() - most);
    } else {
      ids.erase(ids.begin() + most, ids.end());
    }
  }
  ids.insert(ids.begin(), layout.before.begin(), layout.before.end());
  const bool has_after = layout.after_once && ids.size() >= layout.after.size() &&
                         std::equal(layout.after.rbegin(), layout.after.rend(), ids.rbegin());
  if (!has_after) ids.insert(ids.end(), layout.after.begin(), layout.after.end());
  if (layout.zeroed != detail::no_token) std::replace(ids.begin(), ids.end(), layout.zeroed, 0);
  return ids;
}

EIGENVIT_INLINE TokenBatch Tokenizer::encode_batch(const std::vector<std::string>& texts) const {
  std::vector<std::vector<std::int32_t>> rows;
  rows.reserve(texts.size());
  TokenBatch batch;
  batch.count = texts.size();
  batch.length = context_length();
  for (const std::string& text : texts) {
    try {
      rows.push_back(encode(text));
    } catch (const FormatError& error) {
      detail::raise<FormatError>({"text ", rows.size() + 1, ": ", error.what()});
    }
    if (rows.back().empty()) {
      detail::raise<FormatError>(
          {"text ", rows.size(), ": expected a text with a token, found ", detail::Quoted{text}});
    }
    batch.length = std::max(batch.length, rows.back().size());
  }
  const detail::TokenLayout& layout = tables_->parts.layout;
  batch.ids.assign(batch.count * batch.length, layout.pad);
  batch.mask.assign(batch.ids.size(), 0);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const std::size_t begin =
        i * batch.length + (layout.pad_left ? batch.length - rows[i].size() : 0);
    std::copy(rows[i].begin(), rows[i].end(),
              batch.ids.begin() + static_cast<std::ptrdiff_t>(begin));
    std::fill_n(batch.mask.begin() + static_cast<std::ptrdiff_t>(begin), rows[i].size(),
                std::uint8_t{1});
  }
  return batch;
}

EIGENVIT_INLINE std::size_t Tokenizer::context_length() const noexcept {
  return tables_->parts.layout.context_length;
}

EIGENVIT_INLINE bool Tokenizer::pads_left() const noexcept {
  return tables_->parts.layout.pad_left;
}

EIGENVIT_INLINE std::int32_t Tokenizer::pad_id() const noexcept {
  return tables_->parts.layout.pad;
}

EIGENVIT_INLINE std::optional<std::int32_t> Tokenizer::token_id(std::string_view token) const {
  const std::int32_t id = tables_->parts.find(token);
  return id == detail::no_token ? std::nullopt : std::optional<std::int32_t>(id);
}

}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
