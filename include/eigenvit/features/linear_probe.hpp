/// A linear classifier of frozen features.
#ifndef EIGENVIT_FEATURES_LINEAR_PROBE_HPP
#define EIGENVIT_FEATURES_LINEAR_PROBE_HPP

#include <eigenvit/core/compiler.hpp>
#include <eigenvit/core/types.hpp>
#include <eigenvit/features/feature_scaling.hpp>
#include <eigenvit/layers/linear.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {

/// A score for each class, `scores = s(x) W' + b`, with `s` the scaling of features. The class of
/// the highest score is predicted. Made by `fit_prototypes`, `fit_ridge_probe` and
/// `fit_logistic_probe`, whose scores mean different things.
///
/// Shapes: weight `[C, D]`, bias `[C]`, features `[N, D]`, scores `[N, C]`. Immutable; any number
/// of threads may use one at the same time. A vector's scores do not depend on those beside it.
class LinearProbe {
 public:
  /// Throws `ShapeError` unless there is a value of bias for each row of the weight and the
  /// scaling is for its width, `ConfigError` for a value that is not finite.
  LinearProbe(FeatureScaling scaling, Matrix<float> weight, Vector<float> bias);

  const FeatureScaling& scaling() const noexcept { return scaling_; }
  const Matrix<float>& weight() const noexcept { return weight_; }
  const Vector<float>& bias() const noexcept { return bias_; }
  Index width() const noexcept { return weight_.cols(); }        ///< D
  Index class_count() const noexcept { return weight_.rows(); }  ///< C

  /// Scores `[N, C]` of features `[N, D]`. Throws `ShapeError` for another width,
  /// `ConfigError` for features that are not finite. Cost: `2 N C D` flops.
  Matrix<float> scores(const ConstMatrixRef<float>& features) const;

 private:
  FeatureScaling scaling_;
  Matrix<float> weight_;
  Vector<float> bias_;
  Linear<float> linear_;
};

}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#if EIGENVIT_HEADER_ONLY
#include <eigenvit/features/linear_probe.inl>
#endif

#endif
