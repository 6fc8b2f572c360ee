/// The arithmetic of ZoeDepth's bins, at one pixel.
#ifndef EIGENVIT_MODEL_HEADS_ZOE_DEPTH_BINS_HPP
#define EIGENVIT_MODEL_HEADS_ZOE_DEPTH_BINS_HPP

#include <algorithm>
#include <cmath>

#include <eigenvit/core/compiler.hpp>
#include <eigenvit/core/types.hpp>
#include <eigenvit/model/heads/zoe_depth_config.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

// Compilers would fuse these sums on some processors and not on others.
EIGENVIT_STRICT_MATH_BEGIN

/// `ln(1 + e^x)`, and `x` where that is the same in float, as PyTorch.
template <class Scalar>
Scalar softplus(Scalar x) {
  return x > Scalar(20) ? x : std::log1p(std::exp(x));
}

/// Turns what the layers of the seed give, `bins` numbers, into the centres of the first bins, in
/// place: positive ones; or, where they are bounded, the centres of intervals that fill the
/// domain's depths, as shares of it.
template <class Scalar>
void seed_bins(bool bounded, const ZoeDomain& domain, Scalar* bins) {
  Scalar* const end = bins + domain.bins;
  if (!bounded) {
    for (Scalar* bin = bins; bin != end; ++bin) *bin = softplus(*bin);
    return;
  }
  Scalar sum = 0;
  for (Scalar* bin = bins; bin != end; ++bin) {
    *bin = std::max(*bin, Scalar(0)) + Scalar(1e-3);
    sum += *bin;
  }
  const auto nearest = static_cast<Scalar>(domain.min_depth);
  const auto range = static_cast<Scalar>(domain.max_depth - domain.min_depth);
  Scalar edge = nearest;
  for (Scalar* bin = bins; bin != end; ++bin) {
    const Scalar next = edge + range * (*bin / sum);
    *bin = (Scalar(0.5) * (edge + next) - nearest) / range;
    edge = next;
  }
}

/// Turns what the layers of a level give into its attractors, in place. Of bounded bins there are
/// two numbers for each, of which the first is the attractor.
template <class Scalar>
void finish_attractors(bool bounded, Index values, Scalar* attractors) {
  for (Index i = 0; i < values; ++i) {
    attractors[i] =
        bounded ? std::max(attractors[i], Scalar(0)) + Scalar(1e-3) : softplus(attractors[i]);
  }
}

/// Moves the centres of bins towards `count` attractors, `stride` values apart:
///
///     c += sum or mean over a of d / (1 + alpha d²),   d = a - c
///
/// with an alpha of 300, whatever the configuration states, as transformers.
/// Source: Bhat et al., arXiv:2302.12288, equation 1.
template <class Scalar>
void attract(const Scalar* attractors, Index count, Index stride, bool sums, Index bins,
             Scalar* centres) {
  constexpr Scalar alpha = 300;
  for (Index i = 0; i < bins; ++i) {
    Scalar shift = 0;
    for (Index a = 0; a < count; ++a) {
      const Scalar distance = attractors[a * stride] - centres[i];
      shift += distance / (Scalar(1) + alpha * (distance * distance));
    }
    centres[i] += sums ? shift : shift / static_cast<Scalar>(count);
  }
}

/// Turns shares of the domain's depths into depths, in place: in rising order and within the
/// domain.
template <class Scalar>
void bound_bins(const ZoeDomain& domain, Scalar* centres) {
  const auto nearest = static_cast<Scalar>(domain.min_depth);
  const auto farthest = static_cast<Scalar>(domain.max_depth);
  const auto range = static_cast<Scalar>(domain.max_depth - domain.min_depth);
  for (Index i = 0; i < domain.bins; ++i) {
    const Scalar depth = std::min(std::max(range * centres[i] + nearest, nearest), farthest);
    // They are in order but for a few, and std::sort may not be given a NaN.
    Index place = i;
    for (; place > 0 && centres[place - 1] > depth; --place) centres[place] = centres[place - 1];
    centres[place] = depth;
  }
}

/// Writes `ln(n choose k)` of `n = bins - 1` and each `k`, by the main terms of Stirling's formula.
template <class Scalar>
void log_binomials(Index bins, Scalar* binomials) {
  constexpr auto eps = static_cast<Scalar>(1e-7);
  const Scalar n = static_cast<Scalar>(bins - 1) + eps;
  for (Index i = 0; i < bins; ++i) {
    const Scalar k = static_cast<Scalar>(i) + eps;
    binomials[i] = n * std::log(n) - k * std::log(k) - (n - k) * std::log(n - k + eps);
  }
}

/// The mean of the centres of bins, `[bins]`, by a binomial distribution with a temperature:
///
///     s = softplus(v) + 1e-4,   p = s0 / (s0 + s1),   t = t0 + (t1 - t0) s2 / (s2 + s3)
///     weights = softmax((ln(n choose k) + k ln p + (n - k) ln(1 - p)) / t)
///
/// `values` are the four v, `binomials` what `log_binomials` writes; `scores` has room for as many
/// numbers as there are bins. Cost: an exp for each bin. Source: Bhat et al., arXiv:2302.12288,
/// section 3.3.
template <class Scalar>
Scalar expected_depth(const ZoeDepthConfig& head, Index bins, const Scalar* binomials,
                      const Scalar* values, const Scalar* centres, Scalar* scores) {
  constexpr auto eps = static_cast<Scalar>(1e-4);
  const auto share = [values](int first) {
    const Scalar of = softplus(values[first]) + eps;
    return of / (of + (softplus(values[first + 1]) + eps));
  };
  const auto clamped = [](Scalar x) {
    return std::min(std::max(x, static_cast<Scalar>(1e-4)), Scalar(1));
  };
  const Scalar probability = share(0);
  const Scalar temperature =
      static_cast<Scalar>(head.max_temperature - head.min_temperature) * share(2) +
      static_cast<Scalar>(head.min_temperature);
  const Scalar inside = std::log(clamped(probability));
  const Scalar outside = std::log(clamped(Scalar(1) - probability));
  Scalar most = 0;
  for (Index k = 0; k < bins; ++k) {
    scores[k] = (binomials[k] + static_cast<Scalar>(k) * inside +
                 static_cast<Scalar>(bins - 1 - k) * outside) /
                temperature;
    most = k == 0 ? scores[k] : std::max(most, scores[k]);
  }
  Scalar sum = 0;
  Scalar depth = 0;
  for (Index k = 0; k < bins; ++k) {
    const Scalar weight = std::exp(scores[k] - most);
    sum += weight;
    depth += weight * centres[k];
  }
  return depth / sum;
}

EIGENVIT_STRICT_MATH_END

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
