/// The sizes that images are resized to, as the references compute them.
#ifndef EIGENVIT_IMAGE_RESIZED_SIZE_HPP
#define EIGENVIT_IMAGE_RESIZED_SIZE_HPP

#include <algorithm>
#include <array>
#include <cmath>

#include <eigenvit/core/compiler.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

EIGENVIT_STRICT_MATH_BEGIN

/// `round` of Python: to the nearest, halves to even, whatever the rounding mode is.
inline double round_half_even(double value) noexcept {
  const double below = std::floor(value);
  const double rest = value - below;
  if (rest > 0.5 || (rest == 0.5 && std::fmod(below, 2.0) != 0.0)) return below + 1.0;
  return below;
}

/// `{height, width}` for `ResizeMode::shortest_edge`, in doubles, which hold every size exactly.
inline std::array<double, 2> shortest_edge_size(double height, double width, double edge,
                                                double longest) noexcept {
  const double shorter = std::min(height, width);
  const double longer = std::max(height, width);
  double exact = edge;
  double rounded = edge;
  if (longest > 0.0 && longer / shorter * edge > longest) {
    exact = longest * shorter / longer;
    rounded = std::max(1.0, round_half_even(exact));
  }
  if (shorter == rounded) return {height, width};
  const double other = std::floor(exact * longer / shorter);
  if (width < height) return {other, rounded};
  return {rounded, other};
}

/// `{height, width}` for `ResizeMode::cover` and `ResizeMode::contain`.
inline std::array<double, 2> keep_ratio_size(double height, double width, double target_height,
                                             double target_width, bool cover) noexcept {
  const double down = height / target_height;
  const double across = width / target_width;
  const double ratio = cover ? std::min(down, across) : std::max(down, across);
  // The reference fails where a side is rounded to 0, as of an image of 1x20000 that is to fit.
  return {std::max(1.0, round_half_even(height / ratio)),
          std::max(1.0, round_half_even(width / ratio))};
}

/// `{height, width}` for `ResizeMode::patches`, by the reference's bisection: its result depends on
/// where that ends.
inline std::array<double, 2> patches_size(double height, double width, double patch,
                                          double most) noexcept {
  constexpr double step = 1e-5;
  const auto scaled = [patch](double side, double scale) {
    return std::max(patch, std::ceil(side * scale / patch) * patch);
  };
  double least = step / 10;
  double greatest = 100;
  while (greatest - least >= step) {
    const double scale = (least + greatest) / 2;
    const double patches = (scaled(height, scale) / patch) * (scaled(width, scale) / patch);
    (patches <= most ? least : greatest) = scale;
  }
  return {scaled(height, least), scaled(width, least)};
}

/// `{height, width}` for `ResizeMode::nearest_side`, of sides that are multiples of `multiple`
/// before they are rounded down.
inline std::array<double, 2> nearest_side_size(double height, double width, double target_height,
                                               double target_width, double multiple) noexcept {
  const double down = target_height / height;
  const double across = target_width / width;
  const double scale = std::abs(1.0 - across) < std::abs(1.0 - down) ? across : down;
  return {std::floor(round_half_even(scale * height / multiple) * multiple),
          std::floor(round_half_even(scale * width / multiple) * multiple)};
}

EIGENVIT_STRICT_MATH_END

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
