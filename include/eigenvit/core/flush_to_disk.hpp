/// Files that shall survive a loss of power.
#ifndef EIGENVIT_CORE_FLUSH_TO_DISK_HPP
#define EIGENVIT_CORE_FLUSH_TO_DISK_HPP

#include <filesystem>

#include <eigenvit/core/compiler.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// Waits until what was written to a file has arrived on the disk (fsync, FlushFileBuffers). False
/// when the file cannot be opened or the system reports that writing failed.
bool flush_to_disk(const std::filesystem::path& path) noexcept;

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#if EIGENVIT_HEADER_ONLY
#include <eigenvit/core/flush_to_disk.inl>
#endif

#endif
