/// A box of an image, sampled at another size.
#ifndef EIGENVIT_IMAGE_BOX_WARP_HPP
#define EIGENVIT_IMAGE_BOX_WARP_HPP

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <string>

#include <eigenvit/core/compiler.hpp>
#include <eigenvit/core/error.hpp>
#include <eigenvit/core/finite.hpp>
#include <eigenvit/core/message.hpp>
#include <eigenvit/image/image.hpp>
#include <eigenvit/image/image_box.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

EIGENVIT_STRICT_MATH_BEGIN

/// What a network of boxes sees of an image: the box, made larger in one direction until its sides
/// are as `width` to `height`, then 1.25 times as large. In the reference's single precision, from
/// which its last bits come. Source: transformers, `box_to_center_and_scale`.
struct BoxFrame {
  /// Throws `ShapeError` unless the box is finite, has no negative side and one that is not 0, and
  /// is of a size and place with which single precision can compute.
  BoxFrame(const ImageBox& box, Index height_of_input, Index width_of_input) {
    const bool finite =
        is_finite(box.left) && is_finite(box.top) && is_finite(box.width) && is_finite(box.height);
    constexpr double most = 1e9, least = 1e-3;
    if (!finite || box.width < 0 || box.height < 0 || std::max(box.width, box.height) < least ||
        std::max({std::abs(box.left), std::abs(box.top), box.width, box.height}) > most) {
      raise<ShapeError>(
          {"box: expected finite numbers up to 1e9 and a width and height, of which "
           "none is negative and one is at least 0.001, found ",
           text(box.width), " x ", text(box.height), " at ", text(box.left), ", ", text(box.top)});
    }
    constexpr double unit = 200;
    const double aspect =
        static_cast<double>(width_of_input) / static_cast<double>(height_of_input);
    double across = box.width;
    double down = box.height;
    if (across > aspect * down) {
      down = across / aspect;
    } else if (across < aspect * down) {
      across = down * aspect;
    }
    const auto side = [](double length) {
      return static_cast<float>(length / unit) * 1.25F * static_cast<float>(unit);
    };
    centre_x = static_cast<float>(box.left + box.width * 0.5);
    centre_y = static_cast<float>(box.top + box.height * 0.5);
    width = side(across);
    height = side(down);
  }

  float centre_x;
  float centre_y;
  float width;
  float height;

 private:
  static std::string text(double number) {
    char digits[32];
    std::snprintf(digits, sizeof digits, "%.6g", number);
    return digits;
  }
};

/// Samples a frame at `height x width` pixels: its corners are the centres of the corner pixels,
/// between pixels of the image it is linear, outside of it zeros.
///
/// Cost: some 30 operations a pixel. Source: transformers, `get_warp_matrix` and
/// `scipy_warp_affine`; scipy's `affine_transform` of order 1, whose rounding to bytes this is.
class BoxWarp {
 public:
  /// Keeps a copy of the view, whose pixels must outlive this.
  BoxWarp(const ImageView& image, const BoxFrame& frame, Index height, Index width) noexcept
      : image_(image),
        height_(height),
        width_(width),
        across_(frame.centre_x, frame.width, width),
        down_(frame.centre_y, frame.height, height) {}

  /// `sink(x, y, rgb)` for each pixel, row by row.
  template <class Sink>
  void operator()(const Sink& sink) const {
    for (Index y = 0; y < height_; ++y) {
      const Place row = down_.place(y, image_.height);
      for (Index x = 0; x < width_; ++x) {
        const Place column = across_.place(x, image_.width);
        sink(x, y,
             row.inside && column.inside ? pixel(row, column) : std::array<std::uint8_t, 3>{});
      }
    }
  }

 private:
  /// Between which of the image's rows or columns a pixel lies.
  struct Place {
    bool inside;
    Index first;
    Index second;
    double rest;  ///< from the first on
  };

  struct Axis {
    /// The reference makes the map from the image, in single precision, and inverts that.
    Axis(float centre, float side, Index output) noexcept {
      const double scale = static_cast<double>(output - 1) / static_cast<double>(side);
      const float from = -0.5F * (centre * 2.0F) + 0.5F * side;
      step = 1 / static_cast<double>(static_cast<float>(scale));
      offset = -(static_cast<double>(static_cast<float>(scale * static_cast<double>(from))) * step);
    }

    Place place(Index output, Index size) const noexcept {
      const double at = static_cast<double>(output) * step + offset;
      if (!(at >= 0 && at <= static_cast<double>(size - 1))) return {false, 0, 0, 0};
      const double first = std::floor(at);
      const auto index = static_cast<Index>(first);
      return {true, index, std::min(index + 1, size - 1), at - first};
    }

    double step;
    double offset;
  };

  std::array<std::uint8_t, 3> pixel(const Place& row, const Place& column) const noexcept {
    std::array<double, 3> sums{};
    const auto add = [&](Index y, Index x, double down, double across) {
      std::array<std::uint8_t, 3> rgb;
      copy_as_rgb(image_.row(y) + x * channels(image_.format), image_.format, 1, rgb.data());
      for (std::size_t c = 0; c < 3; ++c) sums[c] += static_cast<double>(rgb[c]) * down * across;
    };
    add(row.first, column.first, 1 - row.rest, 1 - column.rest);
    add(row.first, column.second, 1 - row.rest, column.rest);
    add(row.second, column.first, row.rest, 1 - column.rest);
    add(row.second, column.second, row.rest, column.rest);
    std::array<std::uint8_t, 3> rgb;
    for (std::size_t c = 0; c < 3; ++c) {
      rgb[c] = static_cast<std::uint8_t>(std::min(255.0, sums[c] + 0.5));
    }
    return rgb;
  }

  ImageView image_;
  Index height_;
  Index width_;
  Axis across_;
  Axis down_;
};

EIGENVIT_STRICT_MATH_END

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
