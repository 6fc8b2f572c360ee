// Pictures in rows and columns, each with a caption below.
#ifndef EIGENVIT_EXAMPLES_CONTACT_SHEET_HPP
#define EIGENVIT_EXAMPLES_CONTACT_SHEET_HPP

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <eigenvit/eigenvit.hpp>

class ContactSheet {
 public:
  // A caption is made of digits, spaces and the letters of "photograph", "head", "mean", "rollout".
  void add(eigenvit::Image picture, std::string caption = {}) {
    pictures_.push_back({std::move(picture), std::move(caption)});
  }

  // All pictures on white, row by row, in columns of the widest one's width. One picture without a
  // caption stays as it is.
  eigenvit::Image draw() const {
    if (pictures_.size() == 1 && pictures_[0].caption.empty()) return pictures_[0].image;
    std::ptrdiff_t width = 0, height = 0;
    bool captions = false;
    for (const Picture& picture : pictures_) {
      width = std::max(width, picture.image.width());
      height = std::max(height, picture.image.height());
      captions = captions || !picture.caption.empty();
    }
    const std::ptrdiff_t text = captions ? 8 * scale + gap : 0;
    // About as wide as high.
    const auto count = std::ptrdiff_t(pictures_.size());
    const double ratio = double(count * (height + text)) / double(width);
    const auto columns =
        std::clamp(std::ptrdiff_t(std::ceil(std::sqrt(ratio))), std::ptrdiff_t{1}, count);
    const std::ptrdiff_t rows = (count + columns - 1) / columns;

    eigenvit::Image sheet(gap + columns * (width + gap), gap + rows * (height + text + gap));
    std::fill_n(sheet.data(), 3 * sheet.width() * sheet.height(), std::uint8_t{255});
    for (std::ptrdiff_t i = 0; i < count; ++i) {
      const Picture& picture = pictures_[std::size_t(i)];
      const std::ptrdiff_t left = gap + i % columns * (width + gap);
      const std::ptrdiff_t top = gap + i / columns * (height + text + gap);
      for (std::ptrdiff_t y = 0; y < picture.image.height(); ++y) {
        std::copy_n(picture.image.row(y), 3 * picture.image.width(), sheet.row(top + y) + 3 * left);
      }
      write(sheet, picture.caption, left, top + picture.image.height() + gap, left + width);
    }
    return sheet;
  }

 private:
  struct Picture {
    eigenvit::Image image;
    std::string caption;
  };

  static constexpr std::ptrdiff_t gap = 6;
  static constexpr std::ptrdiff_t scale = 2;  // of a letter's dots

  // Seven rows of five dots, the leftmost in bit 4.
  static std::array<std::uint8_t, 7> letter(char c) {
    switch (c) {
      case '0':
        return {0x0E, 0x11, 0x13, 0x15, 0x19, 0x11, 0x0E};
      case '1':
        return {0x04, 0x0C, 0x04, 0x04, 0x04, 0x04, 0x0E};
      case '2':
        return {0x0E, 0x11, 0x01, 0x02, 0x04, 0x08, 0x1F};
      case '3':
        return {0x1F, 0x02, 0x04, 0x02, 0x01, 0x11, 0x0E};
      case '4':
        return {0x02, 0x06, 0x0A, 0x12, 0x1F, 0x02, 0x02};
      case '5':
        return {0x1F, 0x10, 0x1E, 0x01, 0x01, 0x11, 0x0E};
      case '6':
        return {0x06, 0x08, 0x10, 0x1E, 0x11, 0x11, 0x0E};
      case '7':
        return {0x1F, 0x01, 0x02, 0x04, 0x08, 0x08, 0x08};
      case '8':
        return {0x0E, 0x11, 0x11, 0x0E, 0x11, 0x11, 0x0E};
      case '9':
        return {0x0E, 0x11, 0x11, 0x0F, 0x01, 0x02, 0x0C};
      case 'a':
        return {0x00, 0x00, 0x0E, 0x01, 0x0F, 0x11, 0x0F};
      case 'd':
        return {0x01, 0x01, 0x0D, 0x13, 0x11, 0x11, 0x0F};
      case 'e':
        return {0x00, 0x00, 0x0E, 0x11, 0x1F, 0x10, 0x0E};
      case 'g':
        return {0x00, 0x0F, 0x11, 0x11, 0x0F, 0x01, 0x0E};
      case 'h':
        return {0x10, 0x10, 0x16, 0x19, 0x11, 0x11, 0x11};
      case 'l':
        return {0x0C, 0x04, 0x04, 0x04, 0x04, 0x04, 0x0E};
      case 'm':
        return {0x00, 0x00, 0x1A, 0x15, 0x15, 0x11, 0x11};
      case 'n':
        return {0x00, 0x00, 0x16, 0x19, 0x11, 0x11, 0x11};
      case 'o':
        return {0x00, 0x00, 0x0E, 0x11, 0x11, 0x11, 0x0E};
      case 'p':
        return {0x00, 0x00, 0x1E, 0x11, 0x1E, 0x10, 0x10};
      case 'r':
        return {0x00, 0x00, 0x16, 0x19, 0x10, 0x10, 0x10};
      case 't':
        return {0x08, 0x08, 0x1C, 0x08, 0x08, 0x09, 0x06};
      case 'u':
        return {0x00, 0x00, 0x11, 0x11, 0x11, 0x13, 0x0D};
      default:
        return {};
    }
  }

  // Black text up to column `end`.
  static void write(eigenvit::Image& sheet, const std::string& text, std::ptrdiff_t left,
                    std::ptrdiff_t top, std::ptrdiff_t end) {
    for (const char c : text) {
      if (left + 5 * scale > end) return;
      const auto rows = letter(c);
      for (std::ptrdiff_t y = 0; y < 7 * scale; ++y) {
        for (std::ptrdiff_t x = 0; x < 5 * scale; ++x) {
          if (rows[std::size_t(y / scale)] >> (4 - x / scale) & 1) {
            std::fill_n(sheet.row(top + y) + 3 * (left + x), 3, std::uint8_t{0});
          }
        }
      }
      left += 6 * scale;
    }
  }

  std::vector<Picture> pictures_;
};

#endif
