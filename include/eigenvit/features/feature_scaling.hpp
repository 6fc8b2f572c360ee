/// What happens to a feature vector before a classifier reads it.
#ifndef EIGENVIT_FEATURES_FEATURE_SCALING_HPP
#define EIGENVIT_FEATURES_FEATURE_SCALING_HPP

#include <eigenvit/core/compiler.hpp>
#include <eigenvit/core/types.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {

/// A rule for scaling feature vectors.
enum class ScalingKind {
  none,         ///< `x`
  unit_length,  ///< `x / max(|x|, 1e-12)`, so that dot products are cosines; twice is as once
                ///< but for vectors shorter than 1e-12
  standardize,  ///< `(x - mean) / scale`, value by value: mean 0 and variance 1 over what it was
                ///< fitted to
};

/// Scales feature vectors `[N, D]` by a rule, which is kept with the classifier that was fitted to
/// the scaled vectors.
class FeatureScaling {
 public:
  /// `none`.
  FeatureScaling() = default;

  /// The rule, fitted to `features [N, D]`: for `standardize` the mean and the standard deviation
  /// `sqrt(sum (x - mean)^2 / N)` of each value, 1 in place of the deviation of a value that never
  /// changes. Source of these choices: scikit-learn's `StandardScaler`.
  static FeatureScaling fit(ScalingKind kind, const ConstMatrixRef<float>& features);

  /// `standardize` with what was fitted before. Throws `ShapeError` unless both are `[D]`,
  /// `ConfigError` unless all values are finite and every scale is positive.
  static FeatureScaling standardize(Vector<float> mean, Vector<float> scale);

  /// `unit_length`.
  static FeatureScaling unit_length();

  ScalingKind kind() const noexcept { return kind_; }
  const Vector<float>& mean() const noexcept { return mean_; }    ///< `[D]`; empty for other rules
  const Vector<float>& scale() const noexcept { return scale_; }  ///< `[D]`; empty for other rules

  /// The scaled vectors `[N, D]`. Throws `ShapeError` for another width than it was fitted to,
  /// `ConfigError` where a scaled value is not finite.
  Matrix<float> operator()(const ConstMatrixRef<float>& features) const;

 private:
  ScalingKind kind_ = ScalingKind::none;
  Vector<float> mean_;
  Vector<float> scale_;
};

}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#if EIGENVIT_HEADER_ONLY
#include <eigenvit/features/feature_scaling.inl>
#endif

#endif
