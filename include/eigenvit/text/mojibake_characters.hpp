/// The characters that UTF-8 becomes where it is read by a wrong encoding, and in which sets each
/// is.
#ifndef EIGENVIT_TEXT_MOJIBAKE_CHARACTERS_HPP
#define EIGENVIT_TEXT_MOJIBAKE_CHARACTERS_HPP

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include <eigenvit/core/compiler.hpp>
#include <eigenvit/text/single_byte_encodings.hpp>
#include <eigenvit/text/unicode.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// Sets of characters, a bit for each.
using MojibakeSets = std::uint32_t;

/// By what characters are for in texts that are whole, which decides where they are unlikely.
/// Source: ftfy 6.3.1 (Apache License 2.0), badness.py (MOJIBAKE_CATEGORIES).
namespace mojibake {

constexpr MojibakeSets common = 1U << 0;   ///< in texts of all kinds
constexpr MojibakeSets control = 1U << 1;  ///< C1
constexpr MojibakeSets bad = 1U << 2;      ///< hardly anywhere else
constexpr MojibakeSets law = 1U << 3;
constexpr MojibakeSets currency = 1U << 4;
constexpr MojibakeSets opening = 1U << 5;  ///< punctuation before words
constexpr MojibakeSets closing = 1U << 6;  ///< punctuation after words
constexpr MojibakeSets numeric = 1U << 7;
constexpr MojibakeSets face = 1U << 8;  ///< letters of which faces are made
constexpr MojibakeSets upper_accented = 1U << 9;
constexpr MojibakeSets lower_accented = 1U << 10;
constexpr MojibakeSets upper_common = 1U << 11;  ///< letters that are not Latin, mostly
constexpr MojibakeSets lower_common = 1U << 12;
constexpr MojibakeSets box = 1U << 13;  ///< of which frames are drawn
constexpr MojibakeSets any_kind = (1U << 14) - 1;

/// What the bytes of UTF-8 are in Latin-1 or an encoding of Windows: the first of two, three or
/// four, and those that follow, a space in place of 0xA0 included.
/// Source: ftfy 6.3.1, chardata.py (UTF8_CLUES).
constexpr MojibakeSets first_of_2 = 1U << 14;
constexpr MojibakeSets first_of_3 = 1U << 15;
constexpr MojibakeSets first_of_4 = 1U << 16;
constexpr MojibakeSets following = 1U << 17;
/// Those that follow, without what may stand for itself there: spaces, dashes, quotation marks.
constexpr MojibakeSets following_only = 1U << 18;

constexpr MojibakeSets in_encoding(std::size_t encoding) noexcept {
  return MojibakeSets{1} << (19 + encoding);
}
constexpr MojibakeSets in_encoding(ByteEncoding encoding) noexcept {
  return in_encoding(static_cast<std::size_t>(encoding));
}
constexpr MojibakeSets in_all_encodings =
    in_encoding(byte_encoding_count) - in_encoding(std::size_t{0});

}  // namespace mojibake

/// The sets of all characters that are in one.
class MojibakeCharacters {
 public:
  constexpr MojibakeCharacters() noexcept {
    add_kinds();
    for (CodePoint code = 0; code < 0x80; ++code) sets_[code] |= mojibake::in_all_encodings;
    for (std::size_t i = 0; i < byte_encoding_count; ++i) {
      const auto encoding = static_cast<ByteEncoding>(i);
      for (CodePoint byte = 0x80; byte < 0x100; ++byte) {
        const CodePoint code = character_of(encoding, byte);
        sets_[index_of(code)] |= mojibake::in_encoding(encoding);
        if (encoding <= ByteEncoding::windows_1257) add_clue(code, byte);
      }
      if (is_of_windows(encoding)) {
        sets_[0x1A] &= ~mojibake::in_encoding(encoding);
        sets_[index_of(0xFFFD)] |= mojibake::in_encoding(encoding);
      }
    }
    sets_[' '] |= mojibake::following;
  }

  constexpr MojibakeSets operator[](CodePoint code) const noexcept { return sets_[index_of(code)]; }

 private:
  // All but four characters are in two parts of Unicode.
  static constexpr CodePoint first_end = 0x492;
  static constexpr CodePoint second_begin = 0x2010;
  static constexpr CodePoint second_end = 0x25D0;
  static constexpr CodePoint others_begin = first_end + (second_end - second_begin);
  static constexpr CodePoint no_index = others_begin + 4;

  static constexpr CodePoint index_of(CodePoint code) noexcept {
    if (code < first_end) return code;
    if (code >= second_begin && code < second_end) return code - second_begin + first_end;
    switch (code) {
      case 0xF8FF:
        return others_begin;
      case 0xFB01:
        return others_begin + 1;
      case 0xFB02:
        return others_begin + 2;
      case 0xFFFD:
        return others_begin + 3;
      default:
        return no_index;
    }
  }

  /// Adds characters and ranges, as in brackets of a regular expression.
  constexpr void add(MojibakeSets set, std::u16string_view characters) noexcept {
    for (std::size_t i = 0; i < characters.size(); ++i) {
      const bool range = i + 2 < characters.size() && characters[i + 1] == u'-';
      const CodePoint last = characters[range ? i + 2 : i];
      for (CodePoint code = characters[i]; code <= last; ++code) sets_[index_of(code)] |= set;
      if (range) i += 2;
    }
  }

  constexpr void add_kinds() noexcept {
    using namespace mojibake;
    add(common, u"\u00A0\u00AD\u00B4\u00B7\u2013-\u2015\u2019\u2026");
    add(control, u"\x80-\x9F");
    add(bad,
        u"\u00A4\u00A6\u00A8\u00AA\u00AC\u00AF\u00B8\u00BA\u0192\u02C6\u02C7\u02D8\u02DB\u02DC"
        u"\u2020\u2021\u2030\u2310\u25CA\uFFFD");
    add(law, u"\u00A7\u00B6");
    add(currency, u"\u00A2\u00A3\u00A5\u20A7\u20AC");
    add(opening, u"\u00A1\u00A9\u00AB\u00BF\u0384\u0385\u2018\u201A\u201C\u201E\u2022\u2039\uF8FF");
    add(closing, u"\u00AE\u00BB\u02DD\u201D\u203A\u2122");
    add(numeric,
        u"\u00B1-\u00B3\u00B5\u00B9\u00BC-\u00BE\u00D7\u00F7\u2044\u2116\u2202\u2206\u220F\u2211"
        u"\u221A\u221E\u2229\u222B\u2248\u2260\u2261\u2264\u2265");
    add(face,
        u"\u00B0\u00D2-\u00D6\u00D9-\u00DC\u00F2-\u00F6\u00F8-\u00FC\u014C\u0150\u016A\u0172");
    add(upper_accented,
        u"\u00C0-\u00D1\u00D8\u00DC\u00DD\u0100\u0102\u0104\u0106\u010C\u010E\u0110\u0112\u0116"
        u"\u0118\u011A\u011E\u0122\u012A\u0130\u0136\u0139\u013B\u013D\u0141\u0143\u0145\u0147"
        u"\u0152\u0158\u015A\u015E\u0160\u0162\u0164\u016E\u0170\u0178\u0179\u017B\u017D\u0490");
    add(lower_accented,
        u"\u00DF-\u00F1\u00FC\u0101\u0103\u0105\u0107\u010D\u010F\u0111\u0113\u0117\u0119\u011B"
        u"\u011F\u0123\u012B\u012F\u0137\u013A\u013C\u013E\u0142\u0153\u0155\u015B\u015F\u0161"
        u"\u0165\u017A\u017C\u017E\u0491\uFB01\uFB02");
    add(upper_common, u"\u00DE\u0386\u0388-\u038A\u038C\u038E\u038F\u0391-\u03AB\u0401-\u042F");
    add(lower_common, u"\u03AC-\u03C9\u0430-\u045F");
    add(box,
        u"\u2502\u250C\u2510\u2518\u251C\u2524\u252C\u253C\u2550-\u256C\u2580\u2584\u2588\u258C"
        u"\u2590-\u2593");
  }

  constexpr void add_clue(CodePoint code, CodePoint byte) noexcept {
    using namespace mojibake;
    MojibakeSets& sets = sets_[index_of(code)];
    if (byte < 0xC0) {
      const bool stands_for_itself =
          (code >= 0x2013 && code <= 0x201E) || code == 0x2022 || code == 0x2026;
      sets |= following | (stands_for_itself ? 0 : following_only);
    } else if (byte >= 0xC2 && byte < 0xE0) {
      sets |= first_of_2;
    } else if (byte >= 0xE0 && byte < 0xF0) {
      sets |= first_of_3;
    } else if (byte == 0xF0 || byte == 0xF3) {
      sets |= first_of_4;
    }
  }

  std::array<MojibakeSets, no_index + 1> sets_{};
};

inline constexpr MojibakeCharacters mojibake_characters;

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
