#ifndef EIGENVIT_CORE_PATH_TEXT_INL
#define EIGENVIT_CORE_PATH_TEXT_INL

#include <eigenvit/core/message.hpp>
#include <eigenvit/core/path_text.hpp>
#include <eigenvit/core/utf8_path.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

EIGENVIT_INLINE std::string path_text(const std::filesystem::path& path) {
  return one_line(utf8_text(path));
}

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
