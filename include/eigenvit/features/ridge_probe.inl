#ifndef EIGENVIT_FEATURES_RIDGE_PROBE_INL
#define EIGENVIT_FEATURES_RIDGE_PROBE_INL

#include <string>
#include <utility>

#include <Eigen/Cholesky>

#include <eigenvit/core/error.hpp>
#include <eigenvit/core/finite.hpp>
#include <eigenvit/core/message.hpp>
#include <eigenvit/features/matrix_product.hpp>
#include <eigenvit/features/ridge_probe.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// `(A + alpha I)^-1 B` for `A` symmetric and positive semidefinite.
EIGENVIT_INLINE Matrix<double> solve_ridge(Matrix<double> a, double alpha,
                                           const Matrix<double>& b) {
  a.diagonal().array() += alpha;
  const Eigen::LLT<Matrix<double>> cholesky(std::move(a));
  if (cholesky.info() != Eigen::Success) {
    raise<ConfigError>(
        {"ridge probe: expected an alpha large enough for features that depend on "
         "each other, found a system that cannot be solved"});
  }
  return cholesky.solve(b);
}

}  // namespace detail

EIGENVIT_INLINE LinearProbe fit_ridge_probe(const TrainingSet& set, const RidgeOptions& options) {
  if (!detail::is_finite(options.alpha) || !(options.alpha > 0)) {
    detail::raise<ConfigError>(
        {"ridge probe: expected a finite alpha above 0, found ", std::to_string(options.alpha)});
  }
  FeatureScaling scaling = FeatureScaling::fit(options.scaling, set.features());
  Matrix<double> x = scaling(set.features()).cast<double>();
  Matrix<double> y = Matrix<double>::Constant(set.size(), set.class_count(), -1.0);
  for (Index row = 0; row < set.size(); ++row) y(row, set.class_of(row)) = 1.0;
  const Matrix<double> x_mean = x.colwise().mean();
  const Eigen::RowVectorXd y_mean = y.colwise().mean();
  x.rowwise() -= x_mean.row(0);
  y.rowwise() -= y_mean;

  Matrix<double> weight(set.class_count(), set.width());
  if (set.size() < set.width()) {
    weight = detail::product_of_transposed(
        detail::solve_ridge(detail::product_by_transposed(x, x), options.alpha, y), x);
  } else {
    weight = detail::solve_ridge(detail::product_of_transposed(x, x), options.alpha,
                                 detail::product_of_transposed(x, y))
                 .transpose();
  }
  const Vector<double> bias = (y_mean - detail::product_by_transposed(x_mean, weight)).transpose();
  return LinearProbe(std::move(scaling), weight.cast<float>(), bias.cast<float>());
}

}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
