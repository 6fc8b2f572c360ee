#ifndef EIGENVIT_TEXT_MOJIBAKE_SIGNS_INL
#define EIGENVIT_TEXT_MOJIBAKE_SIGNS_INL

#include <array>
#include <cstddef>

#include <eigenvit/text/mojibake_characters.hpp>
#include <eigenvit/text/mojibake_signs.hpp>
#include <eigenvit/text/unicode.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// A character of a text, and the sets that it is in.
struct MojibakeCharacter {
  CodePoint code = 0;
  MojibakeSets sets = 0;

  bool is_in(MojibakeSets wanted) const noexcept { return (sets & wanted) != 0; }
  bool is_among(std::u16string_view characters) const noexcept {
    return code < 0x10000 && characters.find(static_cast<char16_t>(code)) != characters.npos;
  }
  bool is_small_letter() const noexcept { return code >= 'a' && code <= 'z'; }
  bool is_letter_of_ascii() const noexcept {
    return is_small_letter() || (code >= 'A' && code <= 'Z');
  }
  /// `\s` of Python.
  bool is_space() const noexcept { return is_white_space(code) || (code >= 0x1C && code <= 0x1F); }
  /// `\w` of Python.
  bool is_of_word() const noexcept {
    return code == '_' || (category(code) & (categories_letter | categories_number)) != 0;
  }
};

/// The last characters of a text, the last one first; U+0000 before the text.
using MojibakeWindow = std::array<MojibakeCharacter, 5>;

namespace mojibake {

constexpr MojibakeSets accented = lower_accented | upper_accented;
constexpr MojibakeSets marked = accented | box | opening | closing | currency | numeric | law;

/// Two kinds that do not follow each other.
inline bool ends_unlikely_pair(const MojibakeWindow& last) noexcept {
  const auto pair = [&](MojibakeSets first, MojibakeSets second) {
    return last[1].is_in(first) && last[0].is_in(second);
  };
  return pair(bad | marked, bad) || pair(bad, marked) ||
         pair(lower_accented | lower_common | box | closing | currency | numeric, upper_accented) ||
         pair(box | closing | currency | numeric, lower_accented) ||
         pair(lower_accented | box | closing, currency) ||
         pair(upper_accented | box, numeric | law) || pair(currency | numeric | box, opening) ||
         pair(box, face | closing) ||
         pair(accented | currency | numeric | opening | closing | law, box);
}

/// Three kinds.
inline bool ends_unlikely_triple(const MojibakeWindow& last) noexcept {
  const MojibakeCharacter& first = last[2];
  const auto end = [&](MojibakeSets second, MojibakeSets third) {
    return last[1].is_in(second) && last[0].is_in(third);
  };
  return (end(lower_common | upper_common, bad) && first.is_letter_of_ascii()) ||
         (end(upper_accented, currency) && first.is_space()) ||
         (end(upper_accented, opening | currency) && first.is_small_letter()) ||
         (end(opening, numeric) && first.is_in(accented | box | currency | closing)) ||
         (end(closing, opening) && first.is_in(accented | currency | numeric | box | law)) ||
         (last[1].is_in(opening | closing) && first.is_in(accented) && last[0].is_of_word());
}

/// A letter of Arabic as Windows-1252 has it.
inline bool is_arabic_pair(const MojibakeCharacter& first,
                           const MojibakeCharacter& second) noexcept {
  return (first.code == 0xD8 || first.code == 0xD9) &&
         (second.is_in(common | currency | bad | numeric | opening) ||
          second.is_among(u"\u0178\u0160\u00AE\u00B0\u00B5\u00BB"));
}

/// Two letters of one of the sets around a sign: Cyrillic of Windows-1251, Greek of Windows-1253.
inline bool ends_letters_around_sign(const MojibakeWindow& last) noexcept {
  const auto around = [&](std::u16string_view letters) {
    return last[2].is_among(letters) && last[0].is_among(letters);
  };
  const MojibakeCharacter& sign = last[1];
  const bool both = sign.is_in(bad | opening | closing | currency) || sign.code == 0xB0;
  return (both && around(u"\u0392\u0393\u039E\u039F")) ||
         ((both || sign.code == 0xB5) && around(u"\u0412\u0413\u0420\u0421"));
}

/// The capital A with a tilde or a circumflex before a space, where the text has `count` characters
/// or more: 0xA0 in UTF-8, read as Windows-1252.
inline bool ends_letter_of_space(const MojibakeWindow& last, std::size_t count) noexcept {
  return count == 2 || last[2].is_small_letter() ||
         (last[2].is_space() && last[3].is_small_letter()) ||
         (last[1].code == 0xC2 && (last[2].is_in(closing) || last[2].is_among(u".,?!")));
}

/// Characters that the kinds do not tell apart.
inline bool ends_known_sequence(const MojibakeWindow& last, std::size_t count) noexcept {
  const MojibakeCharacter& end = last[0];
  switch (last[1].code) {
    case 0xC2:
    case 0xC3:
      if (end.code == ' ' && ends_letter_of_space(last, count)) return true;
      [[fallthrough]];
    case 0xCE:
    case 0xD0:
      return end.is_in(opening | closing) ||
             end.is_among(
                 u"\u20AC\u0153\u0160\u0161\u00A2\u00A3\u0178\u017E\u00A0\u00AD\u00AE"
                 u"\u00A9\u00B0\u00B7\u00BB\u2013\u2014\u00B4");
    case 0xD7:
      return end.is_among(u"\u00B2\u00B3");
    case 0xD8:
    case 0xD9:
      return is_arabic_pair(last[1], end) && is_arabic_pair(last[3], last[2]);
    case 0xE0:
      return end.is_among(u"\u00B2\u00B5\u00B9\u00BC\u00BD\u00BE");
    case 0x101:
      return end.code == 0x20AC;
    case 0x152:
    case 0x153:
      return !end.is_letter_of_ascii();
    case 0x432:
      return end.code == 0x402;
    case 0x221A:
      return end.is_among(
          u"\u00B1\u2202\u2020\u2260\u00AE\u2122\u00B4\u2264\u2265\u00A5\u00B5\u00F8");
    case 0x2248:
      return end.is_among(u"\u00B0\u00A2");
    case 0xC4:
      return last[2].code == 0x201A &&
             end.is_among(
                 u"\u00EC\u00EE\u00EF\u00F2\u00F4\u00FA\u00F9\u00FB\u2020\u00B0\u00A2"
                 u"\u03C0");
    case 0xE2:
    case 0xF3:
      return last[2].code == 0x201A && end.is_among(u"\u00E0\u00E4\u00B0\u00EA");
    case 0x20AC:
      return last[2].code == 0x3B2 && end.is_among(u"\u2122\u00A0\u0386\u00AD\u00AE\u00B0");
    default:
      return false;
  }
}

/// Five letters of Cyrillic, any character and one of ASCII, of which the text after the five is
/// `rest`: three encodings, one on top of the other.
inline bool ends_cyrillic_of_latin(const MojibakeWindow& last, std::string_view rest) noexcept {
  constexpr CodePoint letters[] = {0x412, 0x402, 0x412, 0x45E, 0x413};
  for (std::size_t i = 0; i < last.size(); ++i) {
    if (last[i].code != letters[i]) return false;
  }
  if (rest.empty() || rest.front() == '\n') return false;
  rest.remove_prefix(first_character(rest).bytes);
  if (rest.empty()) return false;
  const MojibakeCharacter end{first_character(rest).code, 0};
  return end.code == ' ' || end.is_letter_of_ascii();
}

/// Whether a text ends with something unlikely, where `rest` comes after it.
inline bool ends_unlikely(std::string_view text, std::string_view rest) noexcept {
  MojibakeWindow last{};
  std::size_t count = 0;
  for (; count < last.size() && !text.empty(); ++count) {
    const std::size_t begin = last_character(text);
    const CodePoint code = first_character(text.substr(begin)).code;
    last[count] = {code, mojibake_characters[code]};
    text = text.substr(0, begin);
  }
  return ends_unlikely_pair(last) || ends_unlikely_triple(last) ||
         (last[1].is_in(upper_accented) && last[0].code == 0xB0) ||
         ends_letters_around_sign(last) || ends_known_sequence(last, count) ||
         ends_cyrillic_of_latin(last, rest);
}

/// Whether something unlikely may end with these neighbours: what spares most characters the rules.
inline bool may_end_unlikely(const MojibakeCharacter& previous,
                             const MojibakeCharacter& current) noexcept {
  if (!previous.is_in(any_kind)) return false;
  if (current.code < 0x80) {
    return previous.is_in(opening | closing) || previous.is_among(u"\u00C2\u00C3\u0152\u0153");
  }
  return previous.is_in(any_kind & ~(lower_common | upper_common)) ||
         current.is_in(upper_accented | bad | upper_common);
}

}  // namespace mojibake

EIGENVIT_INLINE bool looks_like_mojibake(std::string_view text) noexcept {
  using namespace mojibake;
  MojibakeCharacter previous;
  for (std::size_t at = 0; at < text.size();) {
    if (!previous.is_in(any_kind)) {
      while (at < text.size() && static_cast<unsigned char>(text[at]) < 0x80) ++at;
      if (at == text.size()) break;
    }
    const Utf8Character next = first_character(text.substr(at));
    const MojibakeCharacter current{next.code, mojibake_characters[next.code]};
    at += next.bytes;
    if (current.is_in(control)) return true;
    if (may_end_unlikely(previous, current) && ends_unlikely(text.substr(0, at), text.substr(at))) {
      return true;
    }
    previous = current;
  }
  return false;
}

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
