/// Names from files of unknown origin as paths in a folder.
#ifndef EIGENVIT_CORE_PATH_BELOW_HPP
#define EIGENVIT_CORE_PATH_BELOW_HPP

#include <filesystem>
#include <optional>
#include <string_view>

#include <eigenvit/core/compiler.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {

namespace detail {

/// Whether a folder is that of the other path or holds it. Both are without links.
bool is_same_or_above(const std::filesystem::path& folder, const std::filesystem::path& path);

}  // namespace detail

/// The path of a file in a folder, by its UTF-8 name relative to it; none where the name leads out
/// of the folder: by being absolute, by `..`, or through a link. Whether there is such a file is
/// not looked at. An empty folder is the current one.
std::optional<std::filesystem::path> path_below(const std::filesystem::path& folder,
                                                std::string_view name);

}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#if EIGENVIT_HEADER_ONLY
#include <eigenvit/core/path_below.inl>
#endif

#endif
