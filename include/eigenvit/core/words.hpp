/// Words of ASCII in names of files.
#ifndef EIGENVIT_CORE_WORDS_HPP
#define EIGENVIT_CORE_WORDS_HPP

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>

#include <eigenvit/core/compiler.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// The text with the letters A to Z made small, whatever the locale.
inline std::string small_letters(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lower;
}

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
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
