/// Links among folders, on every system.
#ifndef EIGENVIT_CORE_REAL_PATH_HPP
#define EIGENVIT_CORE_REAL_PATH_HPP

#include <cstdint>
#include <filesystem>
#include <system_error>

#include <eigenvit/core/compiler.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// Whether an entry of these attributes on Windows is a reparse point: a symbolic link, a junction,
/// a mount point, or a file that a cloud keeps. `invalid` (all bits) means no entry at all.
constexpr bool is_reparse_point(std::uint32_t attributes) noexcept {
  constexpr std::uint32_t invalid = 0xFFFFFFFF;
  constexpr std::uint32_t reparse_point = 0x400;
  return attributes != invalid && (attributes & reparse_point) != 0;
}

/// Whether the entry may lead to another place: a symbolic link, and on Windows any reparse point.
/// `std::filesystem` takes a junction for a folder there, so that one to a folder above never ends.
bool is_link(const std::filesystem::directory_entry& entry);

/// The absolute path without links, as `std::filesystem::canonical` has it; on Windows also without
/// junctions. Sets `error` where there is no such file.
std::filesystem::path real_path(const std::filesystem::path& path, std::error_code& error);

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#if EIGENVIT_HEADER_ONLY
#include <eigenvit/core/real_path.inl>
#endif

#endif
