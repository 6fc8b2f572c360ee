#ifndef EIGENVIT_FEATURES_GEM_POOLING_INL
#define EIGENVIT_FEATURES_GEM_POOLING_INL

#include <algorithm>
#include <cmath>
#include <string>

#include <eigenvit/core/error.hpp>
#include <eigenvit/core/finite.hpp>
#include <eigenvit/core/message.hpp>
#include <eigenvit/features/gem_pooling.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {

EIGENVIT_INLINE Vector<float> gem_pooling(const ConstMatrixRef<float>& descriptors,
                                          const GemOptions& options) {
  if (descriptors.rows() < 1) {
    detail::raise<ShapeError>({"GeM pooling: expected a descriptor or more, found none"});
  }
  // Outside of these bounds roots and powers of doubles are no means any more.
  if (!(options.p >= 1e-6 && options.p <= 1e6)) {
    detail::raise<ConfigError>(
        {"GeM pooling: expected p from 1e-6 to 1e6, found ", std::to_string(options.p)});
  }
  if (!detail::is_finite(options.least) || !(options.least > 0)) {
    detail::raise<ConfigError>(
        {"GeM pooling: expected a positive least, found ", std::to_string(options.least)});
  }
  for (Index i = 0; i < descriptors.rows(); ++i) {
    for (Index d = 0; d < descriptors.cols(); ++d) {
      if (detail::is_finite(descriptors(i, d))) continue;
      detail::raise<ShapeError>(
          {"GeM pooling: expected finite descriptors, found NaN or an infinity in descriptor ", i});
    }
  }
  Vector<float> pooled(descriptors.cols());
  for (Index d = 0; d < descriptors.cols(); ++d) {
    // Relative to the largest value, so that no power overflows.
    const double largest =
        std::max(options.least, static_cast<double>(descriptors.col(d).maxCoeff()));
    double sum = 0;
    for (Index i = 0; i < descriptors.rows(); ++i) {
      sum += std::pow(std::max(options.least, static_cast<double>(descriptors(i, d))) / largest,
                      options.p);
    }
    pooled[d] = static_cast<float>(
        largest * std::pow(sum / static_cast<double>(descriptors.rows()), 1 / options.p));
  }
  return pooled;
}

}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
