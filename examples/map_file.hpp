// Numbers of a map in a file that other programs read.
#ifndef EIGENVIT_EXAMPLES_MAP_FILE_HPP
#define EIGENVIT_EXAMPLES_MAP_FILE_HPP

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include <eigenvit/core/replaced_file.hpp>
#include <eigenvit/core/words.hpp>
#include <eigenvit/eigenvit.hpp>
#include <eigenvit/image/encode.hpp>

/// A file of the kind that its name says: `.npy` (float32 [height, width], as numpy reads it),
/// `.pfm` (float32, portable float map) or `.png` (grey, 16 bits).
class MapFile {
 public:
  /// Throws `ConfigError` for a name that ends otherwise.
  explicit MapFile(std::filesystem::path path)
      : path_(std::move(path)),
        kind_(eigenvit::detail::small_letters(eigenvit::utf8_text(path_.extension()))) {
    if (kind_ == ".npy" || kind_ == ".pfm" || kind_ == ".png") return;
    throw eigenvit::ConfigError(eigenvit::utf8_text(path_) +
                                ": expected a name that ends in .npy, .pfm or .png");
  }

  /// In a PNG `low` is black and `high` is white; numbers beyond are clamped.
  void write(const eigenvit::Matrix<float>& map, float low, float high) const {
    eigenvit::detail::ReplacedFile file(path_);
    if (kind_ == ".png") {
      const std::vector<std::uint8_t> bytes = png(map, low, high);
      file.write(bytes.data(), bytes.size());
    } else {
      const std::string header = kind_ == ".npy" ? npy_header(map) : pfm_header(map);
      file.write(header.data(), header.size());
      const auto row_bytes = sizeof(float) * std::size_t(map.cols());
      for (std::ptrdiff_t i = 0; i < map.rows(); ++i) {
        // A portable float map begins with the lowest row.
        const std::ptrdiff_t row = kind_ == ".npy" ? i : map.rows() - 1 - i;
        file.write(map.row(row).data(), row_bytes);
      }
    }
    file.commit();
  }

 private:
  static std::string npy_header(const eigenvit::Matrix<float>& map) {
    std::string text = "{'descr': '<f4', 'fortran_order': False, 'shape': (" +
                       std::to_string(map.rows()) + ", " + std::to_string(map.cols()) + "), }";
    constexpr std::size_t before = 10, alignment = 64;
    text.append(alignment - (before + text.size() + 1) % alignment, ' ');
    text += '\n';
    const std::string length = {char(text.size() & 255), char(text.size() >> 8)};
    return "\x93NUMPY" + std::string("\x01\x00", 2) + length + text;
  }

  static std::string pfm_header(const eigenvit::Matrix<float>& map) {
    // A negative scale says that the lowest byte is first.
    return "Pf\n" + std::to_string(map.cols()) + " " + std::to_string(map.rows()) + "\n-1.0\n";
  }

  static std::vector<std::uint8_t> png(const eigenvit::Matrix<float>& map, float low, float high) {
    const float scale = high > low ? 65535 / (high - low) : 0;
    std::vector<std::uint16_t> values;
    for (std::ptrdiff_t i = 0; i < map.size(); ++i) {
      const float value = std::min(std::max((map.data()[i] - low) * scale, 0.0F), 65535.0F);
      values.push_back(std::uint16_t(std::lround(value)));
    }
    return eigenvit::encode_grey16(values.data(), map.cols(), map.rows());
  }

  std::filesystem::path path_;
  std::string kind_;
};

#endif
