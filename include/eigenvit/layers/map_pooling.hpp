/// Pooling of a feature map, row by row.
#ifndef EIGENVIT_LAYERS_MAP_POOLING_HPP
#define EIGENVIT_LAYERS_MAP_POOLING_HPP

#include <algorithm>

#include <eigenvit/core/ceil_div.hpp>
#include <eigenvit/core/finite.hpp>
#include <eigenvit/layers/feature_map.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// Row `row` of the means of a map's `size` regions, `[width, C]`. The regions cover the map and
/// overlap where its sides are no multiples: region `i` of `n` on an axis of `N` pixels is
/// `[floor(i N / n), ceil((i + 1) N / n))`.
///
/// Cost: an addition for each value of the regions. Source: PyTorch's `AdaptiveAvgPool2d`.
template <class Scalar>
void average_pool_row(const FeatureMap<Scalar>& x, const MapSize& size, Index row, Scalar* y) {
  const Index top = row * x.size.height / size.height;
  const Index bottom = ceil_div((row + 1) * x.size.height, size.height);
  for (Index column = 0; column < size.width; ++column, y += x.channels) {
    const Index left = column * x.size.width / size.width;
    const Index right = ceil_div((column + 1) * x.size.width, size.width);
    std::fill_n(y, x.channels, Scalar(0));
    for (Index i = top; i < bottom; ++i) {
      for (Index j = left; j < right; ++j) {
        const Scalar* const pixel = x.pixel(i, j);
        for (Index c = 0; c < x.channels; ++c) y[c] += pixel[c];
      }
    }
    const auto pixels = static_cast<Scalar>((bottom - top) * (right - left));
    for (Index c = 0; c < x.channels; ++c) y[c] /= pixels;
  }
}

/// Row `row` of the greatest values in squares of `factor * factor` pixels, `[W / factor, C]`:
/// what is left over at the right and at the bottom is not read.
///
/// Cost: a comparison for each value. Source: PyTorch's `MaxPool2d`, its stride its kernel.
template <class Scalar>
void max_pool_row(const FeatureMap<Scalar>& x, Index factor, Index row, Scalar* y) {
  for (Index column = 0; column < x.size.width / factor; ++column, y += x.channels) {
    std::copy_n(x.pixel(row * factor, column * factor), x.channels, y);
    for (Index i = 1; i < factor * factor; ++i) {
      const Scalar* const pixel = x.pixel(row * factor + i / factor, column * factor + i % factor);
      for (Index c = 0; c < x.channels; ++c) y[c] = greater(y[c], pixel[c]);
    }
  }
}

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
