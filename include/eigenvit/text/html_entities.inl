#ifndef EIGENVIT_TEXT_HTML_ENTITIES_INL
#define EIGENVIT_TEXT_HTML_ENTITIES_INL

#include <algorithm>
#include <cstddef>
#include <iterator>

#include <eigenvit/text/html_entities.hpp>
#include <eigenvit/text/html_entity_text.inl>
#include <eigenvit/text/latin_characters.hpp>
#include <eigenvit/text/unicode.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// What a name stands for: hexadecimal numbers with commas between, none where it is no name.
struct HtmlEntity {
  std::string_view codes;
  bool alone = false;  ///< also known without a semicolon
};

inline HtmlEntity find_html_entity(std::string_view name) noexcept {
  const auto name_of = [](std::string_view line) { return line.substr(0, line.find(' ')); };
  const std::string_view* part = std::begin(html_entity_parts);
  while (part + 1 != std::end(html_entity_parts) && name_of(part[1]) <= name) ++part;
  std::size_t begin = 0;
  std::size_t end = part->size();
  while (begin < end) {
    // A line near the middle: what begins after the line break before it.
    std::size_t line = begin + (end - begin) / 2;
    while (line > begin && (*part)[line - 1] != '\n') --line;
    const std::size_t line_end = part->find('\n', line);
    const std::string_view found = part->substr(line, line_end - line);
    const int order = name.compare(name_of(found));
    if (order == 0) {
      HtmlEntity entity{found.substr(name.size() + 1)};
      entity.alone = entity.codes.back() == '!';
      if (entity.alone) entity.codes.remove_suffix(1);
      return entity;
    }
    if (order < 0) {
      end = line;
    } else {
      begin = line_end + 1;
    }
  }
  return {};
}

/// Calls `visit(code point)` for each.
template <class Visit>
void for_each_code(std::string_view codes, const Visit& visit) {
  CodePoint code = 0;
  for (const char c : codes) {
    if (c == ',') {
      visit(code);
      code = 0;
    } else {
      code = code * 16 + static_cast<CodePoint>(c <= '9' ? c - '0' : c - 'A' + 10);
    }
  }
  visit(code);
}

/// The longest beginning of a text that is a name without a semicolon; none has more characters.
inline std::size_t html_name_without_semicolon(std::string_view text) noexcept {
  constexpr std::size_t longest = 6;
  for (std::size_t size = std::min(text.size(), longest); size > 1; --size) {
    if (find_html_entity(text.substr(0, size)).alone) return size;
  }
  return 0;
}

/// The character of that number; the numbers of Windows-1252 count as there, those of no characters
/// give none.
inline void append_html_number(std::string& text, CodePoint code) {
  if (code == 0 || (code >= 0xD800 && code <= 0xDFFF) || code > 0x10FFFF) {
    append_utf8(text, 0xFFFD);
  } else if (code >= 0x80 && code <= 0x9F) {
    append_utf8(text, windows_1252(code));
  } else if (!(code < 9 || code == 0xB || (code >= 0xE && code <= 0x1F) || code == 0x7F ||
               (code >= 0xFDD0 && code <= 0xFDEF) || (code & 0xFFFE) == 0xFFFE)) {
    append_utf8(text, code);
  }
}

/// `#` and a number at the beginning of a text: the number, and how many bytes it takes, 0 where
/// there is none.
struct HtmlNumber {
  CodePoint code = 0;
  std::size_t bytes = 0;
};

inline HtmlNumber read_html_number(std::string_view text) noexcept {
  if (text.size() < 2 || text[0] != '#') return {};
  const bool hexadecimal = text[1] == 'x' || text[1] == 'X';
  const CodePoint base = hexadecimal ? 16 : 10;
  const std::size_t first = hexadecimal ? 2 : 1;
  HtmlNumber number;
  std::size_t at = first;
  for (; at < text.size(); ++at) {
    const char c = text[at];
    CodePoint digit = 16;
    if (c >= '0' && c <= '9') digit = static_cast<CodePoint>(c - '0');
    if (c >= 'a' && c <= 'f') digit = static_cast<CodePoint>(c - 'a' + 10);
    if (c >= 'A' && c <= 'F') digit = static_cast<CodePoint>(c - 'A' + 10);
    if (digit >= base) break;
    constexpr CodePoint beyond_all = 0x110000;
    number.code = std::min(number.code * base + digit, beyond_all);
  }
  number.bytes = at > first ? at : 0;
  return number;
}

/// Writes a text without its character references: `read(text after &, result)` writes what one
/// stands for and gives how many bytes it takes, or 0.
template <class Read>
std::string replace_html(std::string_view text, const Read& read) {
  std::string result;
  while (true) {
    const std::size_t sign = text.find('&');
    result += text.substr(0, sign);
    if (sign == std::string_view::npos) return result;
    text.remove_prefix(sign + 1);
    const std::size_t bytes = read(text, result);
    if (bytes == 0) result += '&';
    text.remove_prefix(bytes);
  }
}

EIGENVIT_INLINE std::string unescape_html(std::string_view text) {
  return replace_html(text, [](std::string_view rest, std::string& result) -> std::size_t {
    const auto with_semicolon = [&](std::size_t bytes) {
      return bytes + (bytes < rest.size() && rest[bytes] == ';' ? 1 : 0);
    };
    if (const HtmlNumber number = read_html_number(rest); number.bytes > 0) {
      append_html_number(result, number.code);
      return with_semicolon(number.bytes);
    }
    const auto append = [&](CodePoint code) { append_utf8(result, code); };
    const auto letters = static_cast<std::size_t>(
        std::find_if_not(rest.begin(), rest.end(), is_letter_or_digit_of_ascii) - rest.begin());
    if (letters < rest.size() && rest[letters] == ';') {
      const HtmlEntity entity = find_html_entity(rest.substr(0, letters));
      if (!entity.codes.empty()) {
        for_each_code(entity.codes, append);
        return letters + 1;
      }
    }
    const std::size_t size = html_name_without_semicolon(rest);
    if (size > 0) for_each_code(find_html_entity(rest.substr(0, size)).codes, append);
    return size;
  });
}

EIGENVIT_INLINE std::string unescape_plain_html(std::string_view text) {
  return replace_html(text, [](std::string_view rest, std::string& result) -> std::size_t {
    constexpr std::size_t longest = 24;
    const std::size_t semicolon = rest.substr(0, longest + 2).find(';');
    if (semicolon == std::string_view::npos) return 0;
    const std::string_view name = rest.substr(0, semicolon);
    if (const HtmlNumber number = read_html_number(name); number.bytes > 0) {
      const bool whole = number.bytes == name.size() && name.size() <= longest + 1;
      if (!whole || number.code == ';') return 0;
      append_html_number(result, number.code);
      return semicolon + 1;
    }
    if (name.size() > longest) return 0;
    if (const HtmlEntity entity = find_html_entity(name); !entity.codes.empty()) {
      for_each_code(entity.codes, [&](CodePoint code) { append_utf8(result, code); });
      return semicolon + 1;
    }
    std::string lower(name);
    for (char& c : lower) {
      if (c >= 'a' && c <= 'z') return 0;
      if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    const HtmlEntity entity = find_html_entity(lower);
    if (entity.codes.empty() || html_name_without_semicolon(name) > 0) return 0;
    for_each_code(entity.codes, [&](CodePoint code) { append_in_capitals(result, code); });
    return semicolon + 1;
  });
}

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
