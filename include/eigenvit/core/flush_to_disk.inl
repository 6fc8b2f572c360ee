#ifndef EIGENVIT_CORE_FLUSH_TO_DISK_INL
#define EIGENVIT_CORE_FLUSH_TO_DISK_INL

#if defined(_WIN32)
#if !defined(NOMINMAX)
#define NOMINMAX
#endif
#if !defined(WIN32_LEAN_AND_MEAN)
#define WIN32_LEAN_AND_MEAN
#endif
#include <windows.h>
#elif defined(__unix__) || defined(__APPLE__)
#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#endif

#include <eigenvit/core/flush_to_disk.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

EIGENVIT_INLINE bool flush_to_disk(const std::filesystem::path& path) noexcept {
#if defined(_WIN32)
  const HANDLE file = CreateFileW(path.c_str(), GENERIC_WRITE,
                                  FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, nullptr,
                                  OPEN_EXISTING, FILE_ATTRIBUTE_NORMAL, nullptr);
  if (file == INVALID_HANDLE_VALUE) return false;
  const bool done = FlushFileBuffers(file) != 0;
  CloseHandle(file);
  return done;
#elif defined(__unix__) || defined(__APPLE__)
  const int file = ::open(path.c_str(), O_WRONLY | O_CLOEXEC);
  if (file < 0) return false;
  // A file system that cannot do it says so with EINVAL: then there is nothing to wait for.
  const bool done = ::fsync(file) == 0 || errno == EINVAL;
  ::close(file);
  return done;
#else
  static_cast<void>(path);
  return true;
#endif
}

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
