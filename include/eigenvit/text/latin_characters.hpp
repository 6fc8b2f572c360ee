/// Latin letters and signs that other encodings, typesetters or word processors write otherwise.
#ifndef EIGENVIT_TEXT_LATIN_CHARACTERS_HPP
#define EIGENVIT_TEXT_LATIN_CHARACTERS_HPP

#include <string>
#include <string_view>

#include <eigenvit/core/compiler.hpp>
#include <eigenvit/text/unicode.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

inline bool is_letter_or_digit_of_ascii(char c) noexcept {
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

/// What Windows-1252 has for a byte from 0x80 to 0x9F; the byte where it has nothing.
constexpr CodePoint windows_1252(CodePoint byte) noexcept {
  constexpr CodePoint characters[] = {
      0x20AC, 0x81,   0x201A, 0x192,  0x201E, 0x2026, 0x2020, 0x2021, 0x2C6,  0x2030, 0x160,
      0x2039, 0x152,  0x8D,   0x17D,  0x8F,   0x90,   0x2018, 0x2019, 0x201C, 0x201D, 0x2022,
      0x2013, 0x2014, 0x2DC,  0x2122, 0x161,  0x203A, 0x153,  0x9D,   0x17E,  0x178};
  return characters[byte - 0x80];
}

/// The letters of a Latin ligature or digraph; none for other characters.
/// Source: ftfy 6.3.1, chardata.py (LIGATURES).
inline std::string_view letters_of_ligature(CodePoint code) noexcept {
  switch (code) {
    case 0x132:
      return "IJ";
    case 0x133:
      return "ij";
    case 0x149:
      return "\xCA\xBCn";  // U+02BC, n
    case 0x1F1:
      return "DZ";
    case 0x1F2:
      return "Dz";
    case 0x1F3:
      return "dz";
    case 0x1C4:
      return "D\xC5\xBD";  // D, U+017D
    case 0x1C5:
      return "D\xC5\xBE";
    case 0x1C6:
      return "d\xC5\xBE";
    case 0x1C7:
      return "LJ";
    case 0x1C8:
      return "Lj";
    case 0x1C9:
      return "lj";
    case 0x1CA:
      return "NJ";
    case 0x1CB:
      return "Nj";
    case 0x1CC:
      return "nj";
    case 0xFB00:
      return "ff";
    case 0xFB01:
      return "fi";
    case 0xFB02:
      return "fl";
    case 0xFB03:
      return "ffi";
    case 0xFB04:
      return "ffl";
    case 0xFB05:
      return "\xC5\xBFt";  // U+017F, t
    case 0xFB06:
      return "st";
    default:
      return {};
  }
}

/// Appends a character in capitals; typographic ligatures and the sharp s become several.
inline void append_in_capitals(std::string& text, CodePoint code) {
  const bool digraph = code < 0xFB00 && code != 0x149;  // has a capital of its own
  const std::string_view letters = digraph ? std::string_view() : letters_of_ligature(code);
  if (code == 0xDF) {
    text += "SS";
  } else if (letters.empty()) {
    append_utf8(text, capital_letter(code));
  } else {
    for_each_character(letters,
                       [&](CodePoint letter) { append_utf8(text, capital_letter(letter)); });
  }
}

/// The straight quotation mark for a curly one, a space for an ideographic one; other characters as
/// they are.
inline CodePoint plain_mark(CodePoint code) noexcept {
  if (code == 0x2BC || (code >= 0x2018 && code <= 0x201B)) return '\'';
  if (code >= 0x201C && code <= 0x201F) return '"';
  return code == 0x3000 ? ' ' : code;
}

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
