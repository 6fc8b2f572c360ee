#ifndef EIGENVIT_TEXT_UNICODE_INL
#define EIGENVIT_TEXT_UNICODE_INL

#include <algorithm>
#include <vector>

#include <utf8proc.h>

#include <eigenvit/text/unicode.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

EIGENVIT_INLINE std::optional<std::size_t> invalid_utf8(std::string_view text) noexcept {
  const auto byte = [&](std::size_t i) {
    return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U;
  };
  const auto continues = [&](std::size_t i) { return (byte(i) & 0xC0) == 0x80; };
  std::size_t i = 0;
  while (i < text.size()) {
    const unsigned first = byte(i);
    const unsigned second = byte(i + 1);
    if (first < 0x80) {
      i += 1;
    } else if (first >= 0xC2 && first < 0xE0 && continues(i + 1)) {
      i += 2;
    } else if (first >= 0xE0 && first < 0xF0 && continues(i + 1) && continues(i + 2) &&
               !(first == 0xE0 && second < 0xA0) && !(first == 0xED && second >= 0xA0)) {
      i += 3;
    } else if (first >= 0xF0 && first < 0xF5 && continues(i + 1) && continues(i + 2) &&
               continues(i + 3) && !(first == 0xF0 && second < 0x90) &&
               !(first == 0xF4 && second >= 0x90)) {
      i += 4;
    } else {
      return i;
    }
  }
  return std::nullopt;
}

EIGENVIT_INLINE bool is_ascii(std::string_view text) noexcept {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

EIGENVIT_INLINE CategorySet category(CodePoint code) noexcept {
  static_assert(UTF8PROC_CATEGORY_LU == 1 && UTF8PROC_CATEGORY_MN == 6 &&
                    UTF8PROC_CATEGORY_ND == 9 && UTF8PROC_CATEGORY_PC == 12 &&
                    UTF8PROC_CATEGORY_SM == 19 && UTF8PROC_CATEGORY_CO == 29,
                "the sets of the header");
  return CategorySet{1} << utf8proc_category(static_cast<utf8proc_int32_t>(code));
}

EIGENVIT_INLINE CategorySet categories_named(std::string_view name) noexcept {
  constexpr std::string_view names = "CnLuLlLtLmLoMnMcMeNdNlNoPcPdPsPePiPfPoSmScSkSoZsZlZpCcCfCsCo";
  CategorySet found = 0;
  if (name.empty()) return found;
  for (std::size_t i = 0; 2 * i < names.size(); ++i) {
    if (names.substr(2 * i, name.size() < 3 ? name.size() : 0) == name) {
      found |= CategorySet{1} << i;
    }
  }
  return found;
}

EIGENVIT_INLINE bool is_white_space(CodePoint code) noexcept {
  if (code < 0x80) return code == ' ' || (code >= 9 && code <= 13);
  return code == 0x85 || code == 0xA0 || code == 0x1680 || (code >= 0x2000 && code <= 0x200A) ||
         code == 0x2028 || code == 0x2029 || code == 0x202F || code == 0x205F || code == 0x3000;
}

/// The symbols of Other_Alphabetic: letters in circles and squares.
inline bool is_enclosed_letter(CodePoint code) noexcept {
  return (code >= 0x24B6 && code <= 0x24E9) || (code >= 0x1F130 && code <= 0x1F149) ||
         (code >= 0x1F150 && code <= 0x1F169) || (code >= 0x1F170 && code <= 0x1F189);
}

EIGENVIT_INLINE bool is_word_character(CodePoint code) noexcept {
  constexpr CategorySet category_nl = 0x400;
  constexpr CategorySet category_pc = 0x1000;
  const bool joiner = code == 0x200C || code == 0x200D;
  return is_enclosed_letter(code) || joiner ||
         (category(code) &
          (categories_letter | categories_mark | category_nd | category_nl | category_pc)) != 0;
}

EIGENVIT_INLINE bool is_punctuation(CodePoint code) noexcept {
  if (code < 0x80) {
    return code > ' ' && code < 0x7F && !(code >= '0' && code <= '9') &&
           !((code | 0x20) >= 'a' && (code | 0x20) <= 'z');
  }
  return (category(code) & categories_punctuation) != 0;
}

EIGENVIT_INLINE CodePoint small_letter(CodePoint code) noexcept {
  return static_cast<CodePoint>(utf8proc_tolower(static_cast<utf8proc_int32_t>(code)));
}

EIGENVIT_INLINE CodePoint capital_letter(CodePoint code) noexcept {
  return static_cast<CodePoint>(utf8proc_toupper(static_cast<utf8proc_int32_t>(code)));
}

EIGENVIT_INLINE CodePoint case_fold(CodePoint code) noexcept {
  utf8proc_int32_t folded[4] = {};
  int boundary_class = 0;
  const auto length = utf8proc_decompose_char(static_cast<utf8proc_int32_t>(code), folded, 4,
                                              UTF8PROC_CASEFOLD, &boundary_class);
  return length == 1 ? static_cast<CodePoint>(folded[0]) : code;
}

/// The one letter whose small form is two characters: a capital I with a dot.
constexpr CodePoint dotted_capital_i = 0x130;

inline void append_lower(std::string& text, CodePoint code) {
  if (code < 0x80) {
    text += static_cast<char>(code >= 'A' && code <= 'Z' ? code + 32 : code);
  } else if (code == dotted_capital_i) {
    text += "i\xCC\x87";
  } else {
    append_utf8(text, small_letter(code));
  }
}

EIGENVIT_INLINE std::string lower_case(std::string_view text) {
  std::string lower;
  lower.reserve(text.size());
  for_each_character(text, [&](CodePoint code) { append_lower(lower, code); });
  return lower;
}

/// Case_Ignorable of Unicode: what may be between a sigma and the letters around it.
inline bool is_case_ignorable(CodePoint code) noexcept {
  constexpr CategorySet lm = 0x10;
  constexpr CategorySet me = 0x100;
  constexpr CategorySet sk = 0x200000;
  constexpr CategorySet cf = 0x8000000;
  switch (code) {
    case '\'':
    case '.':
    case ':':
    case 0xB7:
    case 0x387:
    case 0x55F:
    case 0x5F4:
    case 0x2018:
    case 0x2019:
    case 0x2024:
    case 0x2027:
    case 0xFE13:
    case 0xFE52:
    case 0xFE55:
    case 0xFF07:
    case 0xFF0E:
    case 0xFF1A:
      return true;
    default:
      return (category(code) & (category_mn | me | lm | sk | cf)) != 0;
  }
}

/// Cased of Unicode, but for what is also Case_Ignorable: letters with two forms, ordinals, Roman
/// numerals and enclosed letters.
inline bool is_cased(CodePoint code) noexcept {
  constexpr CategorySet lu_ll_lt = 0xE;
  return (category(code) & lu_ll_lt) != 0 || code == 0xAA || code == 0xBA ||
         (code >= 0x2160 && code <= 0x217F) || is_enclosed_letter(code);
}

/// Whether the nearest character that is not ignored is a letter with a case, looking forwards.
inline bool letter_follows(std::string_view text) {
  while (!text.empty()) {
    const Utf8Character next = first_character(text);
    if (!is_case_ignorable(next.code)) {
      return is_cased(next.code);
    }
    text.remove_prefix(next.bytes);
  }
  return false;
}

EIGENVIT_INLINE std::string lower_case_of_words(std::string_view text) {
  constexpr CodePoint capital_sigma = 0x3A3;
  std::string lower;
  lower.reserve(text.size());
  bool after_letter = false;
  while (!text.empty()) {
    const Utf8Character next = first_character(text);
    text.remove_prefix(next.bytes);
    if (next.code == capital_sigma) {
      append_utf8(lower, after_letter && !letter_follows(text) ? 0x3C2 : 0x3C3);
    } else {
      append_lower(lower, next.code);
    }
    if (!is_case_ignorable(next.code)) {
      after_letter = is_cased(next.code);
    }
  }
  return lower;
}

EIGENVIT_INLINE std::string normal_form(std::string_view text, NormalForm form) {
  const bool composed = form == NormalForm::nfc || form == NormalForm::nfkc;
  const bool compatible = form == NormalForm::nfkc || form == NormalForm::nfkd;
  // No character below U+0300 composes with another, and of ASCII none decomposes.
  const CodePoint unchanged_below = form == NormalForm::nfc ? 0x300 : 0x80;
  std::string_view rest = text;
  while (!rest.empty()) {
    const Utf8Character next = first_character(rest);
    if (next.code >= unchanged_below) break;
    rest.remove_prefix(next.bytes);
  }
  if (rest.empty()) return std::string(text);

  const auto options = static_cast<utf8proc_option_t>(
      UTF8PROC_STABLE | (composed ? UTF8PROC_COMPOSE : UTF8PROC_DECOMPOSE) |
      (compatible ? UTF8PROC_COMPAT : 0));
  std::vector<utf8proc_int32_t> codes;
  codes.reserve(text.size() + 32);
  for_each_character(text, [&](CodePoint code) {
    if (code < 0x80) {
      codes.push_back(static_cast<utf8proc_int32_t>(code));
      return;
    }
    constexpr std::size_t longest = 32;  // the longest decomposition has 18 characters
    const std::size_t size = codes.size();
    codes.resize(size + longest);
    int boundary_class = 0;
    const auto written =
        utf8proc_decompose_char(static_cast<utf8proc_int32_t>(code), codes.data() + size,
                                static_cast<utf8proc_ssize_t>(longest), options, &boundary_class);
    codes.resize(size + static_cast<std::size_t>(std::max<utf8proc_ssize_t>(written, 0)));
  });
  // utf8proc's own ordering of marks takes time quadratic in their number.
  const auto combining_class = [](utf8proc_int32_t code) {
    return code < 0x300 ? 0 : utf8proc_get_property(code)->combining_class;
  };
  for (auto run = codes.begin(); run != codes.end();) {
    run = std::find_if(run, codes.end(), [&](auto code) { return combining_class(code) != 0; });
    const auto end =
        std::find_if(run, codes.end(), [&](auto code) { return combining_class(code) == 0; });
    if (end - run > 1) {
      std::stable_sort(run, end,
                       [&](auto a, auto b) { return combining_class(a) < combining_class(b); });
    }
    run = end;
  }
  if (composed) {
    const auto length = utf8proc_normalize_utf32(
        codes.data(), static_cast<utf8proc_ssize_t>(codes.size()), options);
    codes.resize(static_cast<std::size_t>(std::max<utf8proc_ssize_t>(length, 0)));
  }
  std::string normal;
  normal.reserve(text.size());
  for (const utf8proc_int32_t code : codes) append_utf8(normal, static_cast<CodePoint>(code));
  return normal;
}

EIGENVIT_INLINE bool GraphemeBreaks::between(CodePoint left, CodePoint right) noexcept {
  return utf8proc_grapheme_break_stateful(static_cast<utf8proc_int32_t>(left),
                                          static_cast<utf8proc_int32_t>(right), &state_);
}

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
