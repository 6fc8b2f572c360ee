/// The line that takes one map of numbers to another.
#ifndef EIGENVIT_PIPELINE_FITTED_LINE_HPP
#define EIGENVIT_PIPELINE_FITTED_LINE_HPP

#include <array>

#include <eigenvit/core/types.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// `scale * x + offset` that comes closest to `y` by least squares; `{0, mean of y}` where no scale
/// above 0 does. Both are matrices of one size.
template <class X, class Y>
std::array<double, 2> fitted_line(const X& x, const Y& y) {
  const double x_mean = x.template cast<double>().mean();
  const double y_mean = y.template cast<double>().mean();
  const auto from_mean = (x.template cast<double>().array() - x_mean).eval();
  const double spread = from_mean.square().sum();
  const double both = (from_mean * (y.template cast<double>().array() - y_mean)).sum();
  const double scale = both > 0 && spread > 0 ? both / spread : 0;
  return {scale, y_mean - scale * x_mean};
}

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
