/// Added tokens of a vocabulary that the files beside it state.
#ifndef EIGENVIT_TEXT_STATED_TOKENS_HPP
#define EIGENVIT_TEXT_STATED_TOKENS_HPP

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <eigenvit/core/error.hpp>
#include <eigenvit/core/message.hpp>
#include <eigenvit/io/json_tables.hpp>
#include <eigenvit/text/added_tokens.hpp>
#include <eigenvit/text/token_table.hpp>
#include <eigenvit/text/tokenizer_parts.hpp>
#include <eigenvit/text/tokenizer_settings.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// A token as `tokenizers` writes it, but for its id. `special`: unless the object says otherwise.
inline AddedToken read_added_token(const JsonObject& part, bool special) {
  AddedToken token;
  token.content = part.string("content");
  token.single_word = part.boolean_or("single_word", false);
  token.lstrip = part.boolean_or("lstrip", false);
  token.rstrip = part.boolean_or("rstrip", false);
  token.special = part.boolean_or("special", special);
  token.normalized = part.boolean_or("normalized", !token.special);
  return token;
}

/// A special token of which only the text is stated.
inline AddedToken plain_token(std::string content) {
  AddedToken token;
  token.content = std::move(content);
  token.normalized = false;
  token.special = true;
  return token;
}

/// The special token under that key, with what an object says of it, else with what the fallback
/// says. The fallback where none is stated.
inline AddedToken named_token(const TokenizerSettings& settings, const char* key,
                              AddedToken fallback) {
  const auto content = settings.token(key);
  if (!content) return fallback;
  for (const OptionalJson* const file : {&settings.special_tokens, &settings.tokenizer}) {
    if (!file->object() || !json_is_object(*file->object(), key)) continue;
    AddedToken token =
        read_added_token(file->object()->object(key), file == &settings.special_tokens);
    if (token.content == *content) return token;
  }
  fallback.content = *content;
  return fallback;
}

/// Tokens under the ids that `tokenizers` gives them when they are added to a vocabulary.
class StatedTokens {
 public:
  /// Adds to the parts of a tokenizer, whose model has its vocabulary, what `added_tokens_decoder`
  /// states. Throws ConfigError for an id that is not the next one, UnsupportedError where
  /// `added_tokens.json` alone states tokens.
  StatedTokens(TokenizerParts& parts, const TokenizerSettings& settings) : parts_(parts) {
    parts.tokens().for_each([&](std::string_view, TokenId id) { next_ = std::max(next_, id + 1); });
    const auto& stated = settings.tokenizer.object();
    const auto decoder = stated ? stated->find_object("added_tokens_decoder") : std::nullopt;
    if (decoder) {
      for_each_numbered_object(
          *decoder, max_token_id, [&](std::int64_t id, const JsonObject& part) {
            const AddedToken token = read_added_token(part, false);
            if (token.content.empty()) return;
            const TokenId given = add(token);
            if (given != id) {
              raise<ConfigError>({part.place("content"), ": expected the token with the id ", given,
                                  ", found ", Quoted{token.content}, " with ", id});
            }
          });
    } else if (const auto& others = settings.added_tokens.object()) {
      raise<UnsupportedError>({others->source(), ": expected these tokens as added_tokens_decoder ",
                               "of tokenizer_config.json, found them alone; a tokenizer.json "
                               "beside it is read instead"});
    }
  }

  /// Adds a token under its id in the vocabulary, else under the next one; one that is there
  /// already stays as it is. Returns the id.
  TokenId add(AddedToken token) {
    TokenId id = added_.find(token.content);
    if (id != no_token || token.content.empty()) return id;
    id = parts_.tokens().find(token.content);
    token.id = id == no_token ? next_++ : id;
    added_.add(token.content, token.id);
    parts_.added.push_back(std::move(token));
    return parts_.added.back().id;
  }

  /// Adds the special tokens that are stated by name.
  void add_named(const TokenizerSettings& settings) {
    for (const char* const key : {"bos_token", "eos_token", "unk_token", "sep_token", "pad_token",
                                  "cls_token", "mask_token"}) {
      add(named_token(settings, key, plain_token({})));
    }
  }

  /// Adds the tokens of a list of tokenizer_config.json or special_tokens_map.json.
  void add_list(const JsonObject& object, const char* key) {
    for (const JsonTextOrObject& item : json_texts_or_objects(object, key)) {
      add(item.object ? read_added_token(*item.object, false) : plain_token(item.text));
    }
  }

 private:
  TokenizerParts& parts_;
  TokenTable added_;
  TokenId next_ = 0;
};

/// The key of tokenizer_config.json that lists special tokens without names, also as null; none
/// where neither is there.
inline const char* special_list_key(const TokenizerSettings& settings) {
  const auto& stated = settings.tokenizer.object();
  if (!stated) return nullptr;
  const char* found = nullptr;
  for (const char* const key : {"extra_special_tokens", "additional_special_tokens"}) {
    if (!json_states(*stated, key)) continue;
    found = key;
    if (stated->has(key)) break;
  }
  return found;
}

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
