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

#include "letters.hpp"

class ContactSheet {
 public:
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
    const std::ptrdiff_t text = captions ? letters::height + letters::scale + gap : 0;
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
      letters::write(sheet, picture.caption, left, top + picture.image.height() + gap,
                     left + width);
    }
    return sheet;
  }

 private:
  struct Picture {
    eigenvit::Image image;
    std::string caption;
  };

  static constexpr std::ptrdiff_t gap = 6;

  std::vector<Picture> pictures_;
};

#endif
