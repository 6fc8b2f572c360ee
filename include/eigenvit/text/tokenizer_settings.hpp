/// What the files beside a vocabulary say of a tokenizer.
#ifndef EIGENVIT_TEXT_TOKENIZER_SETTINGS_HPP
#define EIGENVIT_TEXT_TOKENIZER_SETTINGS_HPP

#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

#include <eigenvit/core/error.hpp>
#include <eigenvit/core/file_kind.hpp>
#include <eigenvit/core/message.hpp>
#include <eigenvit/core/path_text.hpp>
#include <eigenvit/io/json_reader.hpp>
#include <eigenvit/io/json_tables.hpp>
#include <eigenvit/io/mapped_file.hpp>
#include <eigenvit/io/misplaced_file.hpp>
#include <eigenvit/io/text.hpp>
#include <eigenvit/text/sentence_piece.hpp>
#include <eigenvit/text/tokenizer_parts.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// The largest tokenizer.json, vocab.json and model file that are read.
constexpr std::size_t max_tokenizer_bytes = std::size_t{64} << 20;

/// A JSON file that may be missing.
class OptionalJson {
 public:
  OptionalJson(const std::filesystem::path& folder, std::string_view name) {
    const std::filesystem::path path = path_in(folder, name);
    if (!is_taken(path)) return;
    document_ = parse_json_file(path);
    object_.emplace(*document_, path_text(path));
  }

  /// The string under that key, also the `content` of an object.
  std::optional<std::string> text(std::string_view key) const {
    return object_ ? json_text_or_content(*object_, key) : std::nullopt;
  }
  const std::optional<JsonObject>& object() const noexcept { return object_; }

 private:
  JsonDocument document_;
  std::optional<JsonObject> object_;
};

/// The files beside the vocabulary.
struct TokenizerSettings {
  explicit TokenizerSettings(const std::filesystem::path& folder)
      : tokenizer(folder, "tokenizer_config.json"),
        special_tokens(folder, "special_tokens_map.json"),
        added_tokens(folder, "added_tokens.json"),
        model(folder, "config.json"),
        open_clip(folder, "open_clip_config.json") {}

  /// A special token, `eos_token` say.
  std::optional<std::string> token(std::string_view key) const {
    const auto stated = tokenizer.text(key);
    return stated ? stated : special_tokens.text(key);
  }
  /// transformers' class without the `Fast` of its older names: that of tokenizer_config.json, else
  /// of config.json, else what belongs to the kind of the network; empty where nothing tells.
  /// Source: transformers, AutoTokenizer.
  std::string tokenizer_class() const {
    auto name = tokenizer.text("tokenizer_class");
    if (!name) name = model.text("tokenizer_class");
    if (!name) return class_of_network();
    constexpr std::string_view fast = "Fast";
    if (name->size() > fast.size() &&
        name->compare(name->size() - fast.size(), fast.size(), fast) == 0) {
      name->resize(name->size() - fast.size());
    }
    return *name;
  }
  /// `text_cfg` of an `open_clip_config.json`. A config.json is that of the weights; OpenCLIP's own
  /// is then of others beside them.
  std::optional<JsonObject> open_clip_text() const {
    if (!open_clip.object() || model.object()) return std::nullopt;
    const auto config = open_clip.object()->find_object("model_cfg");
    return config ? config->find_object("text_cfg") : std::nullopt;
  }
  bool is_model(std::string_view prefix) const {
    return model.text("model_type").value_or("").compare(0, prefix.size(), prefix) == 0;
  }
  bool boolean_or(std::string_view key, bool fallback) const {
    return tokenizer.object() ? tokenizer.object()->boolean_or(key, fallback) : fallback;
  }

  OptionalJson tokenizer;
  OptionalJson special_tokens;
  OptionalJson added_tokens;
  OptionalJson model;
  OptionalJson open_clip;

 private:
  /// The classes whose files have the names of others': T5's and NLLB's.
  std::string class_of_network() const {
    const std::string type = model.text("model_type").value_or("");
    for (const std::string_view one : {"t5", "mt5", "switch_transformers"}) {
      if (type == one) return "T5Tokenizer";
    }
    const auto text = open_clip_text();
    const std::string name = text ? text->string_or("hf_tokenizer_name", "") : "";
    if (name.find("/mt5-") != std::string::npos) return "T5Tokenizer";
    if (name.find("/nllb-200-") != std::string::npos) return "NllbTokenizer";
    return {};
  }
};

inline TokenId required_token(const TokenizerParts& parts, std::string_view token) {
  const TokenId id = parts.find(token);
  if (id == no_token) {
    raise<FormatError>({parts.source, ": expected the special token ", Quoted{token},
                        " in the vocabulary, which lacks it"});
  }
  return id;
}

/// Adds a special token that the model's vocabulary has.
inline TokenId add_special(TokenizerParts& parts, const std::string& content) {
  AddedToken token;
  token.content = content;
  token.id = required_token(parts, content);
  token.normalized = false;
  token.special = true;
  parts.added.push_back(token);
  return token.id;
}

/// The bytes of a vocabulary. Throws FormatError where they are too many, and for what a failed
/// clone or download leaves in its place; other kinds of files begin as vocabularies may.
inline std::string_view bytes_of(const MappedFile& file, const std::string& source) {
  if (file.size() > max_tokenizer_bytes) {
    raise<FormatError>(
        {source, ": expected at most ", max_tokenizer_bytes, " bytes, found ", file.size()});
  }
  const std::string_view bytes(reinterpret_cast<const char*>(file.data()), file.size());
  refuse_lfs_pointer(bytes, source);
  if (file_kind(bytes) == FileKind::html) {
    refuse_misplaced_file(FileKind::html, source, "a vocabulary");
  }
  return bytes;
}

inline SentencePieceFile read_sentence_piece_file(
    const std::filesystem::path& path, const std::string& source,
    SentencePieceType type = SentencePieceType::unigram) {
  const MappedFile file(path);
  return read_sentence_piece(bytes_of(file, source), source, type);
}

/// Throws UnsupportedError when the folder states a class that is none of these.
inline void require_class(const TokenizerSettings& settings, const std::string& source,
                          std::initializer_list<std::string_view> names) {
  const std::string name = settings.tokenizer_class();
  if (name.empty() || std::find(names.begin(), names.end(), name) != names.end()) return;
  raise<UnsupportedError>({source, ": expected the vocabulary of a ", *names.begin(), ", found ",
                           Quoted{name}, "; a tokenizer.json beside it is read instead"});
}

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
