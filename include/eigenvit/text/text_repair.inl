#ifndef EIGENVIT_TEXT_TEXT_REPAIR_INL
#define EIGENVIT_TEXT_TEXT_REPAIR_INL

#include <algorithm>
#include <cstddef>
#include <string_view>
#include <utility>

#include <eigenvit/text/html_entities.hpp>
#include <eigenvit/text/latin_characters.hpp>
#include <eigenvit/text/mojibake.hpp>
#include <eigenvit/text/mojibake_signs.hpp>
#include <eigenvit/text/text_repair.hpp>
#include <eigenvit/text/unicode.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// Whether the repair changes nothing of a text of ASCII with this byte.
inline bool stays_in_repair(char c) noexcept {
  const auto byte = static_cast<unsigned char>(c);
  return byte < 0x7F && c != '&' && (byte >= 0x20 || c == '\t' || c == '\n' || c == '\f');
}

/// Whether the steps of the repair that look at single characters change nothing of this one, and
/// normal form C neither, whatever else stays is beside it. Not all characters that do.
inline bool stays_in_repair(CodePoint code) noexcept {
  if (code < 0x80) return stays_in_repair(static_cast<char>(code));
  if (code < 0x300) return code >= 0xA0 && code != 0x2BC && letters_of_ligature(code).empty();
  const bool cyrillic = code >= 0x400 && code <= 0x45F;
  const bool sign = (code >= 0x2010 && code <= 0x2017) || (code >= 0x2020 && code <= 0x2027);
  const bool kana = (code >= 0x3041 && code <= 0x3096) || (code >= 0x30A1 && code <= 0x30FA);
  const bool ideograph = code >= 0x4E00 && code <= 0x9FFF;
  const bool hangul = code >= 0xAC00 && code <= 0xD7A3;
  return cyrillic || sign || kana || ideograph || hangul;
}

inline bool all_stay_in_repair(std::string_view text) noexcept {
  while (!text.empty()) {
    const Utf8Character next = first_character(text);
    if (!stays_in_repair(next.code)) return false;
    text.remove_prefix(next.bytes);
  }
  return true;
}

/// Appends a character by its usual width, in letters and with straight quotation marks.
inline void append_plainly(std::string& text, CodePoint code) {
  if (code >= 0x80 && code <= 0x9F) code = windows_1252(code);
  std::string characters;
  if (const std::string_view letters = letters_of_ligature(code); !letters.empty()) {
    characters = letters;
  } else {
    append_utf8(characters, code);
    if (code >= 0xFF01 && code < 0xFFF0) characters = normal_form(characters, NormalForm::nfkc);
  }
  for_each_character(characters, [&](CodePoint c) { append_utf8(text, plain_mark(c)); });
}

inline std::string with_plain_characters(std::string_view text) {
  std::string plain;
  plain.reserve(text.size());
  bool after_return = false;
  for_each_character(text, [&](CodePoint code) {
    const bool second_of_break = after_return && code == '\n';
    after_return = code == '\r';
    if (second_of_break) return;
    if (code == '\r' || code == 0x2028 || code == 0x2029) {
      plain += '\n';
    } else if (code < 0x80) {
      plain += static_cast<char>(code);
    } else {
      append_plainly(plain, code);
    }
  });
  return plain;
}

/// Bytes of a terminal's command at the beginning of a text, after its escape character: `[`,
/// numbers and semicolons, a letter. 0 where there is none.
inline std::size_t terminal_command(std::string_view text) noexcept {
  if (text.empty() || text.front() != '[') return 0;
  std::size_t at = 1;
  while (at < text.size()) {
    const Utf8Character next = first_character(text.substr(at));
    if (next.code != ';' && (category(next.code) & category_nd) == 0) {
      const bool letter =
          (next.code >= 'A' && next.code <= 'Z') || (next.code >= 'a' && next.code <= 'z');
      return letter ? at + 1 : 0;
    }
    at += next.bytes;
  }
  return 0;
}

/// Whether a character is taken away: controls that are no white space, those of old Arabic, and
/// marks of no text.
inline bool is_unwanted_control(CodePoint c) noexcept {
  return c < 9 || c == 0xB || (c >= 0xE && c < 0x20) || c == 0x7F || (c >= 0x206A && c <= 0x206F) ||
         c == 0xFEFF || (c >= 0xFFF9 && c <= 0xFFFC);
}

inline std::string without_controls(std::string_view text) {
  std::string kept;
  kept.reserve(text.size());
  while (!text.empty()) {
    const Utf8Character next = first_character(text);
    constexpr CodePoint escape = 0x1B;
    const std::size_t command = next.code == escape ? terminal_command(text.substr(1)) : 0;
    if (!is_unwanted_control(next.code)) kept += text.substr(0, next.bytes);
    text.remove_prefix(next.bytes + command);
  }
  return kept;
}

/// How many bytes at the beginning of a text are repaired at once: a line with its end, or a
/// million characters of a longer one.
inline std::size_t repaired_at_once(std::string_view text) noexcept {
  constexpr std::size_t most_characters = 1000000;
  const std::size_t line = std::min(text.find('\n'), text.size() - 1) + 1;
  if (line <= most_characters) return line;
  std::size_t characters = 0;
  for (std::size_t i = 0; i < line; ++i) {
    if (!is_continuation_byte(text[i]) && ++characters > most_characters) return i;
  }
  return line;
}

/// Repairs a line until nothing of it changes.
inline std::string repair_line(std::string_view line, bool unescapes, TextBudget& budget) {
  std::string repaired(line);
  if (all_stay_in_repair(line) && !looks_like_mojibake(line)) return repaired;
  std::string before;
  do {
    budget.take_repair(repaired.size());
    before = repaired;
    if (unescapes) repaired = unescape_plain_html(repaired);
    repaired = repair_mojibake(std::move(repaired), budget);
    repaired = normal_form(without_controls(with_plain_characters(repaired)), NormalForm::nfc);
  } while (repaired != before);
  return repaired;
}

EIGENVIT_INLINE std::string repair_text(const std::string& text, TextBudget& budget) {
  const auto stays = [](char c) { return stays_in_repair(c); };
  if (std::all_of(text.begin(), text.end(), stays)) return text;
  std::string repaired;
  bool unescapes = true;  // a text with a tag is taken for HTML, whose characters count as written
  for (std::string_view rest = text; !rest.empty();) {
    const std::string_view line = rest.substr(0, repaired_at_once(rest));
    if (line.find('<') != std::string_view::npos) unescapes = false;
    repaired += repair_line(line, unescapes, budget);
    rest.remove_prefix(line.size());
  }
  return unescape_html(unescape_html(repaired));
}

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
