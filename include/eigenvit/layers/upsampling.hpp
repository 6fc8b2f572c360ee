/// Bilinear enlargement of a feature map, row by row.
#ifndef EIGENVIT_LAYERS_UPSAMPLING_HPP
#define EIGENVIT_LAYERS_UPSAMPLING_HPP

#include <algorithm>
#include <array>
#include <cstddef>

#include <eigenvit/kernels/ops.hpp>
#include <eigenvit/layers/feature_map.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// A pixel of a bilinear axis: `(1 - weight) x(first) + weight x(second)`, its place computed in
/// the numbers of the map, as PyTorch does it.
template <class Scalar>
struct BilinearTapOf {
  Index first = 0;
  Index second = 0;
  Scalar weight = 0;

  /// Of pixel `i` when an axis of `in` pixels becomes one of `out`.
  static BilinearTapOf of(Index in, Index out, Index i, bool align_corners) noexcept;
};
using BilinearTap = BilinearTapOf<float>;

/// An axis of `in` pixels that becomes one of `out`: in float the taps of `for_each_tap`, bit for
/// bit, with the divisions that all of them share done once.
template <class Scalar>
class BilinearAxisOf {
 public:
  BilinearAxisOf(Index in, Index out, bool align_corners) noexcept
      : last_(in - 1), is_same_(in == out) {
    if (align_corners) {
      step_ = out > 1 ? static_cast<Scalar>(in - 1) / static_cast<Scalar>(out - 1) : Scalar(0);
    } else {
      step_ = static_cast<Scalar>(in) / static_cast<Scalar>(out);
      offset_ = Scalar(0.5);
    }
  }

  BilinearTapOf<Scalar> operator()(Index i) const noexcept {
    if (is_same_) return {i, i, 0};
    const Scalar place = (static_cast<Scalar>(i) + offset_) * step_ - offset_;
    const Scalar x = std::max(place, Scalar(0));
    const auto left = static_cast<Index>(x);
    return {std::min(left, last_), std::min(left + 1, last_), x - static_cast<Scalar>(left)};
  }

 private:
  Index last_;
  bool is_same_;
  Scalar step_ = 0;
  Scalar offset_ = 0;
};
using BilinearAxis = BilinearAxisOf<float>;

template <class Scalar>
BilinearTapOf<Scalar> BilinearTapOf<Scalar>::of(Index in, Index out, Index i,
                                                bool align_corners) noexcept {
  return BilinearAxisOf<Scalar>(in, out, align_corners)(i);
}

/// Of the channels from `first` on, `count` of one pixel of a map that is enlarged, which lies
/// between the rows of `vertical` and the columns of `horizontal`; with `add` added to what `y`
/// holds.
template <class Scalar, class Weight>
void upsample_pixel(const FeatureMap<Scalar>& x, const BilinearTapOf<Weight>& vertical,
                    const BilinearTapOf<Weight>& horizontal, Index first, Index count, bool add,
                    Scalar* y) {
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

/// `y = (1 - weight) first + weight second` of rows or pixels of `count` values, where the place
/// along one axis alone is between them.
inline void blend_pair(const float* first, const float* second, float weight, Index count,
                       float* y) {
  const float* const both[4] = {first, second, second, second};
  const float weights[4] = {1 - weight, weight, 0, 0};
  ops::blend_rows(both, weights, count, false, y);
}

/// A row of a map that is enlarged, pixel by pixel; the centres of the corners stay where they are.
template <class Scalar>
class UpsampledRow {
 public:
  /// Keeps the map's pointer. `size` is that of the enlarged map.
  UpsampledRow(const FeatureMap<Scalar>& x, const MapSize& size, Index row)
      : x_(x),
        vertical_(BilinearTapOf<Scalar>::of(x.size.height, size.height, row, true)),
        across_(x.size.width, size.width, true) {}

  /// The first `channels` of a pixel; with `add` added to what `y` holds.
  void read(Index column, Index channels, bool add, Scalar* y) const {
    upsample_pixel(x_, vertical_, across_(column), 0, channels, add, y);
  }

  /// The same of all channels of `count` pixels from `first` on.
  void read_pixels(Index first, Index count, bool add, Scalar* y) const {
    for (Index i = 0; i < count; ++i) read(first + i, x_.channels, add, y + i * x_.channels);
  }

 private:
  FeatureMap<Scalar> x_;
  BilinearTapOf<Scalar> vertical_;
  BilinearAxisOf<Scalar> across_;
};

/// Pixels `[first, first + count)` of row `row` of a map that is enlarged to `size`, `[count, C]`;
/// with `add` added to what `y` holds.
///
/// Cost: `8 C count` flops. Source: PyTorch's `interpolate(mode="bilinear")`, whose sums these are
/// but for their order.
template <class Scalar>
void upsample_pixels(const FeatureMap<Scalar>& x, const MapSize& size, Index row, Index first,
                     Index count, bool align_corners, bool add, Scalar* y) {
  const auto vertical = BilinearTapOf<Scalar>::of(x.size.height, size.height, row, align_corners);
  const BilinearAxisOf<Scalar> across(x.size.width, size.width, align_corners);
  constexpr Index at_once = 64;
  std::array<kernels::PixelTap<Scalar>, std::size_t{at_once}> taps;
  kernels::BlendArguments<Scalar> task;
  task.above = x.pixel(vertical.first, 0);
  task.below = x.pixel(vertical.second, 0);
  task.weight = vertical.weight;
  task.taps = taps.data();
  task.channels = x.channels;
  task.add = add;
  for (Index done = 0; done < count; done += at_once) {
    task.pixels = std::min(at_once, count - done);
    for (Index i = 0; i < task.pixels; ++i) {
      const BilinearTapOf<Scalar> tap = across(first + done + i);
      taps[static_cast<std::size_t>(i)] = {tap.first, tap.second, tap.weight};
    }
    task.y = y + done * x.channels;
    ops::blend_pixels(task);
  }
}

/// The whole row.
template <class Scalar>
void upsample_row(const FeatureMap<Scalar>& x, const MapSize& size, Index row, bool align_corners,
                  bool add, Scalar* y) {
  upsample_pixels(x, size, row, 0, size.width, align_corners, add, y);
}

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
