/// The files of a folder that describe its tokenizer.
#ifndef EIGENVIT_TEXT_TOKENIZER_FOLDER_HPP
#define EIGENVIT_TEXT_TOKENIZER_FOLDER_HPP

#include <filesystem>
#include <string>

#include <eigenvit/core/compiler.hpp>
#include <eigenvit/text/tokenizer_parts.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// Reads the first of the files that `Tokenizer::open` names, and throws as it does. `language`: as
/// `TokenizerOptions::language`.
TokenizerParts read_tokenizer_folder(const std::filesystem::path& folder,
                                     const std::string& language);

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#if EIGENVIT_HEADER_ONLY
#include <eigenvit/text/tokenizer_folder.inl>
#endif

#endif
