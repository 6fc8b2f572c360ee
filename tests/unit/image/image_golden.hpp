// What the tests of images share: the golden files of tests/golden/image, and noise.
#ifndef EIGENVIT_TESTS_UNIT_IMAGE_IMAGE_GOLDEN_HPP
#define EIGENVIT_TESTS_UNIT_IMAGE_IMAGE_GOLDEN_HPP

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include <eigenvit/image/filter.hpp>
#include <eigenvit/image/image.hpp>

namespace image_golden {

inline std::filesystem::path folder() {
  return std::filesystem::path(EIGENVIT_SOURCE_DIR) / "tests" / "golden" / "image";
}

inline std::vector<char> bytes(const std::string& name) {
  std::ifstream file(folder() / name, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

// The lines of a text file, each cut at its spaces.
inline std::vector<std::vector<std::string>> table(const std::string& name) {
  std::ifstream file(folder() / name);
  std::vector<std::vector<std::string>> lines;
  for (std::string line; std::getline(file, line);) {
    std::istringstream words(line);
    lines.emplace_back(std::istream_iterator<std::string>(words),
                       std::istream_iterator<std::string>());
  }
  return lines;
}

inline eigenvit::Index number(const std::string& text) {
  return static_cast<eigenvit::Index>(std::strtoll(text.c_str(), nullptr, 10));
}

// The image that make_image.py calls noise(width, height).
inline eigenvit::Image noise(eigenvit::Index width, eigenvit::Index height) {
  eigenvit::Image image(width, height);
  auto state = static_cast<std::uint32_t>(width * 65537 + height);
  for (eigenvit::Index i = 0; i < width * height * 3; ++i) {
    state = state * 1664525U + 1013904223U;
    image.data()[i] = static_cast<std::uint8_t>(state >> 24);
  }
  return image;
}

/// By the names that the golden files have for them.
inline const std::map<std::string, eigenvit::Filter> filters{
    {"nearest", eigenvit::Filter::nearest},   {"box", eigenvit::Filter::box},
    {"bilinear", eigenvit::Filter::bilinear}, {"hamming", eigenvit::Filter::hamming},
    {"bicubic", eigenvit::Filter::bicubic},   {"lanczos", eigenvit::Filter::lanczos}};

inline bool equal(const eigenvit::Image& a, const eigenvit::Image& b) {
  return a.width() == b.width() && a.height() == b.height() &&
         std::vector<std::uint8_t>(a.data(), a.data() + a.width() * a.height() * 3) ==
             std::vector<std::uint8_t>(b.data(), b.data() + b.width() * b.height() * 3);
}

// The message of the exception that `call` throws, or an empty string. An exception of another type
// than `Expected` passes through and fails the test.
template <class Expected, class Call>
std::string message(const Call& call) {
  try {
    call();
  } catch (const Expected& error) {
    return error.what();
  }
  return {};
}

inline bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace image_golden

#endif
