#ifndef EIGENVIT_TEXT_TOKENIZER_JSON_INL
#define EIGENVIT_TEXT_TOKENIZER_JSON_INL

#include <utility>

#include <eigenvit/core/error.hpp>
#include <eigenvit/core/message.hpp>
#include <eigenvit/io/json_tables.hpp>
#include <eigenvit/text/stated_tokens.hpp>
#include <eigenvit/text/tokenizer_json.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

[[noreturn]] inline void refuse_type(const JsonObject& part) {
  raise<UnsupportedError>(
      {part.place("type"), ": ", Quoted{part.string("type")}, " is not supported"});
}

/// A `pattern`: `{"String": ".."}` or `{"Regex": ".."}`.
inline TextPattern read_pattern(const JsonObject& part) {
  const JsonObject pattern = part.object("pattern");
  if (pattern.has("String")) return TextPattern(pattern.string("String"));
  return TextPattern(Regex(pattern.string("Regex"), pattern.place("Regex")));
}

inline SplitBehavior read_behavior(const JsonObject& part, std::string_view fallback) {
  const std::string name = part.string_or("behavior", fallback);
  if (name == "Removed") return SplitBehavior::removed;
  if (name == "Isolated") return SplitBehavior::isolated;
  if (name == "Contiguous") return SplitBehavior::contiguous;
  if (name == "MergedWithPrevious") return SplitBehavior::merged_with_previous;
  if (name == "MergedWithNext") return SplitBehavior::merged_with_next;
  part.fail("behavior", "the name of a behaviour");
}

/// Each step reads all of a text, and patterns take memory.
template <class Steps>
void check_step_count(const JsonObject& part, const Steps& steps) {
  constexpr std::size_t most = 64;
  if (steps.size() > most) {
    raise<UnsupportedError>(
        {part.place("type"), ": expected at most ", most, " steps, found more"});
  }
}

inline void read_normalizer(const JsonObject& part, Normalizer& normalizer) {
  const std::string type = part.string("type");
  if (type == "Sequence") {
    for (const JsonObject& step : json_objects(part, "normalizers")) {
      read_normalizer(step, normalizer);
      check_step_count(part, normalizer);
    }
  } else if (type == "NFC") {
    normalizer.add(NormalFormStep{NormalForm::nfc});
  } else if (type == "NFD") {
    normalizer.add(NormalFormStep{NormalForm::nfd});
  } else if (type == "NFKC") {
    normalizer.add(NormalFormStep{NormalForm::nfkc});
  } else if (type == "NFKD") {
    normalizer.add(NormalFormStep{NormalForm::nfkd});
  } else if (type == "Lowercase") {
    normalizer.add(LowercaseStep{});
  } else if (type == "Nmt") {
    normalizer.add(NmtStep{});
  } else if (type == "StripAccents") {
    normalizer.add(StripAccentsStep{});
  } else if (type == "ByteLevel") {
    normalizer.add(ByteLevelStep{});
  } else if (type == "Strip") {
    normalizer.add(StripStep{part.boolean("strip_left"), part.boolean("strip_right")});
  } else if (type == "Prepend") {
    normalizer.add(PrependStep{part.string("prepend")});
  } else if (type == "Replace") {
    normalizer.add(ReplaceStep{read_pattern(part), part.string("content")});
  } else if (type == "BertNormalizer") {
    const bool lowercase = part.boolean("lowercase");
    normalizer.add(BertStep{part.boolean("clean_text"), part.boolean("handle_chinese_chars"),
                            part.boolean_or("strip_accents", lowercase), lowercase});
  } else if (type == "Precompiled") {
    constexpr std::string_view key = "precompiled_charsmap";
    if (!part.has(key)) return;
    const std::optional<std::string> bytes = from_base64(part.string(key));
    if (!bytes) part.fail(key, "base64");
    normalizer.add(CharacterMap(*bytes, part.place(key)));
  } else {
    refuse_type(part);
  }
}

inline MetaspaceSplit read_metaspace(const JsonObject& part) {
  MetaspaceSplit step{part.string("replacement"), MetaspaceSplit::Prepend::always,
                      part.boolean_or("split", true)};
  const std::string scheme = part.string_or("prepend_scheme", "always");
  if (scheme == "first") {
    step.prepend = MetaspaceSplit::Prepend::first;
  } else if (scheme == "never" || !part.boolean_or("add_prefix_space", true)) {
    step.prepend = MetaspaceSplit::Prepend::never;
  } else if (scheme != "always") {
    part.fail("prepend_scheme", "'first', 'never' or 'always'");
  }
  if (step.replacement.empty() ||
      first_character(step.replacement).bytes != step.replacement.size()) {
    part.fail("replacement", "a character");
  }
  return step;
}

inline void read_pre_tokenizer(const JsonObject& part, PreTokenizer& pre_tokenizer) {
  using Kind = CharacterSplit::Kind;
  const std::string type = part.string("type");
  if (type == "Sequence") {
    for (const JsonObject& step : json_objects(part, "pretokenizers")) {
      read_pre_tokenizer(step, pre_tokenizer);
      check_step_count(part, pre_tokenizer);
    }
  } else if (type == "Split") {
    pre_tokenizer.add(PatternSplit{read_pattern(part), read_behavior(part, ""),
                                   part.boolean_or("invert", false)});
  } else if (type == "ByteLevel") {
    // The space comes first, so that it is a part of the first word.
    if (part.boolean("add_prefix_space")) pre_tokenizer.add(PrefixSpace{});
    if (part.boolean_or("use_regex", true)) {
      pre_tokenizer.add(gpt2_split(part.place("type")));
    }
    pre_tokenizer.add(ByteLevelSplit{});
  } else if (type == "Metaspace") {
    pre_tokenizer.add(read_metaspace(part));
  } else if (type == "WhitespaceSplit") {
    pre_tokenizer.add(CharacterSplit{Kind::white_space, SplitBehavior::removed});
  } else if (type == "Whitespace") {
    pre_tokenizer.add(WordSplit{});
  } else if (type == "BertPreTokenizer") {
    pre_tokenizer.add(CharacterSplit{Kind::white_space, SplitBehavior::removed});
    pre_tokenizer.add(CharacterSplit{Kind::punctuation, SplitBehavior::isolated});
  } else if (type == "Punctuation") {
    pre_tokenizer.add(CharacterSplit{Kind::punctuation, read_behavior(part, "Isolated")});
  } else if (type == "Digits") {
    pre_tokenizer.add(CharacterSplit{Kind::numeric, part.boolean("individual_digits")
                                                        ? SplitBehavior::isolated
                                                        : SplitBehavior::contiguous});
  } else if (type == "CharDelimiterSplit") {
    const std::string delimiter = part.string("delimiter");
    if (delimiter.empty()) part.fail("delimiter", "a character");
    pre_tokenizer.add(
        CharacterSplit{Kind::delimiter, SplitBehavior::removed, first_character(delimiter).code});
  } else {
    refuse_type(part);
  }
}

EIGENVIT_INLINE TokenTable read_vocabulary(const JsonObject& vocabulary) {
  TokenTable tokens;
  for_each_number(vocabulary, max_token_id, [&](const std::string& token, std::int64_t id) {
    tokens.add(token, static_cast<TokenId>(id));
  });
  return tokens;
}

inline BytePairEncoding read_byte_pairs(const JsonObject& model) {
  if (model.number_or("dropout", 0, 0, 1) != 0) model.fail("dropout", "null or 0");
  BytePairOptions options;
  if (model.has("unk_token")) options.unk_token = model.string("unk_token");
  options.continuing_subword_prefix = model.string_or("continuing_subword_prefix", "");
  options.end_of_word_suffix = model.string_or("end_of_word_suffix", "");
  options.fuse_unk = model.boolean_or("fuse_unk", false);
  options.byte_fallback = model.boolean_or("byte_fallback", false);
  options.ignore_merges = model.boolean_or("ignore_merges", false);
  BytePairEncoding encoding(read_vocabulary(model.object("vocab")), std::move(options),
                            model.place("merges"));
  for_each_text_pair(model, "merges", [&](std::string_view left, std::string_view right) {
    encoding.add_merge(left, right);
  });
  return encoding;
}

inline Unigram read_unigram(const JsonObject& model) {
  std::vector<UnigramToken> tokens;
  for_each_scored_text(model, "vocab", [&](const std::string& text, double score) {
    UnigramToken token;
    token.text = text;
    token.score = score;
    tokens.push_back(std::move(token));
  });
  const auto unk =
      static_cast<TokenId>(model.integer_or("unk_id", no_token, no_token, max_token_id));
  return Unigram(std::move(tokens), unk, model.boolean_or("byte_fallback", false),
                 UnigramArithmetic::tokenizers, model.place("vocab"));
}

inline TokenModel read_token_model(const JsonObject& model) {
  // Old files do not state the type.
  const std::string type = model.string_or("type", model.has("merges")             ? "BPE"
                                                   : json_is_array(model, "vocab") ? "Unigram"
                                                                                   : "WordPiece");
  if (type == "BPE") return read_byte_pairs(model);
  if (type == "Unigram") return read_unigram(model);
  if (type != "WordPiece") refuse_type(model);
  return WordPiece(
      read_vocabulary(model.object("vocab")), model.string("unk_token"),
      model.string("continuing_subword_prefix"),
      static_cast<std::size_t>(model.integer("max_input_chars_per_word", 0, max_token_id)),
      model.place("vocab"));
}

inline void check_token_count(const JsonObject& part, std::size_t tokens) {
  constexpr std::size_t most = 65536;
  if (tokens <= most) return;
  raise<UnsupportedError>(
      {part.place("type"), ": expected at most ", most, " tokens around a text, found more"});
}

inline void put_around(const JsonObject& part, TokenLayout& layout,
                       const std::vector<TokenId>& before, const std::vector<TokenId>& after) {
  check_token_count(part,
                    layout.before.size() + layout.after.size() + before.size() + after.size());
  layout.before.insert(layout.before.begin(), before.begin(), before.end());
  layout.after.insert(layout.after.end(), after.begin(), after.end());
}

inline void read_template(const JsonObject& part, TokenLayout& layout) {
  std::vector<TokenId> around[2];
  bool behind = false;
  for (const JsonObject& piece : json_objects(part, "single")) {
    if (const auto sequence = piece.find_object("Sequence")) {
      if (behind || sequence->string("id") != "A") {
        raise<UnsupportedError>(
            {part.place("single"), ": expected the text once, found another sequence"});
      }
      behind = true;
      continue;
    }
    const std::string name = piece.object("SpecialToken").string("id");
    const JsonObject token = part.object("special_tokens").object(name);
    for (const std::int64_t id : json_integer_list(token, "ids", max_token_id)) {
      around[behind ? 1 : 0].push_back(static_cast<TokenId>(id));
    }
    check_token_count(part, around[0].size() + around[1].size());
  }
  if (!behind) part.fail("single", "a template with the text");
  put_around(part, layout, around[0], around[1]);
}

inline void read_post_processor(const JsonObject& part, TokenLayout& layout) {
  const std::string type = part.string("type");
  if (type == "Sequence") {
    for (const JsonObject& step : json_objects(part, "processors")) {
      read_post_processor(step, layout);
    }
  } else if (type == "TemplateProcessing") {
    read_template(part, layout);
  } else if (type == "RobertaProcessing" || type == "BertProcessing") {
    const auto token = [&](std::string_view key) {
      return std::vector<TokenId>{
          static_cast<TokenId>(json_named_number(part, key, max_token_id).second)};
    };
    put_around(part, layout, token("cls"), token("sep"));
  } else if (type != "ByteLevel") {
    refuse_type(part);
  }
}

/// `Left` or `Right`, whether it is the left one.
inline bool read_left(const JsonObject& part) {
  const std::string direction = part.string_or("direction", "Right");
  if (direction != "Left" && direction != "Right") part.fail("direction", "'Left' or 'Right'");
  return direction == "Left";
}

inline void read_lengths(const JsonObject& document, TokenLayout& layout) {
  if (const auto truncation = document.find_object("truncation")) {
    const std::int64_t length = truncation->integer("max_length", 1, max_token_id);
    if (length <= max_context_length) layout.context_length = static_cast<std::size_t>(length);
    layout.truncate_left = read_left(*truncation);
  }
  if (const auto padding = document.find_object("padding")) {
    layout.pad = static_cast<TokenId>(padding->integer("pad_id", 0, max_token_id));
    layout.pad_left = read_left(*padding);
  }
}

inline std::vector<AddedToken> read_added_tokens(const JsonObject& document,
                                                 const TokenTable& model) {
  std::vector<AddedToken> added;
  if (!document.has("added_tokens")) return added;
  for (const JsonObject& part : json_objects(document, "added_tokens")) {
    AddedToken token = read_added_token(part, false);
    token.id = static_cast<TokenId>(part.integer("id", 0, max_token_id));
    const TokenId known = model.find(token.content);
    if (known != no_token && known != token.id) {
      part.fail("id",
                message({"the id of ", Quoted{token.content}, " in the vocabulary, ", known}));
    }
    if (!token.content.empty()) added.push_back(std::move(token));
  }
  return added;
}

EIGENVIT_INLINE TokenizerParts read_tokenizer_json(const JsonObject& document) {
  TokenizerParts parts{
      document.source(), {}, {}, {}, read_token_model(document.object("model")), {}};
  parts.added = read_added_tokens(document, parts.tokens());
  if (const auto part = document.find_object("normalizer")) {
    read_normalizer(*part, parts.normalizer);
  }
  if (const auto part = document.find_object("pre_tokenizer")) {
    read_pre_tokenizer(*part, parts.pre_tokenizer);
  }
  if (const auto part = document.find_object("post_processor")) {
    read_post_processor(*part, parts.layout);
  }
  read_lengths(document, parts.layout);
  return parts;
}

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
