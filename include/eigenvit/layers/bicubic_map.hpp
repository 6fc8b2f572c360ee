/// Bicubic resizing of a map of numbers.
#ifndef EIGENVIT_LAYERS_BICUBIC_MAP_HPP
#define EIGENVIT_LAYERS_BICUBIC_MAP_HPP

#include <array>
#include <vector>

#include <eigenvit/core/types.hpp>
#include <eigenvit/kernels/ops.hpp>
#include <eigenvit/layers/feature_map.hpp>
#include <eigenvit/layers/grid_resampler.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// Makes of `x [h, w]` a map of `size`, without antialiasing, and of that the part `y [H, W]` from
/// row `top` and column `left` on.
///
/// Cost: `8 H (w + W)` flops. Source: PyTorch's `interpolate(mode="bicubic")`.
inline void resize_bicubic(const ConstMatrixView<float>& x, const MapSize& size, Index top,
                           Index left, Matrix<float>& y) {
  struct Taps {
    std::array<Index, 4> source;
    std::array<float, 4> weight;
  };
  const auto taps_of = [](Index in, Index out, Index i) {
    Taps taps{};
    std::size_t count = 0;
    for_each_tap(GridInterpolation(), in, out, i, [&](Index source, float weight) {
      taps.source[count] = source;
      taps.weight[count++] = weight;
    });
    return taps;
  };
  std::vector<Taps> columns;
  columns.reserve(static_cast<std::size_t>(y.cols()));
  for (Index column = 0; column < y.cols(); ++column) {
    columns.push_back(taps_of(x.cols(), size.width, left + column));
  }
  std::vector<float> between(static_cast<std::size_t>(x.cols()));
  for (Index row = 0; row < y.rows(); ++row) {
    const Taps taps = taps_of(x.rows(), size.height, top + row);
    std::array<const float*, 4> rows{};
    for (std::size_t i = 0; i < 4; ++i) rows[i] = x.data() + taps.source[i] * x.cols();
    ops::blend_rows(rows.data(), taps.weight.data(), x.cols(), false, between.data());
    float* to = y.row(row).data();
    for (const Taps& column : columns) {
      float sum = 0;
      for (std::size_t i = 0; i < 4; ++i) {
        sum += column.weight[i] * between[static_cast<std::size_t>(column.source[i])];
      }
      *to++ = sum;
    }
  }
}

/// The same of the whole map.
inline void resize_bicubic(const ConstMatrixView<float>& x, Matrix<float>& y) {
  resize_bicubic(x, {y.rows(), y.cols()}, 0, 0, y);
}

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
