// What options may be, said in words where they are something else. CLI11's own checks put C++ into
// help texts and messages.
#ifndef EIGENVIT_EXAMPLES_CHECKS_HPP
#define EIGENVIT_EXAMPLES_CHECKS_HPP

#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>

/// Numbers from `least` to `most`.
template <class Number>
CLI::Validator within(Number least, Number most) {
  const auto check = [least, most](const std::string& text) -> std::string {
    std::istringstream stream(text);
    Number value;
    if (stream >> value && stream.eof() && value >= least && value <= most) return {};
    std::ostringstream message;
    message << "expected a number from " << least << " to " << most << ", found " << text;
    return message.str();
  };
  return CLI::Validator(check, "");
}

/// Numbers above zero.
inline CLI::Validator positive() {
  const auto check = [](const std::string& text) -> std::string {
    std::istringstream stream(text);
    double value;
    if (stream >> value && stream.eof() && value > 0) return {};
    return "expected a number above 0, found " + text;
  };
  return CLI::Validator(check, "");
}

/// The values of an enumeration by their names, for `CLI::Option::transform`.
template <class Value>
CLI::Validator one_of(std::vector<std::pair<std::string, Value>> names) {
  const auto translate = [names = std::move(names)](std::string& text) -> std::string {
    std::string all;
    for (std::size_t i = 0; i < names.size(); ++i) {
      if (text == names[i].first) {
        text = std::to_string(static_cast<int>(names[i].second));
        return {};
      }
      all += (i == 0 ? "" : i + 1 < names.size() ? ", " : " or ") + names[i].first;
    }
    return "expected " + all + ", found " + text;
  };
  return CLI::Validator(translate, "");
}

#endif
