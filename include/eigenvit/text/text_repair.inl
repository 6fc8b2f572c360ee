#ifndef EIGENVIT_TEXT_TEXT_REPAIR_INL
#define EIGENVIT_TEXT_TEXT_REPAIR_INL

#include <algorithm>
#include <cstddef>
#include <string_view>

#include <eigenvit/text/html_entities.hpp>
#include <eigenvit/text/latin_characters.hpp>
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

/// Repairs a line until nothing of it changes.
inline std::string repair_line(std::string_view line, bool unescapes, TextBudget& budget) {
  std::string before;
  std::string repaired(line);
  do {
    budget.take_repair(repaired.size());
    before = repaired;
    if (unescapes) repaired = unescape_plain_html(repaired);
    repaired = normal_form(without_controls(with_plain_characters(repaired)), NormalForm::nfc);
  } while (repaired != before);
  return repaired;
}

EIGENVIT_INLINE std::string repair_text(const std::string& text, TextBudget& budget) {
  if (std::all_of(text.begin(), text.end(), stays_in_repair)) return text;
  std::string repaired;
  bool unescapes = true;  // a text with a tag is taken for HTML, whose characters count as written
  std::string_view rest = text;
  while (!rest.empty()) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    const std::size_t size = std::min(rest.size(), line.size() + 1);
    if (line.find('<') != std::string_view::npos) unescapes = false;
    repaired += repair_line(rest.substr(0, size), unescapes, budget);
    rest.remove_prefix(size);
  }
  return unescape_html(unescape_html(repaired));
}

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
