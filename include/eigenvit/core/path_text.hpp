/// Paths in messages.
#ifndef EIGENVIT_CORE_PATH_TEXT_HPP
#define EIGENVIT_CORE_PATH_TEXT_HPP

#include <filesystem>
#include <string>

#include <eigenvit/core/compiler.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// The path as UTF-8, control characters written as `\x0A`.
std::string path_text(const std::filesystem::path& path);

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#if EIGENVIT_HEADER_ONLY
#include <eigenvit/core/path_text.inl>
#endif

#endif
