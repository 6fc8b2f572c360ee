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
    AlignedBuffer<Scalar> hidden(static_cast<std::size_t>(x.rows() * hidden_features()));
    SerialExecutor serial;
    forward(BatchView<const Scalar>::of(x), BatchView<Scalar>::of(y), hidden.data(), serial);
    return y;
  }

  /// As above for a batch; `hidden` is scratch `[B*T, F]`. With `accumulate`, `y += scale ⊙
  /// mlp(x)`, the residual branch of a block, with `scale` of LayerScale or null.
  void forward(const BatchView<const Scalar>& x, const BatchView<Scalar>& y, Scalar* hidden,
               Executor& executor, const Scalar* scale = nullptr, bool accumulate = false) const {
    const BatchView<Scalar> inner(hidden, x.images, x.rows, hidden_features());
    fc1_.forward(x, inner, executor, activation_);
    fc2_.forward(inner, y, executor, Activation::none, scale, accumulate);
  }

 private:
  Linear<Scalar> fc1_;
  Linear<Scalar> fc2_;
  Activation activation_ = Activation::gelu;
};

}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
