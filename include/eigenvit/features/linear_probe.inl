#ifndef EIGENVIT_FEATURES_LINEAR_PROBE_INL
#define EIGENVIT_FEATURES_LINEAR_PROBE_INL

#include <algorithm>
#include <utility>

#include <eigenvit/core/error.hpp>
#include <eigenvit/core/finite.hpp>
#include <eigenvit/core/message.hpp>
#include <eigenvit/features/linear_probe.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {

EIGENVIT_INLINE LinearProbe::LinearProbe(FeatureScaling scaling, Matrix<float> weight,
                                         Vector<float> bias)
    : scaling_(std::move(scaling)), weight_(std::move(weight)), bias_(std::move(bias)) {
  if (weight_.rows() < 1 || weight_.cols() < 1 || bias_.size() != weight_.rows()) {
    detail::raise<ShapeError>({"linear probe: expected a weight [C, D] and a bias [C], found [",
                               weight_.rows(), ", ", weight_.cols(), "] and [", bias_.size(), "]"});
  }
  if (scaling_.kind() == ScalingKind::standardize && scaling_.mean().size() != width()) {
    detail::raise<ShapeError>({"linear probe: expected a scaling of ", width(), " values, found ",
                               scaling_.mean().size()});
  }
  const auto finite = [](float value) { return detail::is_finite(value); };
  if (!std::all_of(weight_.data(), weight_.data() + weight_.size(), finite) ||
      !std::all_of(bias_.data(), bias_.data() + bias_.size(), finite)) {
    detail::raise<ConfigError>({"linear probe: expected finite weights, found others"});
  }
  linear_ = Linear<float>(weight_, bias_);
}

EIGENVIT_INLINE Matrix<float> LinearProbe::scores(const ConstMatrixRef<float>& features) const {
  if (features.cols() != width()) {
    detail::raise<ShapeError>(
        {"linear probe: expected features of ", width(), " values, found ", features.cols()});
  }
  return linear_(scaling_(features));
}

}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
