/// From heatmaps to the places of joints.
#ifndef EIGENVIT_PIPELINE_HEATMAP_PEAKS_HPP
#define EIGENVIT_PIPELINE_HEATMAP_PEAKS_HPP

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>

#include <eigenvit/core/types.hpp>
#include <eigenvit/image/box_warp.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

EIGENVIT_STRICT_MATH_BEGIN

/// The highest place of a heatmap, between its pixels, and the height there.
struct HeatmapPeak {
  float x;
  float y;
  float score;
};

/// Finds the peaks of heatmaps of one size. The greatest value tells the pixel; the heatmap is
/// smoothed by a Gaussian (sigma 0.8, five pixels to each side, mirrored at the edges), and of its
/// logarithm `l` one step of Newton's method leads to the top of the parabola at that pixel:
///
///     place -= (H + 1.2e-7 I)^-1 g, with g the differences of l across the pixel, H the second
///     ones
///
/// A heatmap without a value above 0 has no peak: its place is (-1, -1), which the reference moves
/// on by what is beside the heatmap in memory.
///
/// In the reference's single precision. Cost: a comparison for each pixel, and some 3,000
/// operations beside the peak. Source: transformers, `get_keypoint_predictions` and
/// `post_dark_unbiased_data_processing`; Zhang et al., arXiv:1910.06278; Huang et al.,
/// arXiv:1911.07524.
class HeatmapPeaks {
 public:
  HeatmapPeaks(Index height, Index width) : height_(height), width_(width) {
    double sum = 0;
    for (Index k = -radius; k <= radius; ++k) sum += bell(k);
    for (Index k = 0; k <= radius; ++k) {
      weights_[static_cast<std::size_t>(k)] = bell(k) / sum;
    }
  }

  /// Of values `map[row * width + column]`, `map` any callable.
  template <class Map>
  HeatmapPeak operator()(const Map& map) const {
    const Index pixels = height_ * width_;
    Index best = 0;
    for (Index i = 1; i < pixels; ++i) {
      if (map(i) > map(best)) best = i;
    }
    const float score = map(best);
    if (!(score > 0)) return {-1, -1, score};
    const Index row = best / width_, column = best % width_;
    const auto at = [&](Index down, Index across) {
      const Index y = std::clamp<Index>(row + down, 0, height_ - 1);
      const Index x = std::clamp<Index>(column + across, 0, width_ - 1);
      return std::log(std::clamp(smoothed(map, y, x), 0.001F, 50.0F));
    };
    const float here = at(0, 0), left = at(0, -1), right = at(0, 1), above = at(-1, 0),
                below = at(1, 0);
    const double dx = 0.5F * (right - left);
    const double dy = 0.5F * (below - above);
    constexpr double epsilon = 1.1920928955078125e-7;
    const double dxx = (right - 2 * here + left) + epsilon;
    const double dyy = (below - 2 * here + above) + epsilon;
    const double dxy = 0.5F * (at(1, 1) - right - below + here + here - left - above + at(-1, -1));
    const double determinant = dxx * dyy - dxy * dxy;
    const auto x = static_cast<float>(column);
    const auto y = static_cast<float>(row);
    // Python gives up where the matrix has no inverse.
    if (determinant == 0) return {x, y, score};
    return {static_cast<float>(x - (dyy * dx - dxy * dy) / determinant),
            static_cast<float>(y - (dxx * dy - dxy * dx) / determinant), score};
  }

 private:
  static constexpr Index radius = 5;

  static double bell(Index k) noexcept {
    constexpr double sigma = 0.8;
    return std::exp(-0.5 / (sigma * sigma) * static_cast<double>(k * k));
  }

  /// Down, then across, each rounded. Few pixels are smoothed, those next to the peak.
  template <class Map>
  float smoothed(const Map& map, Index y, Index x) const {
    return weighted(x, width_, [&](Index column) {
      return weighted(y, height_, [&](Index row) { return map(row * width_ + column); });
    });
  }

  template <class Line>
  float weighted(Index place, Index size, const Line& line) const {
    const auto value = [&](Index i) {
      // The edge itself is repeated; short lines are mirrored again and again.
      const Index within = ((i % (2 * size)) + 2 * size) % (2 * size);
      return static_cast<double>(line(within < size ? within : 2 * size - 1 - within));
    };
    double sum = value(place) * weights_[0];
    for (Index k = radius; k > 0; --k) {
      sum += (value(place - k) + value(place + k)) * weights_[static_cast<std::size_t>(k)];
    }
    return static_cast<float>(sum);
  }

  Index height_;
  Index width_;
  std::array<double, radius + 1> weights_;
};

/// Where a place of a heatmap is in the image of whose frame it was made: the corners' centres lie
/// over each other. Source: transformers, `transform_preds`.
inline std::array<float, 2> to_image(const HeatmapPeak& peak, const BoxFrame& frame, Index height,
                                     Index width) noexcept {
  const auto along = [](float place, float centre, float side, Index pixels) {
    return place * (side / static_cast<float>(pixels - 1)) + centre - side * 0.5F;
  };
  return {along(peak.x, frame.centre_x, frame.width, width),
          along(peak.y, frame.centre_y, frame.height, height)};
}

EIGENVIT_STRICT_MATH_END

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
