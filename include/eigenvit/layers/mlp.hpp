/// The feed-forward half of a transformer block.
#ifndef EIGENVIT_LAYERS_MLP_HPP
#define EIGENVIT_LAYERS_MLP_HPP

#include <string>
#include <utility>

#include <eigenvit/layers/linear.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {

/// Two linear maps with an activation between them: `y = fc2(act(fc1(x)))`.
///
/// Shapes: `fc1 [F, D]`, `fc2 [D, F]`, `x, y [T, D]`. Cost: `4 T D F` flops and `T F` activations.
/// Source: Dosovitskiy et al., arXiv:2010.11929; timm's `Mlp`.
template <class Scalar>
class Mlp {
 public:
  Mlp() = default;

  /// Throws `ShapeError` when the maps do not fit together.
  Mlp(Linear<Scalar> fc1, Linear<Scalar> fc2, Activation activation)
      : fc1_(std::move(fc1)), fc2_(std::move(fc2)), activation_(activation) {
    if (fc1_.out_features() != fc2_.in_features()) {
      throw ShapeError("mlp: expected fc2 to take the " + std::to_string(fc1_.out_features()) +
                       " outputs of fc1, found " + std::to_string(fc2_.in_features()) + " inputs");
    }
  }

  Index in_features() const noexcept { return fc1_.in_features(); }
  Index hidden_features() const noexcept { return fc1_.out_features(); }
  Index out_features() const noexcept { return fc2_.out_features(); }
  Index parameters() const noexcept { return fc1_.parameters() + fc2_.parameters(); }

  /// Throws `ShapeError` unless `x` has `D` columns.
  Matrix<Scalar> operator()(const ConstMatrixRef<Scalar>& x) const {
    if (x.cols() != in_features()) {
      throw ShapeError("mlp: expected an input of " + std::to_string(in_features()) +
                       " columns, found " + std::to_string(x.cols()));
    }
    Matrix<Scalar> y(x.rows(), out_features());
    add_to(x, y, nullptr, false);
    return y;
  }

  /// `y = [y +] scale ⊙ mlp(x)`, the residual branch of a block, with `scale` of LayerScale or
  /// null.
  void add_to(const ConstMatrixRef<Scalar>& x, Matrix<Scalar>& y, const Scalar* scale,
              bool accumulate) const {
    Matrix<Scalar> hidden(x.rows(), hidden_features());
    auto task = fc1_.share(0, fc1_.weight().panels());
    task.x = x.data();
    task.rows = x.rows();
    task.x_stride = x.outerStride();
    task.activation = activation_;
    task.y = hidden.data();
    task.y_stride = hidden.cols();
    ops::gemm(task);
    fc2_.add_to(hidden, y, scale, accumulate);
  }

  const Linear<Scalar>& fc1() const noexcept { return fc1_; }
  const Linear<Scalar>& fc2() const noexcept { return fc2_; }
  Activation activation() const noexcept { return activation_; }

 private:
  Linear<Scalar> fc1_;
  Linear<Scalar> fc2_;
  Activation activation_ = Activation::gelu;
};

}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
