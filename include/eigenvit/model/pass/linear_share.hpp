/// A share of a linear layer as the work of one task.
#ifndef EIGENVIT_MODEL_PASS_LINEAR_SHARE_HPP
#define EIGENVIT_MODEL_PASS_LINEAR_SHARE_HPP

#include <algorithm>
#include <cstddef>

#include <eigenvit/core/ceil_div.hpp>
#include <eigenvit/kernels/weight_format.hpp>
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

  /// Rows in several lines of as many, each row in runs as `kernels::GemmArguments` has them.
  struct Lines {
    const Scalar* x;
    Index count;
    Index stride;  ///< from one line to the next
    Index rows;    ///< of a line
    Index x_stride;
    Index runs;
    Index run_stride;
  };

  /// The same of lines, those of y being `y_line` apart. Two panels meet all lines before the next
  /// ones are read: of a convolution of many channels, all panels would not stay in the cache.
  void multiply(const Lines& lines, Scalar* y, Index y_line, Index y_stride) const {
    constexpr Index at_once = 2, width = kernels::panel_width;
    const auto layout = kernels::panel_layout(task_.format, sizeof(Scalar));
    kernels::GemmArguments<Scalar> part = task_;
    part.rows = lines.rows;
    part.x_stride = lines.x_stride;
    part.runs = lines.runs;
    part.run_stride = lines.run_stride;
    part.y_stride = y_stride;
    const Index panels = ceil_div(task_.outputs, width);
    for (Index panel = 0; panel < panels; panel += at_once) {
      part.panels = static_cast<const std::byte*>(task_.panels) +
                    static_cast<std::size_t>(panel) * layout.bytes(task_.depth);
      part.outputs = std::min(at_once * width, task_.outputs - panel * width);
      part.panels_after = task_.panels_after + panels - std::min(panel + at_once, panels);
      part.bias = task_.bias ? task_.bias + panel * width : nullptr;
      part.scale = task_.scale ? task_.scale + panel * width : nullptr;
      for (Index line = 0; line < lines.count; ++line) {
        part.x = lines.x + line * lines.stride;
        part.y = y + line * y_line + column_ + panel * width;
        ops::gemm(part);
      }
    }
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
