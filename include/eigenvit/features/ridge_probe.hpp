/// Ridge regression on the classes.
#ifndef EIGENVIT_FEATURES_RIDGE_PROBE_HPP
#define EIGENVIT_FEATURES_RIDGE_PROBE_HPP

#include <eigenvit/core/compiler.hpp>
#include <eigenvit/features/linear_probe.hpp>
#include <eigenvit/features/training_set.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {

/// How `fit_ridge_probe` fits.
struct RidgeOptions {
  double alpha = 1;  ///< weight of the penalty, positive
  /// Unit vectors make a penalty mean the same for the features of every model.
  ScalingKind scaling = ScalingKind::unit_length;
};

/// Least squares on targets `Y [N, C]`, 1 for the vector's class and -1 for the others, with the
/// intercept unpenalised:
///
///     minimise |X W' + 1 b' - Y|^2 + alpha |W|^2
///
/// over scaled features `X [N, D]`. With `X`, `Y` centred the solution is
/// `W' = (X'X + alpha I)^-1 X'Y = X'(XX' + alpha I)^-1 Y`, of which the smaller system is solved,
/// in double precision by Cholesky's decomposition. Scores are the decision values of
/// scikit-learn's `RidgeClassifier(alpha)` (for two classes it gives the second's; the first's is
/// its negative).
///
/// Throws `ConfigError` unless alpha is finite and positive, and large enough for the system to be
/// solved. Cost: about `N D min(N, D)` flops.
/// Source: Hoerl and Kennard 1970, "Ridge Regression".
LinearProbe fit_ridge_probe(const TrainingSet& set, const RidgeOptions& options = {});

}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#if EIGENVIT_HEADER_ONLY
#include <eigenvit/features/ridge_probe.inl>
#endif

#endif
