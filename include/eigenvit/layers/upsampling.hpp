/// Bilinear enlargement of a feature map, row by row.
#ifndef EIGENVIT_LAYERS_UPSAMPLING_HPP
#define EIGENVIT_LAYERS_UPSAMPLING_HPP

#include <eigenvit/kernels/ops.hpp>
#include <eigenvit/layers/feature_map.hpp>
#include <eigenvit/layers/grid_resampler.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// A pixel of a bilinear axis: `(1 - weight) x(first) + weight x(second)`.
struct BilinearTap {
  Index first = 0;
  Index second = 0;
  float weight = 0;

  /// Of pixel `i` when an axis of `in` pixels becomes one of `out`.
  static BilinearTap of(Index in, Index out, Index i, bool align_corners) {
    GridInterpolation rule;
    rule.kernel = GridInterpolation::Kernel::bilinear;
    rule.align_corners = align_corners;
    BilinearTap tap;
    bool is_first = true;
    for_each_tap(rule, in, out, i, [&](Index source, float share) {
      if (is_first) {
        tap.first = tap.second = source;
      } else {
        tap.second = source;
        tap.weight = share;
      }
      is_first = false;
    });
    return tap;
  }
};

/// Of the channels from `first` on, `count` of one pixel of a map that is enlarged, which lies
/// between the rows of `vertical` and the columns of `horizontal`; with `add` added to what `y`
/// holds.
template <class Scalar>
void upsample_pixel(const FeatureMap<Scalar>& x, const BilinearTap& vertical,
                    const BilinearTap& horizontal, Index first, Index count, bool add, Scalar* y) {
  const auto down = static_cast<Scalar>(vertical.weight);
  const auto right = static_cast<Scalar>(horizontal.weight);
  const Scalar* const pixels[4] = {x.pixel(vertical.first, horizontal.first) + first,
                                   x.pixel(vertical.first, horizontal.second) + first,
                                   x.pixel(vertical.second, horizontal.first) + first,
                                   x.pixel(vertical.second, horizontal.second) + first};
  const Scalar weights[4] = {(1 - down) * (1 - right), (1 - down) * right, down * (1 - right),
                             down * right};
  ops::blend_rows(pixels, weights, count, add, y);
}

/// Row `row` of a map that is enlarged to `size`, `[width, C]`; with `add` added to what `y` holds.
///
/// Cost: `8 C width` flops. Source: PyTorch's `interpolate(mode="bilinear")`, whose sums these are
/// but for their order.
template <class Scalar>
void upsample_row(const FeatureMap<Scalar>& x, const MapSize& size, Index row, bool align_corners,
                  bool add, Scalar* y) {
  const BilinearTap vertical = BilinearTap::of(x.size.height, size.height, row, align_corners);
  for (Index column = 0; column < size.width; ++column, y += x.channels) {
    const BilinearTap tap = BilinearTap::of(x.size.width, size.width, column, align_corners);
    upsample_pixel(x, vertical, tap, 0, x.channels, add, y);
  }
}

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
