// The option --image-size of the programs that make pictures or tokens of any size.
#ifndef EIGENVIT_EXAMPLES_IMAGE_SIZE_HPP
#define EIGENVIT_EXAMPLES_IMAGE_SIZE_HPP

#include <array>
#include <cstddef>
#include <optional>
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

/// The size of the images in place of the model's own.
class ImageSizeOption {
 public:
  void add_to(CLI::App& app) {
    app.add_option(
           "--image-size", text_,
           "Size to compute at in place of the model's own: larger images have more patches")
        ->type_name("HxW");
  }

  /// Height and width, where they were given. Throws `CLI::ValidationError` for another text.
  std::optional<std::array<std::ptrdiff_t, 2>> value() const {
    if (text_.empty()) return std::nullopt;
    return parse_size(text_);
  }

 private:
  std::string text_;
};

#endif
