/// What Python writes into JSON and other parsers refuse: three numbers, and halves of characters.
#ifndef EIGENVIT_IO_PYTHON_LITERALS_INL
#define EIGENVIT_IO_PYTHON_LITERALS_INL

#include <cstddef>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include <eigenvit/core/compiler.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// A NaN, Infinity or -Infinity of a text.
struct PythonLiteral {
  std::size_t string;  ///< how many strings come before it
  std::size_t byte;    ///< where it begins
  std::size_t size;    ///< of its word
  double value;
};

/// The place after the string that begins at `at`; the text's end where it does not end.
inline std::size_t json_string_end(std::string_view text, std::size_t at) {
  for (++at; at < text.size(); ++at) {
    if (text[at] == '\\') {
      ++at;
    } else if (text[at] == '"') {
      return at + 1;
    }
  }
  return text.size();
}

/// Where the text has Python's literals, outside strings, in their order. nlohmann-json's lexer
/// knows none of them; as strings it would read them, and the number of strings before one tells it
/// from the strings that are really there.
inline std::vector<PythonLiteral> find_python_literals(std::string_view text) {
  struct Known {
    std::string_view word;
    double value;
  };
  constexpr Known known[] = {{"NaN", std::numeric_limits<double>::quiet_NaN()},
                             {"Infinity", std::numeric_limits<double>::infinity()},
                             {"-Infinity", -std::numeric_limits<double>::infinity()}};
  std::vector<PythonLiteral> found;
  std::size_t strings = 0;
  for (std::size_t at = text.find_first_of("\"NI-"); at < text.size();
       at = text.find_first_of("\"NI-", at)) {
    if (text[at] == '"') {
      at = json_string_end(text, at);
      ++strings;
      continue;
    }
    std::size_t size = 1;
    for (const Known& literal : known) {
      if (text.compare(at, literal.word.size(), literal.word) != 0) continue;
      size = literal.word.size();
      found.push_back({strings++, at, size, literal.value});
    }
    at += size;
  }
  return found;
}

/// The text with quotes in place of each literal's first and last letter, so that every other byte
/// keeps its place in messages.
inline std::string quote_python_literals(std::string_view text,
                                         const std::vector<PythonLiteral>& literals) {
  std::string quoted(text);
  for (const PythonLiteral& literal : literals) {
    quoted[literal.byte] = '"';
    quoted[literal.byte + literal.size - 1] = '"';
  }
  return quoted;
}

/// The four hexadecimal digits at `at` as a number; 0 where there are none.
inline unsigned json_code_unit(std::string_view text, std::size_t at) {
  unsigned unit = 0;
  for (std::size_t i = at; i < at + 4; ++i) {
    const char c = i < text.size() ? text[i] : ' ';
    const int digit = c >= '0' && c <= '9'   ? c - '0'
                      : c >= 'a' && c <= 'f' ? c - 'a' + 10
                      : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                             : -1;
    if (digit < 0) return 0;
    unit = 16 * unit + static_cast<unsigned>(digit);
  }
  return unit;
}

/// Where the text has escapes of one half of a surrogate pair, such as the `\udce9` that Python
/// writes for a byte of a file's name that is not UTF-8.
inline std::vector<std::size_t> find_lone_surrogates(std::string_view text) {
  std::vector<std::size_t> found;
  // Outside of strings there are no backslashes.
  for (std::size_t at = text.find('\\'); at < text.size(); at = text.find('\\', at)) {
    const auto half = [&](std::size_t escape, unsigned kind) {
      return text.substr(escape, 2) == "\\u" &&
             (json_code_unit(text, escape + 2) & 0xfc00U) == kind;
    };
    const bool high = half(at, 0xd800);
    if (high && half(at + 6, 0xdc00)) {
      at += 12;
    } else if (high || half(at, 0xdc00)) {
      found.push_back(at);
      at += 6;
    } else {
      at += 2;
    }
  }
  return found;
}

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
