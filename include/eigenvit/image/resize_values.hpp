/// Resizing of numbers, where a recipe rescales before it resizes.
#ifndef EIGENVIT_IMAGE_RESIZE_VALUES_HPP
#define EIGENVIT_IMAGE_RESIZE_VALUES_HPP

#include <algorithm>
#include <cstddef>
#include <vector>

#include <eigenvit/core/compiler.hpp>
#include <eigenvit/image/filter.hpp>
#include <eigenvit/image/image.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

EIGENVIT_STRICT_MATH_BEGIN

/// The sources that each output of an axis is made of, with float32 weights that add up to 1. The
/// kernel is widened where the axis shrinks, and what lies beyond the border is left out.
class ValueAxis {
 public:
  ValueAxis(Index in, Index out, Filter filter) {
    const float scale = static_cast<float>(in) / static_cast<float>(out);
    const float stretch = std::max(scale, 1.0F);
    const float support = static_cast<float>(filter_support(filter)) * stretch;
    for (Index i = 0; i < out; ++i) {
      const float center = scale * (static_cast<float>(i) + 0.5F);
      const Index first = std::max<Index>(static_cast<Index>(center - support + 0.5F), 0);
      const Index last = std::min<Index>(static_cast<Index>(center + support + 0.5F), in);
      first_.push_back(first);
      begin_.push_back(weights_.size());
      float sum = 0;
      for (Index s = first; s < last; ++s) {
        const float x = (static_cast<float>(s) - center + 0.5F) / stretch;
        weights_.push_back(static_cast<float>(filter_value(filter, static_cast<double>(x))));
        sum += weights_.back();
      }
      for (std::size_t w = begin_.back(); w < weights_.size(); ++w) weights_[w] /= sum;
    }
    begin_.push_back(weights_.size());
  }

  /// `sum of weight * values[source * stride]` for output `i`.
  float apply(Index i, const float* values, Index stride) const noexcept {
    const auto at = static_cast<std::size_t>(i);
    float sum = 0;
    const float* value = values + first_[at] * stride;
    for (std::size_t w = begin_[at]; w < begin_[at + 1]; ++w, value += stride) {
      sum += weights_[w] * *value;
    }
    return sum;
  }

 private:
  std::vector<Index> first_;
  std::vector<std::size_t> begin_;
  std::vector<float> weights_;
};

/// Resizes `plane [in_height, in_width]` to `[out_height, out_width]`, along rows first; a pass
/// along an axis that keeps its size is left out. In float32, as PyTorch's
/// `interpolate(antialias=True)` for bilinear and bicubic. Cost: a few flops for each tap.
inline std::vector<float> resize_values(const std::vector<float>& plane, Index in_height,
                                        Index in_width, Index out_height, Index out_width,
                                        Filter filter) {
  std::vector<float> rows = plane;
  if (in_width != out_width) {
    const ValueAxis axis(in_width, out_width, filter);
    rows.resize(static_cast<std::size_t>(in_height * out_width));
    for (Index y = 0; y < in_height; ++y) {
      for (Index x = 0; x < out_width; ++x) {
        rows[static_cast<std::size_t>(y * out_width + x)] =
            axis.apply(x, plane.data() + y * in_width, 1);
      }
    }
  }
  if (in_height == out_height) return rows;
  const ValueAxis axis(in_height, out_height, filter);
  std::vector<float> result(static_cast<std::size_t>(out_height * out_width));
  for (Index y = 0; y < out_height; ++y) {
    for (Index x = 0; x < out_width; ++x) {
      result[static_cast<std::size_t>(y * out_width + x)] =
          axis.apply(y, rows.data() + x, out_width);
    }
  }
  return result;
}

EIGENVIT_STRICT_MATH_END

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
