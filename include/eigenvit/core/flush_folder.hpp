/// Names of files that survive a loss of power.
#ifndef EIGENVIT_CORE_FLUSH_FOLDER_HPP
#define EIGENVIT_CORE_FLUSH_FOLDER_HPP

#include <filesystem>

#include <eigenvit/core/compiler.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// Waits until the names in a folder have arrived on the disk: a file that was made, renamed or
/// removed there before. An empty path is the current folder. False when the folder cannot be
/// opened or the system reports that writing failed; Windows writes names on its own.
bool flush_folder(const std::filesystem::path& folder) noexcept;

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#if EIGENVIT_HEADER_ONLY
#include <eigenvit/core/flush_folder.inl>
#endif

#endif
