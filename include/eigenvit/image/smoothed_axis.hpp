/// An axis that is smoothed before it is resized.
#ifndef EIGENVIT_IMAGE_SMOOTHED_AXIS_HPP
#define EIGENVIT_IMAGE_SMOOTHED_AXIS_HPP

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdlib>

#include <eigenvit/core/compiler.hpp>
#include <eigenvit/image/image.hpp>
#include <eigenvit/image/resize_axis.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

EIGENVIT_STRICT_MATH_BEGIN

/// The sources that each output of an axis is made of. The axis has `padded` values, of which the
/// image is the first `in` and the others are zeros. It is smoothed,
///
///     sigma = max(0, (f - 1) / 2), f = padded / out, radius r = int(4 sigma + 0.5)
///     smooth_j = sum over k in [-r, r] of exp(-k^2 / (2 sigma^2)) value_{j + k} / the exps' sum
///
/// and sampled where the outputs' centres lie, `f (i + 0.5) - 0.5`, linearly between neighbours.
/// What lies beyond an end is mirrored, the end itself not repeated. Source: scipy's
/// `gaussian_filter` and `zoom(grid_mode=True)` in mode "mirror", with which transformers' OWLv2
/// resizes. Its clipping to the range of the image is left out: means stay within it.
class SmoothedAxis {
 public:
  /// Takes what it needs from `memory`; `fill` writes to it.
  template <class Memory>
  SmoothedAxis(Index in, Index padded, Index out, Memory& memory)
      : in_(in),
        padded_(padded),
        out_(out),
        scale_(static_cast<double>(padded) / static_cast<double>(out)),
        sigma_(std::max(0.0, (scale_ - 1) / 2)),
        radius_(static_cast<Index>(4 * sigma_ + 0.5)),
        taps_(most_sources()),
        sources_(memory.template take<Span>(static_cast<std::size_t>(out))),
        weights_(memory.template take<float>(static_cast<std::size_t>(out * taps_))) {}

  bool keeps_values() const noexcept { return in_ == padded_ && in_ == out_; }

  void fill() const noexcept {
    double sum = 0;
    for (Index k = -radius_; k <= radius_; ++k) sum += bell(k);
    for (Index i = 0; i < out_; ++i) {
      const Span sources = this->sources(i);
      const Index left = left_neighbour(i);
      const double rest = center(i) - static_cast<double>(left);
      float* const weights = weights_ + i * taps_;
      std::fill_n(weights, sources.count, 0.0F);
      const auto add = [&](Index place, double weight) {
        place = mirrored(place);
        // The padding is zeros.
        if (place < in_) weights[place - sources.first] += static_cast<float>(weight);
      };
      for (Index k = -radius_; k <= radius_; ++k) {
        const double weight = bell(k) / sum;
        add(left + k, (1 - rest) * weight);
        add(left + 1 + k, rest * weight);
      }
      sources_[i] = sources;
    }
  }

  /// `sum of weight * values[source * stride]` for output `i`.
  float apply(Index i, const float* values, Index stride) const noexcept {
    const Span sources = sources_[i];
    const float* const weights = weights_ + i * taps_;
    double sum = 0;
    const float* value = values + sources.first * stride;
    for (Index w = 0; w < sources.count; ++w, value += stride) {
      sum += static_cast<double>(weights[w]) * static_cast<double>(*value);
    }
    return static_cast<float>(sum);
  }

 private:
  double bell(Index k) const noexcept {
    const double x = static_cast<double>(k);
    return k == 0 ? 1 : std::exp(-0.5 * x * x / (sigma_ * sigma_));
  }

  /// The end of an axis that grows is mirrored before it is sampled.
  double center(Index i) const noexcept {
    const auto last = static_cast<double>(padded_ - 1);
    const double place = std::abs((static_cast<double>(i) + 0.5) * scale_ - 0.5);
    return std::max(0.0, place > last ? 2 * last - place : place);
  }

  Index left_neighbour(Index i) const noexcept {
    return std::clamp<Index>(static_cast<Index>(center(i)), 0, std::max<Index>(padded_ - 2, 0));
  }

  Index mirrored(Index place) const noexcept {
    if (padded_ == 1) return 0;
    const Index period = 2 * (padded_ - 1);
    const Index within = std::abs(place) % period;
    return within < padded_ ? within : period - within;
  }

  /// Mirrored places lie within: a bell that reaches over an end reaches as far on the other side.
  Span sources(Index i) const noexcept {
    const Index left = left_neighbour(i);
    const Index first = std::clamp<Index>(left - radius_, 0, in_);
    const Index last = std::clamp<Index>(left + radius_ + 2, first, in_);
    return {first, last - first};
  }

  Index most_sources() const noexcept {
    Index most = 0;
    for (Index i = 0; i < out_; ++i) most = std::max(most, sources(i).count);
    return most;
  }

  Index in_;
  Index padded_;
  Index out_;
  double scale_;
  double sigma_;
  Index radius_;
  Index taps_;  ///< no output is made of more sources
  Span* sources_;
  float* weights_;
};

EIGENVIT_STRICT_MATH_END

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
