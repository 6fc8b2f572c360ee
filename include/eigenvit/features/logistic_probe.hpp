/// Multinomial logistic regression.
#ifndef EIGENVIT_FEATURES_LOGISTIC_PROBE_HPP
#define EIGENVIT_FEATURES_LOGISTIC_PROBE_HPP

#include <eigenvit/core/compiler.hpp>
#include <eigenvit/features/linear_probe.hpp>
#include <eigenvit/features/training_set.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {

/// How `fit_logistic_probe` fits.
struct LogisticOptions {
  double c = 1;  ///< inverse weight of the penalty, positive
  /// Unit vectors make a penalty mean the same for the features of every model.
  ScalingKind scaling = ScalingKind::unit_length;
  /// Bound on the gradient's largest entry over `N`, below which the fit is done.
  double tolerance = 1e-8;
  Index max_iterations = 100;
};

/// A probe and how well it was fitted.
struct LogisticFit {
  LinearProbe probe;
  double objective = 0;  ///< of the formula below
  double gradient = 0;   ///< the largest entry, over `N`
  Index iterations = 0;
  bool converged = false;
};

/// The most probable linear classifier under a Gaussian prior, with the intercept unpenalised:
///
///     minimise  sum_n -log softmax(W x_n + b)[y_n]  +  |W|^2 / (2 C)
///
/// over scaled features `x [N, D]`. Scores are logits: their softmax are probabilities. The
/// objective is that of scikit-learn's `LogisticRegression(C)`; for two classes it is, as there,
/// that of `sigmoid(w x + b)` with the penalty `|w|^2 / (2 C)`, and the logits are
/// `-(w x + b) / 2` and `(w x + b) / 2`.
///
/// Newton's method in double precision. Each step is solved by conjugate gradients with products
/// of Hessian and vector, so that no matrix of `CD x CD` is made, and shortened until the objective
/// falls. The result is the same on every run. Throws `ConfigError` unless `c` and the tolerance
/// are finite and positive and `max_iterations` is positive. Cost: `4 N D C` flops a product, some
/// tens to hundreds of products.
/// Source: Nocedal and Wright 2006, "Numerical Optimization", algorithm 7.1.
LogisticFit fit_logistic_probe(const TrainingSet& set, const LogisticOptions& options = {});

}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#if EIGENVIT_HEADER_ONLY
#include <eigenvit/features/logistic_probe.inl>
#endif

#endif
