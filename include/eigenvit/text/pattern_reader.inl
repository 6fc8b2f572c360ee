/// The characters, escapes and sets of a regular expression's pattern.
#ifndef EIGENVIT_TEXT_PATTERN_READER_INL
#define EIGENVIT_TEXT_PATTERN_READER_INL

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <eigenvit/core/error.hpp>
#include <eigenvit/core/message.hpp>
#include <eigenvit/text/character_class.hpp>
#include <eigenvit/text/unicode.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// Takes a pattern apart from left to right. Errors name the pattern and where it comes from.
class PatternReader {
 protected:
  PatternReader(std::string_view pattern, std::string_view place)
      : pattern_(pattern), rest_(pattern), place_(place) {}

  [[noreturn]] void damaged(std::string_view expected) const {
    raise<FormatError>({place_, ": pattern ", Quoted{pattern_}, ": expected ", expected, " in it"});
  }

  [[noreturn]] void unsupported(std::string_view construct) const {
    raise<UnsupportedError>({place_, ": pattern ", Quoted{pattern_}, ": ", Quoted{construct},
                             " is not supported in it"});
  }

  bool take(std::string_view text) {
    if (rest_.substr(0, text.size()) != text) return false;
    rest_.remove_prefix(text.size());
    return true;
  }

  CodePoint take_character(std::string_view expected) {
    if (rest_.empty()) damaged(expected);
    const Utf8Character next = first_character(rest_);
    rest_.remove_prefix(next.bytes);
    return next.code;
  }

  /// `{n}`, `{n,}`, `{,m}` or `{n,m}`; a `{` that begins none of these is a character.
  bool bounds(std::uint32_t& least, std::uint32_t& most) {
    const std::string_view before = rest_;
    rest_.remove_prefix(1);
    const auto first = number();
    const bool comma = take(",");
    const auto second = comma ? number() : first;
    if ((!first && !second) || !take("}")) {
      rest_ = before;
      return false;
    }
    constexpr std::uint32_t largest = 1000;
    least = first.value_or(0);
    if (second) most = *second;
    if (least > largest || (second && most > largest)) unsupported("so much repetition");
    if (least > most) damaged("ascending bounds");
    return true;
  }

  /// A letter after a backslash that names a set; whether there is one.
  bool class_escape(CharacterClass& characters) {
    if (rest_.empty()) damaged("a character after '\\'");
    const char letter = rest_.front();
    switch (letter) {
      case 's':
      case 'S':
        characters.add_white_space(letter == 'S');
        break;
      case 'd':
      case 'D':
        characters.add_categories(category_nd, letter == 'D');
        break;
      case 'w':
      case 'W':
        characters.add_word_characters(letter == 'W');
        break;
      case 'p':
      case 'P':
        rest_.remove_prefix(1);
        property(characters, letter == 'P');
        return true;
      default:
        return false;
    }
    rest_.remove_prefix(1);
    return true;
  }

  /// The character that is written after a backslash.
  CodePoint character_escape() {
    const CodePoint code = take_character("a character after '\\'");
    switch (code) {
      case 'n':
        return '\n';
      case 'r':
        return '\r';
      case 't':
        return '\t';
      case 'f':
        return '\f';
      case 'v':
        return '\v';
      case 'u':
        return hexadecimal(4);
      case 'x':
        if (take("{")) {
          const CodePoint value = hexadecimal(0);
          if (!take("}")) damaged("a '}' after '\\x{'");
          return value;
        }
        return hexadecimal(2);
      default:
        break;
    }
    if ((code >= '0' && code <= '9') ||
        (code < 0x80 && ((code | 0x20) >= 'a') && ((code | 0x20) <= 'z'))) {
      unsupported(std::string{'\\', static_cast<char>(code)});
    }
    return code;
  }

  /// The set in brackets after a `[`; whether it is the complement of `characters`.
  bool bracket_class(CharacterClass& characters) {
    const bool complement = take("^");
    if (!rest_.empty() && rest_.front() == ']') unsupported("[]");
    while (!take("]")) {
      if (rest_.empty()) damaged("a ']' for each '['");
      if (rest_.substr(0, 2) == "&&") unsupported("&&");
      if (take("[:punct:]")) {
        characters.add_punctuation(false);
        continue;
      }
      if (take("[:space:]")) {
        characters.add_white_space(false);
        continue;
      }
      if (rest_.front() == '[') unsupported("[ in [..]");
      if (rest_.front() == '\\') {
        rest_.remove_prefix(1);
        if (class_escape(characters)) continue;
        range(characters, character_escape());
      } else {
        range(characters, take_character("a ']'"));
      }
    }
    return complement;
  }

  std::string_view pattern_;
  std::string_view rest_;  ///< what has not been taken

 private:
  std::optional<std::uint32_t> number() {
    std::optional<std::uint32_t> value;
    while (!rest_.empty() && rest_.front() >= '0' && rest_.front() <= '9') {
      value = std::min<std::uint32_t>(
          value.value_or(0) * 10 + static_cast<std::uint32_t>(rest_.front() - '0'), 1000000);
      rest_.remove_prefix(1);
    }
    return value;
  }

  void property(CharacterClass& characters, bool complement) {
    const std::size_t end = rest_.find('}');
    if (rest_.empty() || rest_.front() != '{' || end == std::string_view::npos) {
      damaged("braces after '\\p'");
    }
    std::string_view name = rest_.substr(1, end - 1);
    if (!name.empty() && name.front() == '^') {
      complement = !complement;
      name.remove_prefix(1);
    }
    const CategorySet categories = categories_named(name);
    if (categories == 0) unsupported(message({"\\p{", name, "}"}));
    characters.add_categories(categories, complement);
    rest_.remove_prefix(end + 1);
  }

  /// So many digits, or as many as there are for 0.
  CodePoint hexadecimal(std::size_t digits) {
    CodePoint value = 0;
    std::size_t count = 0;
    while (!rest_.empty() && (digits == 0 || count < digits)) {
      const char c = rest_.front();
      const char lower = static_cast<char>(c | 0x20);
      if (c >= '0' && c <= '9') {
        value = value * 16 + static_cast<CodePoint>(c - '0');
      } else if (lower >= 'a' && lower <= 'f') {
        value = value * 16 + static_cast<CodePoint>(lower - 'a' + 10);
      } else {
        break;
      }
      rest_.remove_prefix(1);
      ++count;
      if (value > 0x10FFFF) damaged("a character of Unicode");
    }
    if (count == 0 || (digits != 0 && count < digits) || (value >= 0xD800 && value < 0xE000)) {
      damaged("a character of Unicode");
    }
    if (digits == 2 && value >= 0x80) unsupported("a byte");
    return value;
  }

  /// A range that begins with that character, or the character alone.
  void range(CharacterClass& characters, CodePoint first) {
    CodePoint last = first;
    if (rest_.size() > 1 && rest_.front() == '-' && rest_[1] != ']') {
      rest_.remove_prefix(1);
      if (rest_.front() == '[') unsupported("[ in [..]");
      if (take("\\")) {
        CharacterClass ignored;
        if (class_escape(ignored)) damaged("a character after '-'");
        last = character_escape();
      } else {
        last = take_character("a ']'");
      }
      if (last < first) damaged("ascending ranges");
    }
    characters.add_range(first, last);
  }

  std::string_view place_;
};

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
