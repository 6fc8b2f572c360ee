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

/// Share `index` of `shares` of a layer, whose weights stay packed for as long as this is there.
template <class Scalar>
class LayerShare {
 public:
  explicit LayerShare(const Linear<Scalar>& layer, Index shares = 1, Index index = 0,
                      const Finish<Scalar>& finish = {})
      : LayerShare(layer, PanelShare::of(layer, shares, index), finish) {}

  /// The rows `x [rows, in]` through the share, into its columns of `y [rows, out]`.
  void multiply(const Scalar* x, Index rows, Index x_stride, Scalar* y, Index y_stride) {
    task_.x = x;
    task_.rows = rows;
    task_.x_stride = x_stride;
    task_.y = y + column_;
    task_.y_stride = y_stride;
    ops::gemm(task_);
  }

 private:
  LayerShare(const Linear<Scalar>& layer, const PanelShare& part, const Finish<Scalar>& finish)
      : task_(layer.share(part.first, part.count)), column_(part.column) {
    task_.activation = finish.activation;
    task_.scale = finish.scale ? finish.scale + part.column : nullptr;
    task_.accumulate = finish.accumulate;
  }

  typename Linear<Scalar>::Share task_;
  Index column_;
};

/// The rows `x [rows, in]` through share `index` of `shares` of a layer, into its columns of
/// `y [rows, out]`.
template <class Scalar>
void multiply(const Linear<Scalar>& layer, Index shares, Index index, const Scalar* x, Index rows,
              Index x_stride, Scalar* y, Index y_stride, const Finish<Scalar>& finish = {}) {
  LayerShare<Scalar>(layer, shares, index, finish).multiply(x, rows, x_stride, y, y_stride);
}

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
