/// Pillow's resampling weights along one axis.
#ifndef EIGENVIT_IMAGE_RESIZE_AXIS_HPP
#define EIGENVIT_IMAGE_RESIZE_AXIS_HPP

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>

#include <eigenvit/core/compiler.hpp>
#include <eigenvit/image/filter.hpp>
#include <eigenvit/image/image.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// Fractional bits of a weight: 32 less 8 of the sample and 2 that keep sums with negative weights
/// from overflowing.
constexpr int weight_bits = 22;

/// Source pixels `[first, first + count)`.
struct Span {
  Index first = 0;
  Index count = 0;
  Index end() const noexcept { return first + count; }
};

EIGENVIT_STRICT_MATH_BEGIN

/// One axis of `in` pixels resized to `out`: which source pixels make an output, with which
/// weights.
class ResizeAxis {
 public:
  ResizeAxis(Index in, Index out, Filter filter)
      : in_(in), filter_(filter), scale_(static_cast<double>(in) / static_cast<double>(out)) {
    stretch_ = scale_ < 1.0 ? 1.0 : scale_;
    support_ = filter_support(filter) * stretch_;
  }

  /// No output is made of more source pixels than this.
  Index max_taps() const noexcept {
    return std::min(in_, static_cast<Index>(std::ceil(support_)) * 2 + 1);
  }

  /// The source pixels that output `i` is made of; at least one.
  Span span(Index i) const noexcept {
    const double center = (static_cast<double>(i) + 0.5) * scale_;
    const Index first = std::max<Index>(static_cast<Index>(center - support_ + 0.5), 0);
    const Index end = std::min<Index>(static_cast<Index>(center + support_ + 0.5), in_);
    return {first, end - first};
  }

  /// Writes the weights of `span(i)` to `weights`, in units of `2^-22`. Both `scratch` and
  /// `weights` have room for `max_taps` numbers.
  void weights(Index i, double* scratch, std::int32_t* weights) const noexcept {
    const Span span = this->span(i);
    const auto count = static_cast<std::size_t>(span.count);
    const double center = (static_cast<double>(i) + 0.5) * scale_;
    const double inverse = 1.0 / stretch_;
    double sum = 0.0;
    for (std::size_t j = 0; j < count; ++j) {
      const double offset = static_cast<double>(span.first + static_cast<Index>(j)) - center + 0.5;
      scratch[j] = filter_value(filter_, offset * inverse);
      sum += scratch[j];
    }
    for (std::size_t j = 0; j < count; ++j) {
      const double weight = sum != 0.0 ? scratch[j] / sum : scratch[j];
      const double fixed = weight * static_cast<double>(1 << weight_bits);
      weights[j] = static_cast<std::int32_t>(weight < 0.0 ? fixed - 0.5 : fixed + 0.5);
    }
  }

 private:
  Index in_;
  Filter filter_;
  double scale_;
  double stretch_ = 1.0;
  double support_ = 0.0;
};

/// Writes the source pixel of each output in `[first, first + count)` for `Filter::nearest`. Pillow
/// adds the step up output by output, so its rounding errors are part of the result. Cost:
/// `first + count` additions.
inline void nearest_pixels(Index in, Index out, Index first, Index count, Index* pixels) noexcept {
  const double step = static_cast<double>(in) / static_cast<double>(out);
  double position = step * 0.5;
  for (Index i = 0; i < first; ++i) position += step;
  for (Index i = 0; i < count; ++i) {
    pixels[i] = std::min(static_cast<Index>(position), in - 1);
    position += step;
  }
}

EIGENVIT_STRICT_MATH_END

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
