/// Many descriptors of an image as one vector, by generalised means.
#ifndef EIGENVIT_FEATURES_GEM_POOLING_HPP
#define EIGENVIT_FEATURES_GEM_POOLING_HPP

#include <eigenvit/core/compiler.hpp>
#include <eigenvit/core/types.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {

struct GemOptions {
  double p = 3;         ///< 1: the mean; the larger, the nearer to the largest value
  double least = 1e-6;  ///< values below it count as this
};

/// Generalised-mean pooling of descriptors `x [N, D]`, such as patches:
/// `y_d = (mean over i of max(x_id, least)^p)^(1/p)`.
///
/// Throws `ShapeError` without descriptors, `ConfigError` unless `p` and `least` are positive and
/// finite. Cost: `N D` powers. Source: Radenović et al., arXiv:1711.02512.
Vector<float> gem_pooling(const ConstMatrixRef<float>& descriptors, const GemOptions& options = {});

}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#if EIGENVIT_HEADER_ONLY
#include <eigenvit/features/gem_pooling.inl>
#endif

#endif
