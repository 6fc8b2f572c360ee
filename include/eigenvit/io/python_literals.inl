/// The three numbers that Python writes into JSON and JSON does not have.
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

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
