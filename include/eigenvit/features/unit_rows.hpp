/// Vectors of length 1.
#ifndef EIGENVIT_FEATURES_UNIT_ROWS_HPP
#define EIGENVIT_FEATURES_UNIT_ROWS_HPP

#include <cmath>
#include <string_view>

#include <eigenvit/core/error.hpp>
#include <eigenvit/core/finite.hpp>
#include <eigenvit/core/message.hpp>
#include <eigenvit/core/types.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// The sum of the squares of `count` values, in double precision.
inline double squared_length(const float* values, Index count) {
  double sum = 0;
  for (Index i = 0; i < count; ++i) sum += static_cast<double>(values[i]) * values[i];
  return sum;
}

/// Whether a vector of this squared length counts as one of length 1 in an index of images.
inline bool is_unit(double squares) noexcept {
  return is_finite(squares) && std::abs(squares - 1) < 1e-3;
}

/// The first of the rows `[N, D]` that is longer than 1 by more than the rounding of its values, or
/// has values that are not finite; -1 where there is none.
inline Index first_longer_than_1(const Matrix<float>& rows) {
  for (Index i = 0; i < rows.rows(); ++i) {
    const double squares = squared_length(rows.data() + i * rows.cols(), rows.cols());
    if (!is_finite(squares) || squares > 1 + 1e-6) return i;
  }
  return -1;
}

/// The rows `[N, D]`, each scaled to length 1. Throws `ShapeError`, which names the row by `what`
/// and its number, when one is of zeros or of values that are not finite.
inline Matrix<float> unit_rows(const ConstMatrixRef<float>& rows, std::string_view what) {
  Matrix<float> scaled = rows;
  for (Index i = 0; i < scaled.rows(); ++i) {
    float* const row = scaled.data() + i * scaled.cols();
    const double squares = squared_length(row, scaled.cols());
    if (!is_finite(squares) || !(squares > 0)) {
      raise<ShapeError>({what, " ", i, ": expected a vector with a direction, found one of ",
                         is_finite(squares) ? "zeros" : "values that are not finite"});
    }
    const double scale = 1 / std::sqrt(squares);
    for (Index k = 0; k < scaled.cols(); ++k) row[k] = static_cast<float>(row[k] * scale);
  }
  return scaled;
}

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
