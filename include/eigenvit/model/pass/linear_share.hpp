/// A share of a linear layer as the work of one task.
#ifndef EIGENVIT_MODEL_PASS_LINEAR_SHARE_HPP
#define EIGENVIT_MODEL_PASS_LINEAR_SHARE_HPP

#include <algorithm>

#include <eigenvit/layers/linear.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// A share of the panels of a linear layer.
struct PanelShare {
  Index first;
  Index count;
  Index column;  ///< first output

  /// Share `index` of `shares` of the panels `[begin, end)`, cut between pairs of panels, since a
  /// kernel may take two at a time.
  static PanelShare of(Index begin, Index end, Index shares, Index index) noexcept {
    const Index pairs = (end - begin + 1) / 2;
    const Index first = begin + 2 * (pairs * index / shares);
    const Index last = std::min(begin + 2 * (pairs * (index + 1) / shares), end);
    return {first, last - first, first * kernels::panel_width};
  }

  template <class Scalar>
  static PanelShare of(const Linear<Scalar>& layer, Index shares, Index index) noexcept {
    return of(0, layer.weight().panels(), shares, index);
  }
};

/// How many shares serve few rows: they make a product as fast as its weights are read, so eight
/// panels each, a few hundred kilobytes.
template <class Scalar>
Index shares_for_few_rows(const Linear<Scalar>& layer) noexcept {
  return std::max<Index>(1, layer.weight().panels() / 8);
}

/// What is done to a product as it is written: `y = [y +] scale ⊙ activation(x Wᵀ + b)`.
template <class Scalar>
struct Finish {
  Activation activation = Activation::none;
  const Scalar* scale = nullptr;  ///< of the layer's outputs, or null
  bool accumulate = false;
};

/// The rows `x [rows, in]` through share `index` of `shares` of a layer, into its columns of
/// `y [rows, out]`.
template <class Scalar>
void multiply(const Linear<Scalar>& layer, Index shares, Index index, const Scalar* x, Index rows,
              Index x_stride, Scalar* y, Index y_stride, const Finish<Scalar>& finish = {}) {
  const auto part = PanelShare::of(layer, shares, index);
  auto task = layer.share(part.first, part.count);
  task.x = x;
  task.rows = rows;
  task.x_stride = x_stride;
  task.y = y + part.column;
  task.y_stride = y_stride;
  task.activation = finish.activation;
  task.scale = finish.scale ? finish.scale + part.column : nullptr;
  task.accumulate = finish.accumulate;
  ops::gemm(task);
}

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
