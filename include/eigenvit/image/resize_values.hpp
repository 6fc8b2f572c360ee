/// Resizing of numbers, where a recipe rescales before it resizes.
#ifndef EIGENVIT_IMAGE_RESIZE_VALUES_HPP
#define EIGENVIT_IMAGE_RESIZE_VALUES_HPP

#include <algorithm>
#include <cstddef>

#include <eigenvit/core/compiler.hpp>
#include <eigenvit/image/filter.hpp>
#include <eigenvit/image/image.hpp>
#include <eigenvit/image/resize_axis.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

EIGENVIT_STRICT_MATH_BEGIN

/// The sources that each output of an axis is made of, with float32 weights that add up to 1. The
/// kernel is widened where the axis shrinks, and what lies beyond the border is left out.
class ValueAxis {
 public:
  /// Takes what it needs from `memory`; `fill` writes to it.
  template <class Memory>
  ValueAxis(Index in, Index out, Filter filter, Memory& memory)
      : in_(in),
        out_(out),
        filter_(filter),
        scale_(static_cast<float>(in) / static_cast<float>(out)),
        stretch_(std::max(scale_, 1.0F)),
        support_(static_cast<float>(filter_support(filter)) * stretch_),
        taps_(most_sources()),
        sources_(memory.template take<Span>(static_cast<std::size_t>(out))),
        weights_(memory.template take<float>(static_cast<std::size_t>(out * taps_))) {}

  /// Whether the outputs are the sources.
  bool keeps_values() const noexcept { return in_ == out_; }

  void fill() const noexcept {
    for (Index i = 0; i < out_; ++i) {
      const Span sources = this->sources(i);
      const float center = this->center(i);
      float* const weights = weights_ + i * taps_;
      float sum = 0;
      for (Index w = 0; w < sources.count; ++w) {
        const float x = (static_cast<float>(sources.first + w) - center + 0.5F) / stretch_;
        weights[w] = static_cast<float>(filter_value(filter_, static_cast<double>(x)));
        sum += weights[w];
      }
      for (Index w = 0; w < sources.count; ++w) weights[w] /= sum;
      sources_[i] = sources;
    }
  }

  /// `sum of weight * values[source * stride]` for output `i`.
  float apply(Index i, const float* values, Index stride) const noexcept {
    const Span sources = sources_[i];
    const float* const weights = weights_ + i * taps_;
    float sum = 0;
    const float* value = values + sources.first * stride;
    for (Index w = 0; w < sources.count; ++w, value += stride) sum += weights[w] * *value;
    return sum;
  }

 private:
  float center(Index i) const noexcept { return scale_ * (static_cast<float>(i) + 0.5F); }

  Span sources(Index i) const noexcept {
    const Index first = std::max<Index>(static_cast<Index>(center(i) - support_ + 0.5F), 0);
    const Index last = std::min<Index>(static_cast<Index>(center(i) + support_ + 0.5F), in_);
    return {first, last - first};
  }

  /// Counted, since a formula of the support misses what rounding adds to long axes.
  Index most_sources() const noexcept {
    Index most = 0;
    for (Index i = 0; i < out_; ++i) most = std::max(most, sources(i).count);
    return most;
  }

  Index in_;
  Index out_;
  Filter filter_;
  float scale_;
  float stretch_;
  float support_;
  Index taps_;  ///< no output is made of more sources
  Span* sources_;
  float* weights_;
};

/// Resizes planes `[in_height, in_width]` to `[out_height, out_width]`, along rows first; a pass
/// along an axis that keeps its values is left out. With `ValueAxis` in float32 as PyTorch's
/// `interpolate(antialias=True)` for bilinear and bicubic. Cost: a few flops for each tap.
template <class Axis>
class ValueResize {
 public:
  /// Takes what it needs from `memory`; `fill` must be called before the first plane.
  template <class Memory>
  ValueResize(Index in_height, Index in_width, Index out_height, Index out_width, const Axis& down,
              const Axis& across, Memory& memory)
      : in_height_(in_height),
        in_width_(in_width),
        out_height_(out_height),
        out_width_(out_width),
        down_(down),
        across_(across),
        rows_(memory.template take<float>(
            static_cast<std::size_t>(across.keeps_values() ? 0 : in_height * out_width))),
        result_(memory.template take<float>(
            static_cast<std::size_t>(down.keeps_values() ? 0 : out_height * out_width))) {}

  void fill() const noexcept {
    across_.fill();
    down_.fill();
  }

  /// The resized plane, valid until the next call; `plane` itself where it keeps its values.
  const float* operator()(const float* plane) const noexcept {
    const float* rows = plane;
    if (!across_.keeps_values()) {
      for (Index y = 0; y < in_height_; ++y) {
        for (Index x = 0; x < out_width_; ++x) {
          rows_[y * out_width_ + x] = across_.apply(x, plane + y * in_width_, 1);
        }
      }
      rows = rows_;
    }
    if (down_.keeps_values()) return rows;
    for (Index y = 0; y < out_height_; ++y) {
      for (Index x = 0; x < out_width_; ++x) {
        result_[y * out_width_ + x] = down_.apply(y, rows + x, out_width_);
      }
    }
    return result_;
  }

 private:
  Index in_height_;
  Index in_width_;
  Index out_height_;
  Index out_width_;
  Axis down_;
  Axis across_;
  float* rows_;
  float* result_;
};

EIGENVIT_STRICT_MATH_END

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
