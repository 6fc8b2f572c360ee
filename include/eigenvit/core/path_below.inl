#ifndef EIGENVIT_CORE_PATH_BELOW_INL
#define EIGENVIT_CORE_PATH_BELOW_INL

#include <algorithm>
#include <system_error>

#include <eigenvit/core/path_below.hpp>
#include <eigenvit/core/utf8_path.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {

EIGENVIT_INLINE std::optional<std::filesystem::path> path_below(const std::filesystem::path& folder,
                                                                std::string_view name) {
  namespace fs = std::filesystem;
  const fs::path relative = utf8_path(name);
  if (relative.has_root_path() ||
      std::find(relative.begin(), relative.end(), "..") != relative.end()) {
    return std::nullopt;
  }
  fs::path path = folder / relative;
  std::error_code error;
  const fs::path real = fs::weakly_canonical(path, error);
  if (error) return std::nullopt;
  const fs::path root = fs::weakly_canonical(folder, error);
  if (error) return std::nullopt;
  const bool below =
      std::mismatch(root.begin(), root.end(), real.begin(), real.end()).first == root.end();
  if (!below) return std::nullopt;
  return path;
}

}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
