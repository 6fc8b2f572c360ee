#ifndef EIGENVIT_CORE_LINK_TARGET_INL
#define EIGENVIT_CORE_LINK_TARGET_INL

#include <algorithm>
#include <string>
#include <system_error>

#include <eigenvit/core/link_target.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

EIGENVIT_INLINE std::optional<int> open_file_number(const std::filesystem::path& path) {
#if defined(_WIN32)
  static_cast<void>(path);
  return std::nullopt;
#else
  if (path == "/dev/stdout") return 1;
  if (path == "/dev/stderr") return 2;
  if (path.parent_path() != "/dev/fd" && path.parent_path() != "/proc/self/fd") return std::nullopt;
  const std::string digits = path.filename().string();
  const bool number =
      !digits.empty() && digits.size() < 9 &&
      std::all_of(digits.begin(), digits.end(), [](char c) { return c >= '0' && c <= '9'; });
  if (!number) return std::nullopt;
  return std::stoi(digits);
#endif
}

EIGENVIT_INLINE std::filesystem::path link_target(const std::filesystem::path& path) {
  namespace fs = std::filesystem;
  fs::path target = path;
  // As many links as Linux follows.
  for (int links = 0; links < 40; ++links) {
    std::error_code error;
    if (open_file_number(target) || !fs::is_symlink(target, error)) return target;
    const fs::path text = fs::read_symlink(target, error);
    if (error) return target;
    const fs::path next = text.is_absolute() ? text : target.parent_path() / text;
    // What /proc shows as the link of a pipe, for example, is no path.
    if (fs::exists(target, error) && !fs::exists(next, error)) return target;
    target = next;
  }
  return path;
}

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
