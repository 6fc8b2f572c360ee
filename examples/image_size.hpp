// The option --image-size.
#ifndef EIGENVIT_EXAMPLES_IMAGE_SIZE_HPP
#define EIGENVIT_EXAMPLES_IMAGE_SIZE_HPP

#include <array>
#include <cstddef>
#include <string>

#include <CLI/CLI.hpp>

/// "HxW" as height and width.
inline std::array<std::ptrdiff_t, 2> parse_size(const std::string& text) {
  const auto x = text.find('x');
  const auto number = [](const std::string& digits) -> std::ptrdiff_t {
    if (digits.empty() || digits.size() > 5 ||
        digits.find_first_not_of("0123456789") != std::string::npos) {
      return 0;
    }
    return std::stol(digits);
  };
  const std::array<std::ptrdiff_t, 2> size = {
      number(text.substr(0, x)), x == std::string::npos ? 0 : number(text.substr(x + 1))};
  if (size[0] < 1 || size[1] < 1) {
    throw CLI::ValidationError("--image-size", "expected HxW, found " + text);
  }
  return size;
}

#endif
