#ifndef EIGENVIT_IMAGE_IMAGE_FORMATS_INL
#define EIGENVIT_IMAGE_IMAGE_FORMATS_INL

#include <cstddef>
#include <vector>

#include <eigenvit/core/words.hpp>
#include <eigenvit/image/codecs/undecoded_formats.inl>
#include <eigenvit/image/image_codec.hpp>
#include <eigenvit/image/image_formats.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
EIGENVIT_INLINE std::string image_format_names() {
  std::vector<std::string_view> names;
  for (const auto& codec : image_codecs()) {
    // A library and the built-in decoder of its format are next to each other.
    if (names.empty() || names.back() != codec->name()) names.push_back(codec->name());
  }
  std::string text;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (i > 0) text += i + 1 < names.size() ? ", " : " or ";
    text += names[i];
  }
  return text;
}

EIGENVIT_INLINE ImageFileFormat image_format_of_extension(std::string_view extension) {
  if (!extension.empty() && extension.front() == '.') extension.remove_prefix(1);
  const std::string lower = detail::small_letters(extension);
  for (const auto& codec : image_codecs()) {
    if (detail::is_word_of(codec->extensions(), lower)) return {codec->name(), true};
  }
  for (const detail::UndecodedFormat& format : detail::undecoded_formats) {
    if (detail::is_word_of(format.extensions, lower)) return {format.name, false, format.advice};
  }
  return {};
}

}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
