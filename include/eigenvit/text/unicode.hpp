/// UTF-8, and what Unicode says of characters.
#ifndef EIGENVIT_TEXT_UNICODE_HPP
#define EIGENVIT_TEXT_UNICODE_HPP

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <eigenvit/core/compiler.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

using CodePoint = std::uint32_t;

/// A character of a text and the bytes that it takes there.
struct Utf8Character {
  CodePoint code;
  std::size_t bytes;
};

/// The character at the beginning of a text of valid UTF-8 that is not empty.
inline Utf8Character first_character(std::string_view text) noexcept {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const CodePoint first = byte(0);
  if (first < 0x80) return {first, 1};
  if (first < 0xE0) return {(first & 0x1F) << 6 | (byte(1) & 0x3FU), 2};
  if (first < 0xF0) {
    return {(first & 0x0F) << 12 | (byte(1) & 0x3FU) << 6 | (byte(2) & 0x3FU), 3};
  }
  return {
      (first & 0x07) << 18 | (byte(1) & 0x3FU) << 12 | (byte(2) & 0x3FU) << 6 | (byte(3) & 0x3FU),
      4};
}

/// Whether a byte of UTF-8 continues a character.
inline bool is_continuation_byte(char byte) noexcept {
  return (static_cast<unsigned char>(byte) & 0xC0) == 0x80;
}

/// Where the last character of a text of valid UTF-8 that is not empty begins.
inline std::size_t last_character(std::string_view text) noexcept {
  std::size_t i = text.size() - 1;
  while (is_continuation_byte(text[i])) --i;
  return i;
}

inline void append_utf8(std::string& text, CodePoint code) {
  const auto add = [&](CodePoint byte) { text += static_cast<char>(byte); };
  if (code < 0x80) {
    add(code);
  } else if (code < 0x800) {
    add(0xC0 | code >> 6);
    add(0x80 | (code & 0x3F));
  } else if (code < 0x10000) {
    add(0xE0 | code >> 12);
    add(0x80 | (code >> 6 & 0x3F));
    add(0x80 | (code & 0x3F));
  } else {
    add(0xF0 | code >> 18);
    add(0x80 | (code >> 12 & 0x3F));
    add(0x80 | (code >> 6 & 0x3F));
    add(0x80 | (code & 0x3F));
  }
}

/// Calls `visit(code point)` for each character of valid UTF-8.
template <class Visit>
void for_each_character(std::string_view text, const Visit& visit) {
  while (!text.empty()) {
    const Utf8Character character = first_character(text);
    visit(character.code);
    text.remove_prefix(character.bytes);
  }
}

/// The first byte that does not belong to valid UTF-8, also of encoded surrogates; none where all
/// do.
std::optional<std::size_t> invalid_utf8(std::string_view text) noexcept;

/// Whether a text is of ASCII alone.
bool is_ascii(std::string_view text) noexcept;

/// General categories as a set: the bit of each.
using CategorySet = std::uint32_t;

/// The category of a character, a set of one.
CategorySet category(CodePoint code) noexcept;
/// The categories with that name of one or two letters, "L" or "Lu"; none where there is no such
/// name.
CategorySet categories_named(std::string_view name) noexcept;

constexpr CategorySet categories_letter = 0x3E;          ///< L: Lu, Ll, Lt, Lm, Lo
constexpr CategorySet categories_mark = 0x1C0;           ///< M: Mn, Mc, Me
constexpr CategorySet categories_number = 0xE00;         ///< N: Nd, Nl, No
constexpr CategorySet categories_punctuation = 0x7F000;  ///< P
constexpr CategorySet category_mn = 0x40;
constexpr CategorySet category_nd = 0x200;

/// White_Space of Unicode.
bool is_white_space(CodePoint code) noexcept;
/// What `\w` of Rust's regular expressions matches: letters, marks, decimal and letter numbers,
/// connectors, letters in circles and the two joiners.
bool is_word_character(CodePoint code) noexcept;
/// Punctuation of ASCII, symbols included, and category P.
bool is_punctuation(CodePoint code) noexcept;

/// The character in small letters, or in capitals, where that is one character.
CodePoint small_letter(CodePoint code) noexcept;
CodePoint capital_letter(CodePoint code) noexcept;

/// What the forms of a letter that differ in case have in common, where that is one character; the
/// dotless i is not a form of i. Source: CaseFolding.txt.
CodePoint case_fold(CodePoint code) noexcept;

/// Each character in small letters, whatever is beside it: as Rust's `char::to_lowercase`.
std::string lower_case(std::string_view text);
/// The same, but for a capital sigma at the end of a word: as Python's `str.lower`.
std::string lower_case_of_words(std::string_view text);

enum class NormalForm { nfc, nfd, nfkc, nfkd };

/// A text of valid UTF-8 in a normal form of Unicode. Cost: `n log n` in the longest run of marks.
/// Source: Unicode Standard Annex 15.
std::string normal_form(std::string_view text, NormalForm form);

/// Tells where user-perceived characters end; for the characters of one text in a row.
class GraphemeBreaks {
 public:
  /// Whether one ends between these neighbours.
  bool between(CodePoint left, CodePoint right) noexcept;

 private:
  std::int32_t state_ = 0;
};

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#if EIGENVIT_HEADER_ONLY
#include <eigenvit/text/unicode.inl>
#endif

#endif
