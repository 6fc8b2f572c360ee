#ifndef EIGENVIT_CORE_PATH_TEXT_INL
#define EIGENVIT_CORE_PATH_TEXT_INL

#include <eigenvit/core/message.hpp>
#include <eigenvit/core/path_text.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

EIGENVIT_INLINE std::string path_text(const std::filesystem::path& path) {
  // u8string() is a std::u8string from C++20 on; string() would throw on Windows for names outside
  // the code page.
  const auto text = path.u8string();
  return one_line(std::string(text.begin(), text.end()));
}

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
