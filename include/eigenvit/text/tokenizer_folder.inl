#ifndef EIGENVIT_TEXT_TOKENIZER_FOLDER_INL
#define EIGENVIT_TEXT_TOKENIZER_FOLDER_INL

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include <eigenvit/core/error.hpp>
#include <eigenvit/core/message.hpp>
#include <eigenvit/core/path_text.hpp>
#include <eigenvit/io/gzip.hpp>
#include <eigenvit/io/json_tables.hpp>
#include <eigenvit/io/mapped_file.hpp>
#include <eigenvit/io/text.hpp>
#include <eigenvit/text/byte_characters.hpp>
#include <eigenvit/text/language_token.hpp>
#include <eigenvit/text/sentence_piece_folder.hpp>
#include <eigenvit/text/tokenizer_folder.hpp>
#include <eigenvit/text/tokenizer_json.hpp>
#include <eigenvit/text/tokenizer_settings.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// Calls `visit(line)` for each line, without what ends it.
template <class Visit>
void for_each_line(std::string_view text, const Visit& visit) {
  while (!text.empty()) {
    std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    visit(line);
  }
}

/// Splits as CLIP does, and spells bytes as characters. `options` begins the groups in which case
/// counts, or not.
inline void add_clip_splitting(PreTokenizer& pre_tokenizer, std::string_view options,
                               std::string_view special_tokens, const std::string& source) {
  const std::string pattern =
      message({options, special_tokens, R"_(|'s|'t|'re|'ve|'m|'ll|'d)|[\p{L}]+|[\p{N}]|)_", options,
               R"_([^\s\p{L}\p{N}]+))_"});
  pre_tokenizer.add(
      PatternSplit{TextPattern(Regex(pattern, source)), SplitBehavior::removed, true});
  pre_tokenizer.add(ByteLevelSplit{});
}

/// `vocab.json` and `merges.txt`.
inline BytePairEncoding read_byte_pairs(const std::filesystem::path& folder,
                                        BytePairOptions options) {
  const std::filesystem::path vocabulary = path_in(folder, "vocab.json");
  TokenTable tokens;
  {
    const JsonDocument document = parse_json_file(vocabulary, max_tokenizer_bytes);
    tokens = read_vocabulary(JsonObject(*document, path_text(vocabulary)));
  }
  const std::filesystem::path merges = path_in(folder, "merges.txt");
  BytePairEncoding model(std::move(tokens), std::move(options), path_text(merges));
  const MappedFile file(merges);
  for_each_line(bytes_of(file, path_text(merges)), [&](std::string_view line) {
    if (line.empty() || line.substr(0, 8) == "#version") return;
    const std::size_t space = line.find(' ');
    if (space == std::string_view::npos || line.find(' ', space + 1) != std::string_view::npos) {
      raise<FormatError>(
          {path_text(merges), ": expected two tokens in a line, found ", Quoted{line}});
    }
    model.add_merge(line.substr(0, space), line.substr(space + 1));
  });
  return model;
}

/// `vocab.json` and `merges.txt` of transformers' CLIPTokenizer.
inline TokenizerParts read_clip(const std::filesystem::path& folder,
                                const TokenizerSettings& settings) {
  const std::string source = path_text(path_in(folder, "vocab.json"));
  require_class(settings, source, {"CLIPTokenizer"});
  const std::string end = settings.token("eos_token").value_or("<|endoftext|>");
  BytePairOptions options;
  options.unk_token = settings.token("unk_token").value_or("<|endoftext|>");
  options.end_of_word_suffix = "</w>";
  TokenizerParts parts{source, {}, {}, {}, read_byte_pairs(folder, std::move(options)), {}};
  const std::string start = settings.token("bos_token").value_or("<|startoftext|>");
  parts.layout.before = {add_special(parts, start)};
  parts.layout.after = {add_special(parts, end)};
  parts.layout.pad = required_token(parts, settings.token("pad_token").value_or(end));
  parts.layout.context_length = 77;
  parts.normalizer.add(NormalFormStep{NormalForm::nfc});
  parts.normalizer.add(ReplaceStep{TextPattern(Regex(R"(\s+)", source)), " "});
  parts.normalizer.add(LowercaseStep{});
  add_clip_splitting(parts.pre_tokenizer, "(?:", R"(<\|startoftext\|>|<\|endoftext\|>)", source);
  return parts;
}

/// Whether `vocab.json` and `merges.txt` are those of transformers' RobertaTokenizer.
inline bool is_roberta(const TokenizerSettings& settings) {
  const std::string name = settings.tokenizer_class();
  return name.empty() ? settings.model.text("model_type").value_or("") == "roberta"
                      : name == "RobertaTokenizer";
}

/// The same of transformers' RobertaTokenizer: GPT-2's, with tokens around a text.
inline TokenizerParts read_roberta(const std::filesystem::path& folder,
                                   const TokenizerSettings& settings) {
  const std::string source = path_text(path_in(folder, "vocab.json"));
  TokenizerParts parts{source, {}, {}, {}, read_byte_pairs(folder, {}), {}};
  const auto special = [&](const char* key, const char* fallback) {
    return add_special(parts, settings.token(key).value_or(fallback));
  };
  parts.layout.before = {special("cls_token", "<s>")};
  parts.layout.pad = special("pad_token", "<pad>");
  parts.layout.after = {special("sep_token", "</s>")};
  special("unk_token", "<unk>");
  special("mask_token", "<mask>");
  parts.layout.context_length = 512;
  if (settings.boolean_or("add_prefix_space", false)) parts.pre_tokenizer.add(PrefixSpace{});
  parts.pre_tokenizer.add(gpt2_split(source));
  parts.pre_tokenizer.add(ByteLevelSplit{});
  return parts;
}

/// A file of text as it is, or packed by gzip.
inline std::string read_text_file(const std::filesystem::path& path) {
  const std::string source = path_text(path);
  const MappedFile file(path);
  const std::string_view bytes = bytes_of(file, source);
  return path.extension() == ".gz" ? read_gzip(bytes, source, max_tokenizer_bytes)
                                   : std::string(bytes);
}

/// `bpe_simple_vocab_16e6.txt`: OpenAI's CLIP and OpenCLIP, whose vocabulary follows from the
/// merges.
inline TokenizerParts read_open_clip(const std::filesystem::path& path) {
  const std::string source = path_text(path);
  constexpr std::size_t rules = 49152 - 256 - 2;  // further lines are not read
  std::vector<std::pair<std::string, std::string>> merges;
  {
    const std::string text = read_text_file(path);
    std::size_t number = 0;
    for_each_line(text, [&](std::string_view line) {
      if (++number == 1 || number > rules + 1) return;  // the first line is a title
      const std::size_t space = line.find(' ');
      if (space == std::string_view::npos || space == 0 || invalid_utf8(line)) {
        raise<FormatError>(
            {source, ": expected two tokens in line ", number, ", found ", Quoted{line}});
      }
      merges.emplace_back(line.substr(0, space), line.substr(space + 1));
    });
  }
  TokenTable tokens;
  const auto add = [&](std::string_view token) {
    tokens.add(token, static_cast<TokenId>(tokens.size()));
  };
  // Bytes in the order of GPT-2's table: the printable ones first.
  std::vector<std::string> bytes;
  for (const bool printable : {true, false}) {
    for (int byte = 0; byte < 256; ++byte) {
      std::string spelled;
      append_byte_characters(spelled, std::string(1, static_cast<char>(byte)));
      const bool stays = first_character(spelled).code == static_cast<CodePoint>(byte);
      if (stays == printable) bytes.push_back(spelled);
    }
  }
  for (const std::string& byte : bytes) add(byte);
  for (const std::string& byte : bytes) add(byte + "</w>");
  for (const auto& [left, right] : merges) add(left + right);
  const std::string start = "<start_of_text>";
  const std::string end = "<end_of_text>";
  add(start);
  add(end);
  BytePairOptions options;
  options.end_of_word_suffix = "</w>";
  options.whole_words = {start, end};
  BytePairEncoding model(std::move(tokens), std::move(options), source);
  for (const auto& [left, right] : merges) model.add_merge(left, right);
  TokenizerParts parts{source, {}, {}, {}, std::move(model), {}};
  parts.has_own_merges = merges.size() != rules;
  parts.layout.before = {required_token(parts, start)};
  parts.layout.after = {required_token(parts, end)};
  parts.layout.context_length = 77;
  parts.cleaning.add(RepairStep{});
  parts.cleaning.add(CanonicalizeStep{true, true});
  add_clip_splitting(parts.pre_tokenizer, "(?i:", "<start_of_text>|<end_of_text>", source);
  return parts;
}

/// `vocab.txt`: transformers' BertTokenizer.
inline TokenizerParts read_bert(const std::filesystem::path& path,
                                const TokenizerSettings& settings) {
  const std::string source = path_text(path);
  require_class(settings, source, {"BertTokenizer", "DistilBertTokenizer"});
  TokenTable tokens;
  {
    const MappedFile file(path);
    TokenId id = 0;
    for_each_line(bytes_of(file, source), [&](std::string_view line) { tokens.add(line, id++); });
  }
  constexpr std::size_t longest_word = 100;
  TokenizerParts parts{source,
                       {},
                       {},
                       {},
                       WordPiece(std::move(tokens), settings.token("unk_token").value_or("[UNK]"),
                                 "##", longest_word, source),
                       {}};
  parts.layout.before = {add_special(parts, settings.token("cls_token").value_or("[CLS]"))};
  parts.layout.after = {add_special(parts, settings.token("sep_token").value_or("[SEP]"))};
  parts.layout.pad = add_special(parts, settings.token("pad_token").value_or("[PAD]"));
  const bool lowercase = settings.boolean_or("do_lower_case", true);
  parts.normalizer.add(BertStep{true, settings.boolean_or("tokenize_chinese_chars", true),
                                settings.boolean_or("strip_accents", lowercase), lowercase});
  using Kind = CharacterSplit::Kind;
  parts.pre_tokenizer.add(CharacterSplit{Kind::white_space, SplitBehavior::removed});
  parts.pre_tokenizer.add(CharacterSplit{Kind::punctuation, SplitBehavior::isolated});
  parts.layout.context_length = 512;
  return parts;
}

inline TokenizerParts read_vocabulary_files(const std::filesystem::path& folder,
                                            const TokenizerSettings& settings) {
  const auto has = [&](std::string_view name) { return is_taken(path_in(folder, name)); };
  if (has("tokenizer.json")) {
    const std::filesystem::path path = path_in(folder, "tokenizer.json");
    const JsonDocument document = parse_json_file(path, max_tokenizer_bytes);
    TokenizerParts parts = read_tokenizer_json(JsonObject(*document, path_text(path)));
    // The class for SigLIP 2 puts this before what the file states; the published folders state the
    // other side for what texts are filled up with.
    if (settings.tokenizer_class() == "Siglip2Tokenizer" || settings.is_model("siglip2")) {
      parts.normalizer.add_first(LowercaseStep{});
      parts.layout.pad_left = true;
      parts.layout.context_length = 64;
    }
    return parts;
  }
  if (has("vocab.json") && has("merges.txt")) {
    return is_roberta(settings) ? read_roberta(folder, settings) : read_clip(folder, settings);
  }
  for (const std::string_view name : {"spiece.model", "sentencepiece.bpe.model"}) {
    if (has(name)) return read_sentence_piece_folder(path_in(folder, name), settings);
  }
  if (has("vocab.txt")) return read_bert(path_in(folder, "vocab.txt"), settings);
  for (const std::string_view name :
       {"bpe_simple_vocab_16e6.txt", "bpe_simple_vocab_16e6.txt.gz"}) {
    if (has(name)) return read_open_clip(path_in(folder, name));
  }
  raise<FileError>(
      {path_text(folder), ": expected tokenizer.json, vocab.json with merges.txt, ",
       "spiece.model, sentencepiece.bpe.model, vocab.txt or bpe_simple_vocab_16e6.txt, "
       "found none"});
}

/// As transformers' AutoTokenizer reads a folder.
inline TokenizerParts read_stated_tokenizer(const std::filesystem::path& folder,
                                            const TokenizerSettings& settings) {
  TokenizerParts parts = read_vocabulary_files(folder, settings);
  if (has_language_token(settings)) {
    put_language_token(parts, settings, settings.tokenizer.text("src_lang").value_or("eng_Latn"));
  }
  if (const auto& stated = settings.tokenizer.object()) {
    // Tokenizers without a limit state a number that is beyond all texts.
    const double length = stated->number_or("model_max_length", 1e30, 0, 1e300);
    if (length <= static_cast<double>(max_context_length)) {
      parts.layout.context_length =
          static_cast<std::size_t>(stated->integer("model_max_length", 1, max_context_length));
    }
    const std::string side =
        stated->string_or("padding_side", parts.layout.pad_left ? "left" : "right");
    if (side != "left" && side != "right") stated->fail("padding_side", "'left' or 'right'");
    parts.layout.pad_left = side == "left";
    const std::string cut =
        stated->string_or("truncation_side", parts.layout.truncate_left ? "left" : "right");
    if (cut != "left" && cut != "right") stated->fail("truncation_side", "'left' or 'right'");
    parts.layout.truncate_left = cut == "left";
  }
  if (const auto pad = settings.token("pad_token")) {
    parts.layout.pad = required_token(parts, *pad);
  }
  return parts;
}

/// What is done to a text first, by the word that OpenCLIP has for it.
inline Normalizer open_clip_cleaning(const std::optional<JsonObject>& arguments,
                                     const char* fallback) {
  const std::string word = arguments ? arguments->string_or("clean", fallback) : fallback;
  Normalizer cleaning;
  cleaning.add(RepairStep{});
  if (word == "canonicalize") {
    cleaning.add(ReplaceStep{TextPattern(std::string("_")), " "});
    cleaning.add(CanonicalizeStep{false, false});
  } else if (word != "lower" && word != "whitespace") {
    arguments->fail("clean", "'canonicalize', 'lower' or 'whitespace'");
  }
  cleaning.add(CanonicalizeStep{word != "whitespace", true});
  return cleaning;
}

/// OpenCLIP's SimpleTokenizer. Its vocabulary comes with the package; folders for transformers too
/// have it as `merges.txt`, or as `tokenizer.json`, which splits nearly all texts alike.
inline TokenizerParts read_simple_tokenizer(const std::filesystem::path& folder,
                                            const TokenizerSettings& settings) {
  for (const std::string_view name :
       {"bpe_simple_vocab_16e6.txt", "bpe_simple_vocab_16e6.txt.gz", "merges.txt"}) {
    const std::filesystem::path path = path_in(folder, name);
    if (is_taken(path)) return read_open_clip(path);
  }
  TokenizerParts parts = read_stated_tokenizer(folder, settings);
  parts.layout.pad = 0;
  return parts;
}

/// The tokenizer that OpenCLIP chooses by `text_cfg`.
/// Source: mlfoundations/open_clip, factory.py (get_tokenizer) and tokenizer.py.
inline TokenizerParts read_open_clip_folder(const std::filesystem::path& folder,
                                            const TokenizerSettings& settings,
                                            const JsonObject& text) {
  const auto refuse = [](const JsonObject& object, const char* key) {
    if (!object.has(key)) return;
    raise<UnsupportedError>({object.place(key), ": expected a tokenizer without it, found ",
                             json_text(object.required(key))});
  };
  refuse(text, "tokenizer_mode");
  const auto arguments = text.find_object("tokenizer_kwargs");
  for (const char* const key : {"additional_special_tokens", "reduction_mask"}) {
    if (arguments) refuse(*arguments, key);
  }
  const bool simple = text.string_or("hf_tokenizer_name", "").empty();
  const bool has_languages = !simple && has_language_token(settings);
  if (arguments && !has_languages) {
    for (const char* const key : {"language", "src_lang"}) refuse(*arguments, key);
  }
  TokenizerParts parts =
      simple ? read_simple_tokenizer(folder, settings) : read_stated_tokenizer(folder, settings);
  parts.cleaning = open_clip_cleaning(arguments, simple ? "lower" : "whitespace");
  parts.layout.context_length =
      static_cast<std::size_t>(text.integer_or("context_length", 77, 1, 1 << 16));
  // `language` changes nothing there: each call of transformers' tokenizer puts `src_lang` back.
  if (arguments && arguments->has("src_lang")) {
    put_language_token(parts, settings, arguments->string("src_lang"));
  }
  if (arguments && arguments->boolean_or("strip_sep_token", false)) {
    const char* const usual = has_languages ? "</s>" : "[SEP]";
    parts.layout.zeroed = required_token(parts, settings.token("sep_token").value_or(usual));
  }
  return parts;
}

EIGENVIT_INLINE TokenizerParts read_tokenizer_folder(const std::filesystem::path& folder,
                                                     const std::string& language) {
  const TokenizerSettings settings(folder);
  const auto text = settings.open_clip_text();
  TokenizerParts parts = text ? read_open_clip_folder(folder, settings, *text)
                              : read_stated_tokenizer(folder, settings);
  if (language.empty()) return parts;
  if (!has_language_token(settings)) refuse_language(parts.source, language);
  put_language_token(parts, settings, language);
  return parts;
}

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
