/// Where a file is written that a path names.
#ifndef EIGENVIT_CORE_LINK_TARGET_HPP
#define EIGENVIT_CORE_LINK_TARGET_HPP

#include <filesystem>
#include <optional>

#include <eigenvit/core/compiler.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// The path without links in its last part, whether the file is there already or not; devices, and
/// names of open files such as /dev/stdout, stay as they are. The path itself where links lead in a
/// circle.
std::filesystem::path link_target(const std::filesystem::path& path);

/// The number of the open file that a path names: 1 for /dev/stdout, 5 for /dev/fd/5 and
/// /proc/self/fd/5. None for all other paths, and on Windows.
std::optional<int> open_file_number(const std::filesystem::path& path);

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#if EIGENVIT_HEADER_ONLY
#include <eigenvit/core/link_target.inl>
#endif

#endif
