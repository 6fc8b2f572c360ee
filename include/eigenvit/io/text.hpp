/// File names, and text for messages about files that nobody has checked: the name that comes
/// closest to one that was not found.
#ifndef EIGENVIT_IO_TEXT_HPP
#define EIGENVIT_IO_TEXT_HPP

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include <eigenvit/core/compiler.hpp>
#include <eigenvit/core/path_text.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// The path of the file of that name, in UTF-8, in a folder.
std::filesystem::path path_in(const std::filesystem::path& folder, std::string_view name);

/// Whether there is anything of that name, also a folder or a link that leads nowhere.
bool is_taken(const std::filesystem::path& path);

/// The candidate with the smallest edit distance (insertions, deletions, replacements) to `name`,
/// the first of equals; empty when there is no candidate. Cost: bounded, about 0.1 s at worst,
/// however many and long the candidates are.
std::string closest_name(std::string_view name, const std::vector<std::string_view>& candidates);

/// The `count` closest candidates, the closest first.
std::vector<std::string> closest_names(std::string_view name,
                                       const std::vector<std::string_view>& candidates,
                                       std::size_t count);

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#if EIGENVIT_HEADER_ONLY
#include <eigenvit/io/text.inl>
#endif

#endif
