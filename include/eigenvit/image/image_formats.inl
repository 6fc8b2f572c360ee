#ifndef EIGENVIT_IMAGE_IMAGE_FORMATS_INL
#define EIGENVIT_IMAGE_IMAGE_FORMATS_INL

#include <algorithm>
#include <cstddef>
#include <vector>

#include <eigenvit/image/codecs/undecoded_formats.inl>
#include <eigenvit/image/image_codec.hpp>
#include <eigenvit/image/image_formats.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// Whether a word is one of a list of words with a space between them.
inline bool is_word_of(std::string_view words, std::string_view word) noexcept {
  while (!words.empty()) {
    const std::size_t end = std::min(words.find(' '), words.size());
    if (words.substr(0, end) == word) return true;
    words.remove_prefix(std::min(end + 1, words.size()));
  }
  return false;
}

}  // namespace detail

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
  std::string lower(extension);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
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
