/// A linear layer.
#ifndef EIGENVIT_LAYERS_LINEAR_HPP
#define EIGENVIT_LAYERS_LINEAR_HPP

#include <algorithm>
#include <string>
#include <utility>

#include <eigenvit/core/error.hpp>
#include <eigenvit/core/message.hpp>
#include <eigenvit/kernels/ops.hpp>
#include <eigenvit/kernels/packed_matrix.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {

/// Linear layer on each token, `y = x Wᵀ + b`: the field's `nn.Linear`.
///
/// Shapes: weight `[out, in]`, bias `[out]` or none, `x [T, in]`, `y [T, out]`.
/// Cost: `2 T in out` flops.
///
///     const eigenvit::Linear<float> head(weight, bias);
///     const eigenvit::Matrix<float> logits = head(x);
template <class Scalar>
class Linear {
 public:
  Linear() = default;

  /// Copies its weights; an empty `bias` means none. Throws `ShapeError` when they do not fit.
  explicit Linear(const ConstMatrixRef<Scalar>& weight,
                  const ConstVectorRef<Scalar>& bias = Vector<Scalar>())
      : Linear(detail::PackedMatrix<Scalar>(weight),
               AlignedBuffer<Scalar>(bias.data(), bias.data() + bias.size())) {}

  /// Takes its weights over. Throws `ShapeError` when the bias is neither empty nor `[out]`.
  explicit Linear(detail::PackedMatrix<Scalar> weight, const AlignedBuffer<Scalar>& bias = {})
      : weight_(std::move(weight)), has_bias_(!bias.empty()) {
    if (has_bias_ && static_cast<Index>(bias.size()) != out_features()) {
      detail::raise<ShapeError>(
          {"linear: expected a bias of ", out_features(), " values, found ", bias.size()});
    }
    if (!has_bias_) return;
    bias_.resize(static_cast<std::size_t>(weight_.panels() * kernels::panel_width), Scalar(0));
    for (Index o = 0; o < out_features(); ++o) {
      bias_[place(weight_, o)] = bias[static_cast<std::size_t>(o)];
    }
  }

  Index in_features() const noexcept { return weight_.inputs(); }
  Index out_features() const noexcept { return weight_.outputs(); }
  Index parameters() const noexcept {
    return in_features() * out_features() + (has_bias_ ? out_features() : 0);
  }
  const detail::PackedMatrix<Scalar>& weight() const noexcept { return weight_; }

  /// The same layer with its outputs in groups that fill whole panels each, as attention reads its
  /// heads. Throws `ShapeError` unless `group` divides `out`.
  Linear grouped(Index group) const {
    if (group < 1 || out_features() % group != 0) {
      detail::raise<ShapeError>(
          {"linear: expected groups that divide ", out_features(), " outputs, found ", group});
    }
    AlignedBuffer<Scalar> bias;
    for (Index o = 0; has_bias_ && o < out_features(); ++o)
      bias.push_back(bias_[place(weight_, o)]);
    return Linear(weight_.regrouped(group), std::move(bias));
  }

  /// `x Wᵀ + b`. Throws `ShapeError` unless `x` has `in` columns.
  Matrix<Scalar> operator()(const ConstMatrixRef<Scalar>& x) const {
    if (x.cols() != in_features()) {
      detail::raise<ShapeError>(
          {"linear: expected an input of ", in_features(), " columns, found ", x.cols()});
    }
    Matrix<Scalar> y(x.rows(), out_features());
    add_to(x, y, nullptr, false);
    return y;
  }

  /// Whether a product reads rows that `encode` has made.
  bool encodes_inputs() const noexcept { return kernels::encodes_inputs(weight_.format()); }

  /// Makes of `rows` rows, in their place, what the tasks of `share` read: nothing where they take
  /// rows as they are. The rows are `x_stride` apart, at least `padded_width(in)`.
  void encode(Scalar* x, Index rows, Index x_stride) const {
    if (encodes_inputs()) ops::encode(weight_.format(), x, rows, x_stride, in_features());
  }

  /// Rows as the tasks of `share` read them, for as long as this is there.
  struct Inputs {
    const Scalar* data;
    Index stride;
    AlignedBuffer<Scalar> encoded;
  };
  Inputs inputs(const ConstMatrixRef<Scalar>& x) const {
    Inputs result{x.data(), x.outerStride(), {}};
    if (!encodes_inputs()) return result;
    result.stride = kernels::padded_width(in_features());
    result.encoded.resize(static_cast<std::size_t>(x.rows() * result.stride));
    for (Index r = 0; r < x.rows(); ++r) {
      std::copy_n(x.row(r).data(), x.cols(), result.encoded.data() + r * result.stride);
    }
    encode(result.encoded.data(), x.rows(), result.stride);
    result.data = result.encoded.data();
    return result;
  }

  /// `y = [y +] scale ⊙ (x Wᵀ + b)`, the residual branch of a block, with `scale` of LayerScale or
  /// null.
  void add_to(const ConstMatrixRef<Scalar>& x, Matrix<Scalar>& y, const Scalar* scale,
              bool accumulate) const {
    eigen_assert(x.cols() == in_features() && x.rows() == y.rows() && y.cols() == out_features());
    const Inputs rows = inputs(x);
    const Index group = weight_.group();
    for (Index first = 0; first < out_features(); first += group) {
      auto task = share(first / group * weight_.group_panels(), weight_.group_panels());
      task.outputs = group;
      task.x = rows.data;
      task.rows = x.rows();
      task.x_stride = rows.stride;
      task.scale = scale ? scale + first : nullptr;
      task.accumulate = accumulate;
      task.y = y.data() + first;
      task.y_stride = y.cols();
      ops::gemm(task);
    }
  }

  /// A task for the kernels with the weights that it needs.
  struct Share : kernels::GemmArguments<Scalar> {
    explicit Share(typename detail::PackedMatrix<Scalar>::PanelView weights)
        : view(std::move(weights)) {
      this->panels = view.data();
    }

    typename detail::PackedMatrix<Scalar>::PanelView view;  ///< what `panels` points into
  };

  /// The part of the layer that the panels `[first, first + count)` give, as a task for the
  /// kernels: weights, bias and place among the groups are filled in, rows and `y`, which begins at
  /// the first of these outputs, are not.
  Share share(Index first, Index count) const {
    Share task(weight_.panels(first, count));
    task.depth = in_features();
    task.format = weight_.format();
    const bool one_group = weight_.group() == out_features();
    const Index outputs = one_group ? out_features() : weight_.panels() * kernels::panel_width;
    task.outputs = std::min(count * kernels::panel_width, outputs - first * kernels::panel_width);
    if (weight_.keeps_panels()) task.panels_after = weight_.panels() - first - count;
    task.bias = has_bias_ ? bias_.data() + first * kernels::panel_width : nullptr;
    return task;
  }

 private:
  static std::size_t place(const detail::PackedMatrix<Scalar>& weight, Index output) {
    return static_cast<std::size_t>(weight.panel_of(output) * kernels::panel_width +
                                    weight.lane_of(output));
  }

  detail::PackedMatrix<Scalar> weight_;
  AlignedBuffer<Scalar> bias_;  ///< in the places that the panels have
  bool has_bias_ = false;
};

}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
