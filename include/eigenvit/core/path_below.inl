#ifndef EIGENVIT_CORE_PATH_BELOW_INL
#define EIGENVIT_CORE_PATH_BELOW_INL

#include <algorithm>
#include <system_error>

#include <eigenvit/core/path_below.hpp>
#include <eigenvit/core/utf8_path.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {

namespace detail {

EIGENVIT_INLINE bool is_same_or_above(const std::filesystem::path& folder,
                                      const std::filesystem::path& path) {
  return std::mismatch(folder.begin(), folder.end(), path.begin(), path.end()).first ==
         folder.end();
}

}  // namespace detail

EIGENVIT_INLINE std::optional<std::filesystem::path> path_below(const std::filesystem::path& folder,
                                                                std::string_view name) {
  namespace fs = std::filesystem;
  const fs::path relative = utf8_path(name);
  if (relative.has_root_path() ||
      std::find(relative.begin(), relative.end(), "..") != relative.end()) {
    return std::nullopt;
  }
  const fs::path around = folder.empty() ? "." : folder;
  std::error_code error;
  const fs::path real = fs::weakly_canonical(around / relative, error);
  if (error) return std::nullopt;
  const fs::path root = fs::weakly_canonical(around, error);
  if (error || !detail::is_same_or_above(root, real)) return std::nullopt;
  return folder / relative;
}

}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
