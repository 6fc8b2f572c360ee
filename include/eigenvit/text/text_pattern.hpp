/// What texts are split by, and what is replaced in them.
#ifndef EIGENVIT_TEXT_TEXT_PATTERN_HPP
#define EIGENVIT_TEXT_TEXT_PATTERN_HPP

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include <eigenvit/core/compiler.hpp>
#include <eigenvit/text/regex.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// A text that is looked for as it is written, or a regular expression.
class TextPattern {
 public:
  explicit TextPattern(std::string literal) : pattern_(std::move(literal)) {}
  explicit TextPattern(Regex regex) : pattern_(std::move(regex)) {}

  /// Calls `visit(TextSpan)` for each match, from left to right. Takes the steps of a regular
  /// expression from `steps_left`, and throws as `Regex::for_each_match` does.
  template <class Visit>
  void for_each_match(std::string_view text, std::size_t& steps_left, const Visit& visit) const {
    if (const auto* const regex = std::get_if<Regex>(&pattern_)) {
      regex->for_each_match(text, steps_left, visit);
      return;
    }
    const std::string& literal = *std::get_if<std::string>(&pattern_);
    if (literal.empty()) return;
    for (std::size_t at = text.find(literal); at != std::string_view::npos;
         at = text.find(literal, at + literal.size())) {
      visit(TextSpan{at, at + literal.size()});
    }
  }

 private:
  std::variant<std::string, Regex> pattern_;
};

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
