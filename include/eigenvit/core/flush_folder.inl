#ifndef EIGENVIT_CORE_FLUSH_FOLDER_INL
#define EIGENVIT_CORE_FLUSH_FOLDER_INL

#if !defined(_WIN32)
#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#endif

#include <eigenvit/core/flush_folder.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

EIGENVIT_INLINE bool flush_folder(const std::filesystem::path& folder) noexcept {
#if defined(_WIN32)
  static_cast<void>(folder);
  return true;
#else
  const int file =
      ::open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (file < 0) return false;
  // A file system that cannot do it says so with EINVAL: then there is nothing to wait for.
  const bool done = ::fsync(file) == 0 || errno == EINVAL;
  ::close(file);
  return done;
#endif
}

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
