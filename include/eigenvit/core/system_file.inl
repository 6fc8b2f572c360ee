#ifndef EIGENVIT_CORE_SYSTEM_FILE_INL
#define EIGENVIT_CORE_SYSTEM_FILE_INL

#if defined(_WIN32)
#if !defined(NOMINMAX)
#define NOMINMAX
#endif
#if !defined(WIN32_LEAN_AND_MEAN)
#define WIN32_LEAN_AND_MEAN
#endif
#include <windows.h>
#else
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#endif

#include <algorithm>
#include <utility>

#include <eigenvit/core/system_file.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

EIGENVIT_INLINE SystemFile::SystemFile(SystemFile&& other) noexcept
    : handle_(std::exchange(other.handle_, closed)) {}

EIGENVIT_INLINE SystemFile& SystemFile::operator=(SystemFile&& other) noexcept {
  std::swap(handle_, other.handle_);
  return *this;
}

EIGENVIT_INLINE SystemFile::~SystemFile() {
  close();
}

#if defined(_WIN32)

/// The place in a file for `ReadFile`, `WriteFile` and `LockFileEx`.
inline OVERLAPPED place_in_file(std::uint64_t offset) noexcept {
  OVERLAPPED place{};
  place.Offset = static_cast<DWORD>(offset);
  place.OffsetHigh = static_cast<DWORD>(offset >> 32);
  return place;
}

EIGENVIT_INLINE SystemFile::SystemFile(const std::filesystem::path& path, Create create,
                                       std::error_code& error) noexcept {
  const HANDLE file = CreateFileW(path.c_str(), GENERIC_READ | GENERIC_WRITE,
                                  FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, nullptr,
                                  create == Create::always       ? CREATE_NEW
                                  : create == Create::if_missing ? OPEN_ALWAYS
                                                                 : OPEN_EXISTING,
                                  FILE_ATTRIBUTE_NORMAL | FILE_FLAG_OPEN_REPARSE_POINT, nullptr);
  error.clear();
  if (file == INVALID_HANDLE_VALUE) {
    error.assign(static_cast<int>(GetLastError()), std::system_category());
  } else {
    handle_ = file;
  }
}

EIGENVIT_INLINE void SystemFile::close() noexcept {
  if (is_open()) CloseHandle(std::exchange(handle_, closed));
}

EIGENVIT_INLINE SystemFile::Lock SystemFile::lock() noexcept {
  // Windows refuses other handles to read and write what is locked: a byte that no file has.
  OVERLAPPED place = place_in_file(std::uint64_t{1} << 62);
  if (LockFileEx(handle_, LOCKFILE_EXCLUSIVE_LOCK | LOCKFILE_FAIL_IMMEDIATELY, 0, 1, 0, &place)) {
    return Lock::taken;
  }
  const DWORD error = GetLastError();
  return error == ERROR_LOCK_VIOLATION || error == ERROR_IO_PENDING ? Lock::held
                                                                    : Lock::unsupported;
}

EIGENVIT_INLINE bool SystemFile::is_at(const std::filesystem::path& path) const noexcept {
  const HANDLE other =
      CreateFileW(path.c_str(), 0, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, nullptr,
                  OPEN_EXISTING, FILE_ATTRIBUTE_NORMAL | FILE_FLAG_OPEN_REPARSE_POINT, nullptr);
  if (other == INVALID_HANDLE_VALUE) return false;
  BY_HANDLE_FILE_INFORMATION a{};
  BY_HANDLE_FILE_INFORMATION b{};
  const bool known =
      GetFileInformationByHandle(handle_, &a) != 0 && GetFileInformationByHandle(other, &b) != 0;
  CloseHandle(other);
  return known && a.dwVolumeSerialNumber == b.dwVolumeSerialNumber &&
         a.nFileIndexHigh == b.nFileIndexHigh && a.nFileIndexLow == b.nFileIndexLow;
}

EIGENVIT_INLINE bool SystemFile::write(std::uint64_t offset, const void* bytes,
                                       std::size_t size) noexcept {
  const auto* from = static_cast<const char*>(bytes);
  while (size > 0) {
    OVERLAPPED place = place_in_file(offset);
    DWORD written = 0;
    const auto piece = static_cast<DWORD>(std::min(size, std::size_t{1} << 30));
    if (!WriteFile(handle_, from, piece, &written, &place) || written == 0) return false;
    from += written;
    offset += written;
    size -= written;
  }
  return true;
}

EIGENVIT_INLINE std::size_t SystemFile::read(std::uint64_t offset, void* bytes,
                                             std::size_t size) noexcept {
  std::size_t done = 0;
  while (done < size) {
    OVERLAPPED place = place_in_file(offset + done);
    DWORD got = 0;
    const auto piece = static_cast<DWORD>(std::min(size - done, std::size_t{1} << 30));
    if (!ReadFile(handle_, static_cast<char*>(bytes) + done, piece, &got, &place) || got == 0) {
      break;
    }
    done += got;
  }
  return done;
}

EIGENVIT_INLINE bool SystemFile::resize(std::uint64_t size) noexcept {
  LARGE_INTEGER end;
  end.QuadPart = static_cast<LONGLONG>(size);
  return SetFilePointerEx(handle_, end, nullptr, FILE_BEGIN) != 0 && SetEndOfFile(handle_) != 0;
}

EIGENVIT_INLINE bool SystemFile::settle() noexcept {
  return true;
}

EIGENVIT_INLINE bool SystemFile::flush() noexcept {
  return FlushFileBuffers(handle_) != 0;
}

EIGENVIT_INLINE bool SystemFile::copy_permissions(const std::filesystem::path&) noexcept {
  return true;  // a new file takes them from its folder
}

#else

EIGENVIT_INLINE SystemFile::SystemFile(const std::filesystem::path& path, Create create,
                                       std::error_code& error) noexcept {
  const int creation = create == Create::always       ? O_CREAT | O_EXCL
                       : create == Create::if_missing ? O_CREAT
                                                      : 0;
  handle_ = ::open(path.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW | creation, 0666);
  error.assign(is_open() ? 0 : errno, std::generic_category());
}

EIGENVIT_INLINE void SystemFile::close() noexcept {
  if (is_open()) ::close(std::exchange(handle_, closed));
}

EIGENVIT_INLINE SystemFile::Lock SystemFile::lock() noexcept {
  if (::flock(handle_, LOCK_EX | LOCK_NB) == 0) return Lock::taken;
  return errno == EWOULDBLOCK || errno == EACCES ? Lock::held : Lock::unsupported;
}

EIGENVIT_INLINE bool SystemFile::is_at(const std::filesystem::path& path) const noexcept {
  struct stat mine;
  struct stat there;
  return ::fstat(handle_, &mine) == 0 && ::lstat(path.c_str(), &there) == 0 &&
         mine.st_dev == there.st_dev && mine.st_ino == there.st_ino;
}

EIGENVIT_INLINE bool SystemFile::write(std::uint64_t offset, const void* bytes,
                                       std::size_t size) noexcept {
  const auto* from = static_cast<const char*>(bytes);
  while (size > 0) {
    const ssize_t written = ::pwrite(handle_, from, size, static_cast<off_t>(offset));
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    from += written;
    offset += static_cast<std::uint64_t>(written);
    size -= static_cast<std::size_t>(written);
  }
  return true;
}

EIGENVIT_INLINE std::size_t SystemFile::read(std::uint64_t offset, void* bytes,
                                             std::size_t size) noexcept {
  std::size_t done = 0;
  while (done < size) {
    const ssize_t got = ::pread(handle_, static_cast<char*>(bytes) + done, size - done,
                                static_cast<off_t>(offset + done));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    done += static_cast<std::size_t>(got);
  }
  return done;
}

EIGENVIT_INLINE bool SystemFile::resize(std::uint64_t size) noexcept {
  return ::ftruncate(handle_, static_cast<off_t>(size)) == 0;
}

EIGENVIT_INLINE bool SystemFile::settle() noexcept {
  // Any handle will do, and the lock stays with this one.
  const int other = ::dup(handle_);
  return other >= 0 && ::close(other) == 0;
}

EIGENVIT_INLINE bool SystemFile::flush() noexcept {
#if defined(F_FULLFSYNC)
  // On macOS fsync leaves the bytes in the drive's own memory.
  if (::fcntl(handle_, F_FULLFSYNC) == 0) return true;
#endif
  // A file system that cannot do it says so with EINVAL: then there is nothing to wait for.
  return ::fsync(handle_) == 0 || errno == EINVAL;
}

EIGENVIT_INLINE bool SystemFile::copy_permissions(const std::filesystem::path& from) noexcept {
  struct stat found;
  if (::stat(from.c_str(), &found) != 0) return false;
  // Only a privileged process may give a file away; without it the new file is the process's own.
  const bool owned = ::fchown(handle_, found.st_uid, found.st_gid) == 0 ||
                     ::fchown(handle_, static_cast<uid_t>(-1), found.st_gid) == 0;
  static_cast<void>(owned);
  struct stat mine;
  // File systems without permissions give all files the same and refuse to change them.
  const bool same = ::fstat(handle_, &mine) == 0 && (mine.st_mode & 0777) == (found.st_mode & 0777);
  return same || ::fchmod(handle_, found.st_mode & 0777) == 0;
}

#endif

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
