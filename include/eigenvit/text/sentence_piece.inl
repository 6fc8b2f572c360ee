#ifndef EIGENVIT_TEXT_SENTENCE_PIECE_INL
#define EIGENVIT_TEXT_SENTENCE_PIECE_INL

#include <cstring>
#include <optional>
#include <utility>

#include <eigenvit/core/error.hpp>
#include <eigenvit/core/finite.hpp>
#include <eigenvit/core/message.hpp>
#include <eigenvit/text/sentence_piece.hpp>
#include <eigenvit/text/unicode.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// The fields of a message of protocol buffers, in their order.
class ProtobufFields {
 public:
  ProtobufFields(std::string_view bytes, std::string_view place) : rest_(bytes), place_(place) {}

  struct Field {
    std::uint64_t number;
    std::uint64_t value;     ///< of a varint or four bytes
    std::string_view bytes;  ///< of a text or a message
  };

  /// The next field; none at the end.
  std::optional<Field> next() {
    if (rest_.empty()) return std::nullopt;
    const std::uint64_t key = varint();
    Field field{key >> 3, 0, {}};
    switch (key & 7) {
      case 0:
        field.value = varint();
        return field;
      case 1:
        take(8);
        return field;
      case 2:
        field.bytes = take(varint());
        return field;
      case 5: {
        const std::string_view bytes = take(4);
        for (std::size_t i = 0; i < 4; ++i) {
          field.value |= std::uint64_t{static_cast<unsigned char>(bytes[i])} << 8 * i;
        }
        return field;
      }
      default:
        damaged();
    }
  }

 private:
  [[noreturn]] void damaged() const {
    raise<FormatError>({place_, ": expected a SentencePiece model, found a damaged one"});
  }

  std::uint64_t varint() {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      const auto byte = static_cast<unsigned char>(take(1).front());
      value |= std::uint64_t{byte & 0x7FU} << shift;
      if (byte < 0x80) return value;
    }
    damaged();
  }

  std::string_view take(std::uint64_t bytes) {
    if (bytes > rest_.size()) damaged();
    const std::string_view taken = rest_.substr(0, static_cast<std::size_t>(bytes));
    rest_.remove_prefix(taken.size());
    return taken;
  }

  std::string_view rest_;
  std::string_view place_;
};

/// A field of `sentencepieces`, and its type.
struct SentencePieceField {
  enum Type : std::uint64_t { normal = 1, unknown = 2, control = 3, user_defined = 4 };

  UnigramToken token;
  std::uint64_t type = normal;
};

inline SentencePieceField read_piece(std::string_view bytes, std::string_view place) {
  SentencePieceField piece;
  UnigramToken& token = piece.token;
  ProtobufFields fields(bytes, place);
  while (const auto field = fields.next()) {
    if (field->number == 1) {
      token.text = field->bytes;
    } else if (field->number == 2) {
      const auto bits = static_cast<std::uint32_t>(field->value);
      float score = 0;
      std::memcpy(&score, &bits, sizeof score);
      token.score = score;
    } else if (field->number == 3) {
      piece.type = field->value;
    }
  }
  token.user_defined = piece.type == SentencePieceField::user_defined;
  token.matched = piece.type == SentencePieceField::normal || token.user_defined;
  if (token.text.empty() || invalid_utf8(token.text) || !is_finite(token.score)) {
    raise<FormatError>(
        {place, ": expected pieces of valid UTF-8 with finite scores, found another"});
  }
  return piece;
}

/// Adds a piece to those of a file. Throws FormatError at a second one of unknown characters.
inline void add_piece(SentencePieceFile& file, SentencePieceField piece, bool& has_unknown,
                      std::string_view place) {
  const auto id = static_cast<TokenId>(file.tokens.size());
  file.tokens.push_back(std::move(piece.token));
  if (piece.type == SentencePieceField::control || piece.type == SentencePieceField::user_defined) {
    file.symbols.push_back(id);
  }
  if (piece.type != SentencePieceField::unknown) return;
  if (has_unknown) raise<FormatError>({place, ": expected one unknown piece, found two"});
  has_unknown = true;
  file.unk = id;
}

EIGENVIT_INLINE SentencePieceFile read_sentence_piece(std::string_view bytes,
                                                      std::string_view place,
                                                      SentencePieceType type) {
  constexpr auto unigram = static_cast<std::uint64_t>(SentencePieceType::unigram);
  const auto expected = static_cast<std::uint64_t>(type);
  SentencePieceFile file;
  bool has_unknown = false;
  std::uint64_t found = unigram;  // of files that state none
  ProtobufFields fields(bytes, place);
  while (const auto field = fields.next()) {
    constexpr std::uint64_t pieces = 1, trainer = 2, normalizer = 3;
    if (field->number == pieces) {
      add_piece(file, read_piece(field->bytes, place), has_unknown, place);
    } else if (field->number == trainer) {
      constexpr std::uint64_t model_type = 3, byte_fallback = 35;
      ProtobufFields specification(field->bytes, place);
      while (const auto part = specification.next()) {
        if (part->number == byte_fallback) file.byte_fallback = part->value != 0;
        if (part->number == model_type) found = part->value;
      }
    } else if (field->number == normalizer) {
      ProtobufFields specification(field->bytes, place);
      while (const auto part = specification.next()) {
        if (part->number == 2) file.character_map = part->bytes;
        if (part->number == 3) file.options.add_dummy_prefix = part->value != 0;
        if (part->number == 4) file.options.remove_extra_whitespaces = part->value != 0;
        if (part->number == 5) file.options.escape_whitespaces = part->value != 0;
      }
    }
  }
  if (!has_unknown) {
    raise<FormatError>({place, ": expected a SentencePiece model with an unknown piece among ",
                        file.tokens.size(), ", found none"});
  }
  if (found != expected) {
    raise<UnsupportedError>({place, ": expected a ",
                             type == SentencePieceType::unigram ? "unigram" : "byte-pair",
                             " model (", expected, "), found a SentencePiece model of type ", found,
                             "; a tokenizer.json beside it is read instead"});
  }
  return file;
}

inline TokenTrie user_defined_tokens(const std::vector<UnigramToken>& tokens) {
  std::vector<std::pair<std::string_view, TokenId>> found;
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    if (tokens[i].user_defined) found.emplace_back(tokens[i].text, static_cast<TokenId>(i));
  }
  return TokenTrie(std::move(found));
}

EIGENVIT_INLINE SentencePiece::SentencePiece(SentencePieceFile file, std::string_view place)
    : place_(place),
      options_(file.options),
      map_(file.character_map, place),
      user_defined_(user_defined_tokens(file.tokens)),
      model_(std::move(file.tokens), file.unk, file.byte_fallback, UnigramArithmetic::sentencepiece,
             place) {}

EIGENVIT_INLINE void SentencePiece::set_hidden_prefix(std::string text) {
  std::vector<TokenId> ids;
  TextBudget budget(text.size());
  encode(text, ids, budget);
  hidden_tokens_ = ids.size();
  hidden_prefix_ = std::move(text);
}

EIGENVIT_INLINE void SentencePiece::encode(std::string_view text, std::vector<TokenId>& ids,
                                           TextBudget& budget) const {
  std::string whole = hidden_prefix_;
  whole += text;
  std::vector<TokenId> found;
  model_.encode(normalize(whole, budget), found, budget);
  const std::size_t dropped = found.size() >= hidden_tokens_ ? hidden_tokens_ : 0;
  ids.insert(ids.end(), found.begin() + static_cast<std::ptrdiff_t>(dropped), found.end());
}

EIGENVIT_INLINE SentencePiece::Prefix SentencePiece::normalize_prefix(std::string_view text,
                                                                      TextBudget& budget) const {
  std::size_t user_defined = 0;
  budget.take_lookup(user_defined_.for_each_prefix(
      text, [&](std::size_t length, TokenId) { user_defined = length; }));
  if (user_defined > 0) return {user_defined, text.substr(0, user_defined)};
  if (const auto replaced = map_.longest(text)) return {replaced->length, replaced->text};
  const std::size_t bytes = first_character(text).bytes;
  return {bytes, text.substr(0, bytes)};
}

EIGENVIT_INLINE std::string SentencePiece::normalize(std::string_view text,
                                                     TextBudget& budget) const {
  // Replacements count as they are in the map: spaces that are dropped again take time too.
  const std::size_t before = text.size();
  std::size_t replaced = 0;
  const auto next = [&] {
    const Prefix prefix = normalize_prefix(text, budget);
    replaced += prefix.text.size();
    budget.check_growth(before, replaced);
    return prefix;
  };
  const std::string_view space = options_.escape_whitespaces ? meta_space : " ";
  if (options_.remove_extra_whitespaces) {
    while (!text.empty()) {
      const Prefix prefix = next();
      if (prefix.text != " ") {
        replaced -= prefix.text.size();  // it is read again below
        break;
      }
      text.remove_prefix(prefix.length);
    }
  }
  std::string normalized;
  if (text.empty()) return normalized;
  normalized.reserve(text.size() * 3);
  if (options_.add_dummy_prefix) normalized += space;
  bool after_space = options_.remove_extra_whitespaces;
  while (!text.empty()) {
    const Prefix prefix = next();
    text.remove_prefix(prefix.length);
    std::string_view part = prefix.text;
    while (after_space && !part.empty() && part.front() == ' ') part.remove_prefix(1);
    if (part.empty()) continue;
    for (const char c : part) c == ' ' ? normalized += space : normalized += c;
    after_space = options_.remove_extra_whitespaces && part.back() == ' ';
  }
  if (options_.remove_extra_whitespaces) {
    const auto ends_with_space = [&] {
      return normalized.size() >= space.size() &&
             normalized.compare(normalized.size() - space.size(), space.size(), space) == 0;
    };
    while (ends_with_space()) normalized.resize(normalized.size() - space.size());
  }
  budget.take_growth(before, replaced);
  return normalized;
}

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
