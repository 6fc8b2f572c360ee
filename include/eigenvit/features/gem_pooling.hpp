/// Many descriptors of an image as one vector, by generalised means.
#ifndef EIGENVIT_FEATURES_GEM_POOLING_HPP
#define EIGENVIT_FEATURES_GEM_POOLING_HPP

#include <eigenvit/core/compiler.hpp>
#include <eigenvit/core/types.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {

struct GemOptions {
  /// 1: the mean; the larger, the nearer to the largest value; from 1e-6 to 1e6.
  double p = 3;
  double least = 1e-6;  ///< values below it count as this
};

/// Generalised-mean pooling of descriptors `x [N, D]`, such as patches:
/// `y_d = (mean over i of max(x_id, least)^p)^(1/p)`.
///
/// Throws `ShapeError` without descriptors and where one holds NaN or an infinity, `ConfigError`
/// unless `p` is within its bounds and `least` is positive and finite. Cost: `N D` powers. Source:
/// Radenović et al., arXiv:1711.02512.
Vector<float> gem_pooling(const ConstMatrixRef<float>& descriptors, const GemOptions& options = {});

}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#if EIGENVIT_HEADER_ONLY
#include <eigenvit/features/gem_pooling.inl>
#endif

#endif
