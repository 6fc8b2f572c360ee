/// Tokenizers that put a token of the language around a text.
#ifndef EIGENVIT_TEXT_LANGUAGE_TOKEN_HPP
#define EIGENVIT_TEXT_LANGUAGE_TOKEN_HPP

#include <string>

#include <eigenvit/core/error.hpp>
#include <eigenvit/core/message.hpp>
#include <eigenvit/text/tokenizer_parts.hpp>
#include <eigenvit/text/tokenizer_settings.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// Whether a folder states transformers' NllbTokenizer.
inline bool has_language_token(const TokenizerSettings& settings) {
  return settings.tokenizer_class() == "NllbTokenizer";
}

[[noreturn]] inline void refuse_language(const std::string& source, const std::string& language) {
  raise<UnsupportedError>({source, ": expected the tokenizer of an NllbTokenizer, for texts in ",
                           Quoted{language}, ", found one without languages"});
}

/// Puts the token of a language before a text and the end token behind it, or both behind it where
/// the folder states `legacy_behaviour`: as the class does whatever the file states. Throws
/// `FormatError` for a language that the vocabulary lacks. Source: transformers, NllbTokenizer.
inline void put_language_token(TokenizerParts& parts, const TokenizerSettings& settings,
                               const std::string& language) {
  const TokenId token = required_token(parts, language);
  const TokenId end = required_token(parts, settings.token("eos_token").value_or("</s>"));
  const bool behind = settings.boolean_or("legacy_behaviour", false);
  parts.layout.before.clear();
  parts.layout.after = {end};
  if (behind) {
    parts.layout.after.push_back(token);
  } else {
    parts.layout.before.push_back(token);
  }
}

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
