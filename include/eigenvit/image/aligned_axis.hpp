/// An axis whose ends stay where they are when it is resized.
#ifndef EIGENVIT_IMAGE_ALIGNED_AXIS_HPP
#define EIGENVIT_IMAGE_ALIGNED_AXIS_HPP

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdlib>

#include <eigenvit/core/compiler.hpp>
#include <eigenvit/image/filter.hpp>
#include <eigenvit/image/image.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

EIGENVIT_STRICT_MATH_BEGIN

/// Pixels of the border that ZoeDepth mirrors around an image, at each end of an axis: `int(3
/// sqrt(size / 2))`. Source: transformers' `ZoeDepthImageProcessor`.
inline Index mirrored_border(Index size) noexcept {
  return static_cast<Index>(std::sqrt(static_cast<double>(size) / 2) * 3);
}

/// The shortest axis that is longer than its border.
constexpr Index shortest_mirrored = 5;

/// The sources that each output of an axis is made of, with float32 weights: outputs lie at
/// `i (n - 1) / (out - 1)`, so that the first and the last one are the sources' first and last, and
/// are interpolated linearly or cubically (a = -0.75) however much the axis shrinks. The axis may
/// have a mirrored border, the end itself not repeated; `n` counts it.
///
/// Source: PyTorch's `interpolate(align_corners=True)`, and its `pad(mode="reflect")`.
class AlignedAxis {
 public:
  /// Takes what it needs from `memory`; `fill` writes to it. The axis is longer than the border.
  template <class Memory>
  AlignedAxis(Index in, Index border, Index out, Filter filter, Memory& memory)
      : in_(in),
        border_(border),
        out_(out),
        taps_(filter == Filter::bicubic ? 4 : 2),
        sources_(memory.template take<Index>(static_cast<std::size_t>(out * taps_))),
        weights_(memory.template take<float>(static_cast<std::size_t>(out * taps_))) {}

  bool keeps_values() const noexcept { return border_ == 0 && in_ == out_; }

  void fill() const noexcept {
    const Index last = in_ + 2 * border_ - 1;
    const float step = out_ > 1 ? static_cast<float>(last) / static_cast<float>(out_ - 1) : 0.0F;
    for (Index i = 0; i < out_; ++i) {
      const float place = static_cast<float>(i) * step;
      const Index left = std::min(static_cast<Index>(place), last);
      const float rest = place - static_cast<float>(left);
      Index* const sources = sources_ + i * taps_;
      float* const weights = weights_ + i * taps_;
      const Index first = left - (taps_ == 4 ? 1 : 0);
      for (Index tap = 0; tap < taps_; ++tap) {
        sources[tap] = source(std::clamp<Index>(first + tap, 0, last));
      }
      if (taps_ == 2) {
        weights[0] = 1.0F - rest;
        weights[1] = rest;
        continue;
      }
      // In double: these polynomials subtract numbers that are nearly the same.
      const auto x = static_cast<double>(rest);
      weights[0] = static_cast<float>(outer(x + 1));
      weights[1] = static_cast<float>(inner(x));
      weights[2] = static_cast<float>(inner(1 - x));
      weights[3] = static_cast<float>(outer(2 - x));
    }
  }

  /// `sum of weight * values[source * stride]` for output `i`.
  float apply(Index i, const float* values, Index stride) const noexcept {
    const Index* const sources = sources_ + i * taps_;
    const float* const weights = weights_ + i * taps_;
    double sum = 0;
    for (Index tap = 0; tap < taps_; ++tap) {
      sum += static_cast<double>(weights[tap]) * static_cast<double>(values[sources[tap] * stride]);
    }
    return static_cast<float>(sum);
  }

 private:
  /// The pixel of the image that one of the axis with its border repeats.
  Index source(Index place) const noexcept {
    const Index within = std::abs(place - border_);
    return within < in_ ? within : 2 * (in_ - 1) - within;
  }

  /// Keys' cubic of a distance up to 1, and from 1 to 2.
  static double inner(double x) noexcept { return ((a + 2) * x - (a + 3)) * x * x + 1; }
  static double outer(double x) noexcept { return ((a * x - 5 * a) * x + 8 * a) * x - 4 * a; }

  static constexpr double a = -0.75;

  Index in_;
  Index border_;
  Index out_;
  Index taps_;
  Index* sources_;
  float* weights_;
};

EIGENVIT_STRICT_MATH_END

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
