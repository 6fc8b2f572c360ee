#ifndef EIGENVIT_FEATURES_FEATURE_SCALING_INL
#define EIGENVIT_FEATURES_FEATURE_SCALING_INL

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include <eigenvit/core/error.hpp>
#include <eigenvit/core/finite.hpp>
#include <eigenvit/core/message.hpp>
#include <eigenvit/features/feature_scaling.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {

EIGENVIT_INLINE FeatureScaling FeatureScaling::fit(ScalingKind kind,
                                                   const ConstMatrixRef<float>& features) {
  if (kind == ScalingKind::none) return {};
  if (kind == ScalingKind::unit_length) return unit_length();
  const Index count = features.rows();
  if (count < 1) {
    detail::raise<ShapeError>({"feature scaling: expected at least 1 vector to fit, found 0"});
  }
  const auto n = static_cast<double>(count);
  Vector<float> mean(features.cols());
  Vector<float> scale(features.cols());
  for (Index col = 0; col < features.cols(); ++col) {
    double sum = 0;
    for (Index row = 0; row < count; ++row) sum += features(row, col);
    const double middle = sum / n;
    double squares = 0;
    for (Index row = 0; row < count; ++row) {
      const double difference = features(row, col) - middle;
      squares += difference * difference;
    }
    const double variance = squares / n;
    // What rounding alone can make of a value that is the same everywhere.
    constexpr double epsilon = std::numeric_limits<double>::epsilon();
    const double rounding = n * epsilon * variance + n * middle * epsilon * n * middle * epsilon;
    mean[col] = static_cast<float>(middle);
    scale[col] = variance <= rounding ? 1.0F : static_cast<float>(std::sqrt(variance));
    // A deviation that a float cannot hold is of a value that does not change either.
    if (!(scale[col] > 0)) scale[col] = 1.0F;
  }
  return standardize(std::move(mean), std::move(scale));
}

EIGENVIT_INLINE FeatureScaling FeatureScaling::standardize(Vector<float> mean,
                                                           Vector<float> scale) {
  if (mean.size() < 1 || mean.size() != scale.size()) {
    detail::raise<ShapeError>({"feature scaling: expected as many means as scales, found ",
                               mean.size(), " and ", scale.size()});
  }
  for (Index i = 0; i < mean.size(); ++i) {
    if (detail::is_finite(mean[i]) && detail::is_finite(scale[i]) && scale[i] > 0) continue;
    detail::raise<ConfigError>(
        {"feature scaling: expected finite means and positive scales, found others at value ", i});
  }
  FeatureScaling scaling;
  scaling.kind_ = ScalingKind::standardize;
  scaling.mean_ = std::move(mean);
  scaling.scale_ = std::move(scale);
  return scaling;
}

EIGENVIT_INLINE FeatureScaling FeatureScaling::unit_length() {
  FeatureScaling scaling;
  scaling.kind_ = ScalingKind::unit_length;
  return scaling;
}

EIGENVIT_INLINE Matrix<float> FeatureScaling::operator()(
    const ConstMatrixRef<float>& features) const {
  Matrix<float> scaled = features;
  if (kind_ == ScalingKind::unit_length) {
    for (Index row = 0; row < scaled.rows(); ++row) {
      double squares = 0;
      for (Index col = 0; col < scaled.cols(); ++col) {
        squares += static_cast<double>(scaled(row, col)) * scaled(row, col);
      }
      // Single precision cannot come closer to 1.
      if (std::abs(squares - 1.0) <= 2e-7) continue;
      const double length = std::max(std::sqrt(squares), 1e-12);
      for (Index col = 0; col < scaled.cols(); ++col) {
        scaled(row, col) = static_cast<float>(scaled(row, col) / length);
      }
    }
  } else if (kind_ == ScalingKind::standardize) {
    if (scaled.cols() != mean_.size()) {
      detail::raise<ShapeError>({"feature scaling: expected vectors of ", mean_.size(),
                                 " values, found ", scaled.cols()});
    }
    for (Index row = 0; row < scaled.rows(); ++row) {
      for (Index col = 0; col < scaled.cols(); ++col) {
        scaled(row, col) = (scaled(row, col) - mean_[col]) / scale_[col];
      }
    }
  }
  for (Index row = 0; row < scaled.rows(); ++row) {
    for (Index col = 0; col < scaled.cols(); ++col) {
      if (detail::is_finite(scaled(row, col))) continue;
      detail::raise<ConfigError>(
          {"feature scaling: expected finite features, found another in vector ", row});
    }
  }
  return scaled;
}

}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
