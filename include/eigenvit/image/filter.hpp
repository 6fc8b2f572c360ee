/// The filters of a resize.
#ifndef EIGENVIT_IMAGE_FILTER_HPP
#define EIGENVIT_IMAGE_FILTER_HPP

#include <cmath>

#include <eigenvit/core/compiler.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {

/// Pillow's filters, with the formula `f(x)` and, in brackets, the support `S` of each:
/// - `nearest`: the pixel below the centre of the output pixel;
/// - `box` [0.5]: 1 for `-0.5 < x <= 0.5`;
/// - `bilinear` [1]: `1 - |x|`;
/// - `hamming` [1]: `sinc(x) (0.54 + 0.46 cos(pi x))`;
/// - `bicubic` [2]: Keys' cubic with `a = -0.5`;
/// - `lanczos` [3]: `sinc(x) sinc(x/3)`.
enum class Filter { nearest, box, bilinear, hamming, bicubic, lanczos };

namespace detail {

EIGENVIT_STRICT_MATH_BEGIN

/// How far from its centre a filter reaches.
inline double filter_support(Filter filter) noexcept {
  switch (filter) {
    case Filter::nearest:
      return 0.0;
    case Filter::box:
      return 0.5;
    case Filter::bilinear:
    case Filter::hamming:
      return 1.0;
    case Filter::bicubic:
      return 2.0;
    case Filter::lanczos:
      return 3.0;
  }
  return 0.0;
}

inline double sinc(double x) noexcept {
  constexpr double pi = 3.14159265358979323846;
  if (x == 0.0) return 1.0;
  x *= pi;
  return std::sin(x) / x;
}

/// The filter's value at `x`, with the operations in Pillow's order.
inline double filter_value(Filter filter, double x) noexcept {
  constexpr double pi = 3.14159265358979323846;
  const double u = x < 0.0 ? -x : x;
  switch (filter) {
    case Filter::nearest:
      return 0.0;
    case Filter::box:
      return x > -0.5 && x <= 0.5 ? 1.0 : 0.0;
    case Filter::bilinear:
      return u < 1.0 ? 1.0 - u : 0.0;
    case Filter::hamming: {
      if (u == 0.0) return 1.0;
      if (u >= 1.0) return 0.0;
      const double angle = u * pi;
      // Pillow writes the two constants in single precision.
      return std::sin(angle) / angle *
             (static_cast<double>(0.54F) + static_cast<double>(0.46F) * std::cos(angle));
    }
    case Filter::bicubic: {
      constexpr double a = -0.5;
      if (u < 1.0) return ((a + 2.0) * u - (a + 3.0)) * u * u + 1.0;
      if (u < 2.0) return (((u - 5.0) * u + 8.0) * u - 4.0) * a;
      return 0.0;
    }
    case Filter::lanczos:
      return x >= -3.0 && x < 3.0 ? sinc(x) * sinc(x / 3.0) : 0.0;
  }
  return 0.0;
}

EIGENVIT_STRICT_MATH_END

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
