#ifndef EIGENVIT_FEATURES_LOGISTIC_PROBE_INL
#define EIGENVIT_FEATURES_LOGISTIC_PROBE_INL

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include <eigenvit/core/error.hpp>
#include <eigenvit/core/finite.hpp>
#include <eigenvit/core/message.hpp>
#include <eigenvit/features/logistic_probe.hpp>
#include <eigenvit/features/matrix_product.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// The objective at one point, `parameters [C, D + 1]` with the intercepts in the last column, and
/// its derivatives there.
class LogisticObjective {
 public:
  /// `features [N, D + 1]` with a last column of ones, `classes [N]`; both must outlive this.
  LogisticObjective(const Matrix<double>& features, const std::vector<Index>& classes,
                    double penalty)
      : features_(features), classes_(classes), penalty_(penalty) {}

  /// Moves to a point and gives the objective there.
  double move_to(const Matrix<double>& parameters) {
    probabilities_ = product_by_transposed(features_, parameters);
    double loss = 0;
    for (Index row = 0; row < probabilities_.rows(); ++row) {
      auto logits = probabilities_.row(row);
      const double max = logits.maxCoeff();
      const double of_class = logits[classes_[static_cast<std::size_t>(row)]] - max;
      logits = (logits.array() - max).exp();
      const double total = logits.sum();
      logits /= total;
      loss += std::log(total) - of_class;
    }
    const Index width = features_.cols() - 1;
    return loss + 0.5 * penalty_ * parameters.leftCols(width).squaredNorm();
  }

  /// `[C, D + 1]`.
  Matrix<double> gradient(const Matrix<double>& parameters) const {
    Matrix<double> residuals = probabilities_;
    for (Index row = 0; row < residuals.rows(); ++row) {
      residuals(row, classes_[static_cast<std::size_t>(row)]) -= 1.0;
    }
    return with_penalty(product_of_transposed(residuals, features_), parameters);
  }

  /// Product of the Hessian with a direction, `[C, D + 1]`.
  Matrix<double> hessian_times(const Matrix<double>& direction) const {
    Matrix<double> changes = product_by_transposed(features_, direction);
    for (Index row = 0; row < changes.rows(); ++row) {
      const auto p = probabilities_.row(row);
      const double mean = p.dot(changes.row(row));
      changes.row(row) = p.array() * (changes.row(row).array() - mean);
    }
    return with_penalty(product_of_transposed(changes, features_), direction);
  }

  /// Diagonal of the Hessian, `[C, D + 1]`.
  Matrix<double> hessian_diagonal() const {
    const Matrix<double> variances = probabilities_.array() * (1.0 - probabilities_.array());
    Matrix<double> diagonal = product_of_transposed(variances, features_.cwiseAbs2());
    diagonal.leftCols(features_.cols() - 1).array() += penalty_;
    return diagonal;
  }

 private:
  Matrix<double> with_penalty(Matrix<double> sum, const Matrix<double>& direction) const {
    const Index width = features_.cols() - 1;
    sum.leftCols(width) += penalty_ * direction.leftCols(width);
    return sum;
  }

  const Matrix<double>& features_;
  const std::vector<Index>& classes_;
  double penalty_;
  Matrix<double> probabilities_;  ///< `[N, C]`, at the point
};

inline double inner_product(const Matrix<double>& a, const Matrix<double>& b) {
  return a.cwiseProduct(b).sum();
}

/// A step along which the objective falls: `-H^-1 g`, as far as conjugate gradients come with a
/// residual that shrinks with the gradient, which makes Newton's method converge faster than
/// linearly.
EIGENVIT_INLINE Matrix<double> newton_step(const LogisticObjective& objective,
                                           const Matrix<double>& gradient) {
  constexpr int most_products = 1000;
  // An intercept of a class whose probabilities are all 0 or 1 has no curvature.
  const Matrix<double> diagonal = objective.hessian_diagonal().cwiseMax(1e-12);
  const double norm = gradient.norm();
  const double enough = std::min(0.1, std::sqrt(norm)) * norm;

  Matrix<double> step = Matrix<double>::Zero(gradient.rows(), gradient.cols());
  Matrix<double> residual = -gradient;
  Matrix<double> scaled = residual.cwiseQuotient(diagonal);
  Matrix<double> direction = scaled;
  double product = inner_product(residual, scaled);
  for (int i = 0; i < most_products && residual.norm() > enough; ++i) {
    const Matrix<double> curved = objective.hessian_times(direction);
    const double curvature = inner_product(direction, curved);
    // The objective is convex, so this is rounding.
    if (!(curvature > 0)) break;
    const double length = product / curvature;
    step += length * direction;
    residual -= length * curved;
    scaled = residual.cwiseQuotient(diagonal);
    const double next = inner_product(residual, scaled);
    direction = scaled + next / product * direction;
    product = next;
  }
  if (!(inner_product(step, gradient) < 0)) step = -gradient.cwiseQuotient(diagonal);
  return step;
}

inline void check_positive(double value, const char* name) {
  if (is_finite(value) && value > 0) return;
  raise<ConfigError>(
      {"logistic probe: expected a finite ", name, " above 0, found ", std::to_string(value)});
}

}  // namespace detail

EIGENVIT_INLINE LogisticFit fit_logistic_probe(const TrainingSet& set,
                                               const LogisticOptions& options) {
  detail::check_positive(options.c, "C");
  detail::check_positive(options.tolerance, "tolerance");
  if (options.max_iterations < 1) {
    detail::raise<ConfigError>(
        {"logistic probe: expected at least 1 iteration, found ", options.max_iterations});
  }
  FeatureScaling scaling = FeatureScaling::fit(options.scaling, set.features());
  const Index width = set.width();
  const auto count = static_cast<double>(set.size());
  Matrix<double> features(set.size(), width + 1);
  features.leftCols(width) = scaling(set.features()).cast<double>();
  features.col(width).setOnes();

  // Of two classes the weights are each other's negative, w/2 and -w/2, so |w|^2 is twice |W|^2.
  const double penalty = (set.class_count() == 2 ? 2.0 : 1.0) / options.c;
  detail::LogisticObjective objective(features, set.classes(), penalty);
  Matrix<double> parameters = Matrix<double>::Zero(set.class_count(), width + 1);
  double value = objective.move_to(parameters);
  Matrix<double> gradient = objective.gradient(parameters);
  Index iterations = 0;
  const auto steepest = [&] { return gradient.cwiseAbs().maxCoeff() / count; };

  while (steepest() > options.tolerance && iterations < options.max_iterations) {
    ++iterations;
    const Matrix<double> step = detail::newton_step(objective, gradient);
    const double slope = detail::inner_product(step, gradient);
    // Near the minimum the objective falls by less than its rounding.
    const double rounding = 1e-14 * (1.0 + std::abs(value));
    constexpr int most_halvings = 40;
    double length = 1;
    double next = 0;
    Matrix<double> reached;
    for (int halvings = 0; halvings < most_halvings; ++halvings, length *= 0.5) {
      reached = parameters + length * step;
      next = objective.move_to(reached);
      if (next <= value + 1e-4 * length * slope + rounding) break;
    }
    parameters = std::move(reached);
    value = next;
    gradient = objective.gradient(parameters);
  }

  // Equal shifts of all intercepts change nothing.
  parameters.col(width).array() -= parameters.col(width).mean();
  const double slope = steepest();
  return {LinearProbe(std::move(scaling), parameters.leftCols(width).cast<float>(),
                      parameters.col(width).cast<float>()),
          value, slope, iterations, slope <= options.tolerance};
}

}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
