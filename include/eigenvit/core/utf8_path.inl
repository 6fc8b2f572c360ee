#ifndef EIGENVIT_CORE_UTF8_PATH_INL
#define EIGENVIT_CORE_UTF8_PATH_INL

#include <eigenvit/core/utf8_path.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {

EIGENVIT_INLINE std::filesystem::path utf8_path(std::string_view text) {
#if defined(__cpp_char8_t)
  return std::filesystem::path(std::u8string(text.begin(), text.end()));
#else
  return std::filesystem::u8path(text.begin(), text.end());
#endif
}

EIGENVIT_INLINE std::string utf8_text(const std::filesystem::path& path) {
  const auto text = path.u8string();
  return std::string(text.begin(), text.end());
}

EIGENVIT_INLINE std::string utf8_generic_text(const std::filesystem::path& path) {
  const auto text = path.generic_u8string();
  return std::string(text.begin(), text.end());
}

}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
