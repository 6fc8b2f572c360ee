/// The feed-forward half of a transformer block.
#ifndef EIGENVIT_LAYERS_MLP_HPP
#define EIGENVIT_LAYERS_MLP_HPP

#include <optional>
#include <string>
#include <utility>

#include <eigenvit/core/message.hpp>
#include <eigenvit/layers/layer_norm.hpp>
#include <eigenvit/layers/linear.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {

/// Two linear layers with an activation between them: `y = fc2(norm(act(fc1(x))))`, the norm only
/// where there is one.
///
/// A gated MLP (SwiGLU where `act` is SiLU) has twice the outputs in `fc1`, the gate's first:
/// `g, u = split(fc1(x))`, `y = fc2(norm(act(g) ⊙ u))`.
///
/// Shapes: `fc1 [F, D]` or `[2F, D]`, `fc2 [D, F]`, `x, y [T, D]`. Cost: `4 T D F` flops, `6 T D F`
/// with a gate, and `T F` activations.
/// Source: Dosovitskiy et al., arXiv:2010.11929; Shazeer, arXiv:2002.05202; timm's `Mlp`, `GluMlp`
/// and `SwiGLU`.
template <class Scalar>
class Mlp {
 public:
  Mlp() = default;

  /// Throws `ShapeError` when the layers do not fit together.
  Mlp(Linear<Scalar> fc1, Linear<Scalar> fc2, Activation activation, bool gated = false,
      std::optional<LayerNorm<Scalar>> norm = std::nullopt)
      : fc1_(std::move(fc1)),
        fc2_(std::move(fc2)),
        norm_(std::move(norm)),
        activation_(activation),
        gated_(gated) {
    if (gated && fc1_.out_features() != 2 * hidden_features()) {
      detail::raise<ShapeError>({"mlp: expected fc1 to give 2 x ", hidden_features(),
                                 " outputs with a gate, found ", fc1_.out_features()});
    }
    if (!gated && fc1_.out_features() != hidden_features()) {
      detail::raise<ShapeError>({"mlp: expected fc2 to take the ", fc1_.out_features(),
                                 " outputs of fc1, found ", fc2_.in_features(), " inputs"});
    }
    if (norm_ && norm_->features() != hidden_features()) {
      detail::raise<ShapeError>(
          {"mlp: expected a norm of ", hidden_features(), " values, found ", norm_->features()});
    }
  }

  Index in_features() const noexcept { return fc1_.in_features(); }
  Index hidden_features() const noexcept { return fc2_.in_features(); }
  Index out_features() const noexcept { return fc2_.out_features(); }
  Index parameters() const noexcept {
    return fc1_.parameters() + fc2_.parameters() + (norm_ ? norm_->parameters() : 0);
  }

  /// Throws `ShapeError` unless `x` has `D` columns.
  Matrix<Scalar> operator()(const ConstMatrixRef<Scalar>& x) const {
    if (x.cols() != in_features()) {
      detail::raise<ShapeError>(
          {"mlp: expected an input of ", in_features(), " columns, found ", x.cols()});
    }
    Matrix<Scalar> y(x.rows(), out_features());
    add_to(x, y, nullptr, false);
    return y;
  }

  /// `y = [y +] scale ⊙ mlp(x)`, the residual branch of a block, with `scale` of LayerScale or
  /// null.
  void add_to(const ConstMatrixRef<Scalar>& x, Matrix<Scalar>& y, const Scalar* scale,
              bool accumulate) const {
    Matrix<Scalar> hidden(x.rows(), fc1_.out_features());
    const auto inputs = fc1_.inputs(x);
    auto task = fc1_.share(0, fc1_.weight().panels());
    task.x = inputs.data;
    task.rows = x.rows();
    task.x_stride = inputs.stride;
    task.activation = fc1_activation();
    task.y = hidden.data();
    task.y_stride = hidden.cols();
    ops::gemm(task);
    if (has_middle()) run_middle(hidden.data(), hidden.rows(), hidden.cols());
    fc2_.add_to(hidden.leftCols(hidden_features()), y, scale, accumulate);
  }

  /// Whether there is a gate or a norm between fc1 and fc2.
  bool has_middle() const noexcept { return gated_ || norm_.has_value(); }
  /// What is applied to the product of fc1 at once.
  Activation fc1_activation() const noexcept { return gated_ ? Activation::none : activation_; }

  /// Gate and norm, in place: from what fc1 gives to what fc2 takes, which is the first `F`
  /// columns.
  void run_middle(Scalar* hidden, Index rows, Index stride) const {
    for (Index r = 0; gated_ && r < rows; ++r) {
      Scalar* const row = hidden + r * stride;
      ops::gate(activation_, row, row + hidden_features(), hidden_features(), row);
    }
    if (norm_) norm_->forward(hidden, rows, stride, hidden, stride);
  }

  const Linear<Scalar>& fc1() const noexcept { return fc1_; }
  const Linear<Scalar>& fc2() const noexcept { return fc2_; }
  Activation activation() const noexcept { return activation_; }
  const std::optional<LayerNorm<Scalar>>& norm() const noexcept { return norm_; }

 private:
  Linear<Scalar> fc1_;
  Linear<Scalar> fc2_;
  std::optional<LayerNorm<Scalar>> norm_;
  Activation activation_ = Activation::gelu;
  bool gated_ = false;
};

}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
