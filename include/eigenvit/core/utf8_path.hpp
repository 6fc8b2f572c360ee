/// Paths from and to UTF-8, for every standard from C++17 on and on every system.
#ifndef EIGENVIT_CORE_UTF8_PATH_HPP
#define EIGENVIT_CORE_UTF8_PATH_HPP

#include <filesystem>
#include <string>
#include <string_view>

#include <eigenvit/core/compiler.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {

/// The path that `text` names in UTF-8, as names in an index, labels and JSON files have it.
/// `std::filesystem::u8path` is that in C++17 and deprecated from C++20 on.
std::filesystem::path utf8_path(std::string_view text);

/// The path in UTF-8, with the system's separators. `path::u8string` is that in C++17 and another
/// type from C++20 on; `path::string` throws on Windows for names outside the code page.
std::string utf8_text(const std::filesystem::path& path);

/// The same with `/` between the parts, as `path::generic_u8string` has it in C++17.
std::string utf8_generic_text(const std::filesystem::path& path);

}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#if EIGENVIT_HEADER_ONLY
#include <eigenvit/core/utf8_path.inl>
#endif

#endif
