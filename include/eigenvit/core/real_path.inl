#ifndef EIGENVIT_CORE_REAL_PATH_INL
#define EIGENVIT_CORE_REAL_PATH_INL

#if defined(_WIN32)
#if !defined(NOMINMAX)
#define NOMINMAX
#endif
#if !defined(WIN32_LEAN_AND_MEAN)
#define WIN32_LEAN_AND_MEAN
#endif
#include <windows.h>
#endif

#include <string>

#include <eigenvit/core/real_path.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

#if defined(_WIN32)

EIGENVIT_INLINE bool is_link(const std::filesystem::directory_entry& entry) {
  return is_reparse_point(GetFileAttributesW(entry.path().c_str()));
}

EIGENVIT_INLINE std::filesystem::path real_path(const std::filesystem::path& path,
                                                std::error_code& error) {
  std::wstring text;
  const HANDLE file = CreateFileW(
      path.c_str(), 0, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, nullptr,
      OPEN_EXISTING, FILE_FLAG_BACKUP_SEMANTICS, nullptr);  // which lets folders be opened
  if (file != INVALID_HANDLE_VALUE) {
    text.resize(1 << 15);  // no path is longer
    text.resize(GetFinalPathNameByHandleW(file, text.data(), static_cast<DWORD>(text.size()),
                                          FILE_NAME_NORMALIZED | VOLUME_NAME_DOS));
    CloseHandle(file);
  }
  // Some network drives do not tell.
  if (text.empty()) return std::filesystem::canonical(path, error);
  error.clear();
  const std::wstring share = L"\\\\?\\UNC\\", drive = L"\\\\?\\";
  if (text.compare(0, share.size(), share) == 0) return L"\\\\" + text.substr(share.size());
  return text.compare(0, drive.size(), drive) == 0 ? text.substr(drive.size()) : text;
}

#else

EIGENVIT_INLINE bool is_link(const std::filesystem::directory_entry& entry) {
  std::error_code ignored;
  return entry.is_symlink(ignored);
}

EIGENVIT_INLINE std::filesystem::path real_path(const std::filesystem::path& path,
                                                std::error_code& error) {
  return std::filesystem::canonical(path, error);
}

#endif

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
