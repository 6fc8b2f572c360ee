/// Tokenizers in the format of Hugging Face's `tokenizers`.
#ifndef EIGENVIT_TEXT_TOKENIZER_JSON_HPP
#define EIGENVIT_TEXT_TOKENIZER_JSON_HPP

#include <cstdint>

#include <eigenvit/core/compiler.hpp>
#include <eigenvit/io/json_reader.hpp>
#include <eigenvit/text/tokenizer_parts.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// The greatest length to which texts are cut and filled up; a file that states a greater one has
/// none.
constexpr std::int64_t max_context_length = std::int64_t{1} << 20;

/// The tokens of an object that has an id for each.
TokenTable read_vocabulary(const JsonObject& vocabulary);

/// Reads a document of `tokenizer.json`. Throws ConfigError and FormatError when it contradicts
/// itself, UnsupportedError when it names a part that this library lacks.
TokenizerParts read_tokenizer_json(const JsonObject& document);

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#if EIGENVIT_HEADER_ONLY
#include <eigenvit/text/tokenizer_json.inl>
#endif

#endif
