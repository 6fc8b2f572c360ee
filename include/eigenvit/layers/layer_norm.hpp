/// Normalisation of each token.
#ifndef EIGENVIT_LAYERS_LAYER_NORM_HPP
#define EIGENVIT_LAYERS_LAYER_NORM_HPP

#include <string>
#include <utility>

#include <eigenvit/core/aligned_buffer.hpp>
#include <eigenvit/core/error.hpp>
#include <eigenvit/kernels/ops.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {

/// Layer normalisation over the width of each token:
/// `y = (x - mean(x)) / sqrt(var(x) + eps) ⊙ γ + β`, with the biased variance.
///
/// Shapes: `γ, β [D]`, `x, y [T, D]`. Cost: about `8 T D` flops, in three passes over a row.
/// Source: Ba, Kiros and Hinton, arXiv:1607.06450; PyTorch's `nn.LayerNorm`.
template <class Scalar>
class LayerNorm {
 public:
  LayerNorm() = default;

  /// Copies its weights. Throws as the constructor below.
  LayerNorm(const ConstVectorRef<Scalar>& gamma, const ConstVectorRef<Scalar>& beta, Scalar eps)
      : LayerNorm(AlignedBuffer<Scalar>(gamma.data(), gamma.data() + gamma.size()),
                  AlignedBuffer<Scalar>(beta.data(), beta.data() + beta.size()), eps) {}

  /// Takes its weights over. Throws `ShapeError` when `γ` is empty or `β` has another size, and
  /// `ConfigError` unless `eps` is positive.
  LayerNorm(AlignedBuffer<Scalar> gamma, AlignedBuffer<Scalar> beta, Scalar eps)
      : gamma_(std::move(gamma)), beta_(std::move(beta)), eps_(eps) {
    if (gamma_.empty() || beta_.size() != gamma_.size()) {
      throw ShapeError("layer norm: expected weight and bias of one size, found " +
                       std::to_string(gamma_.size()) + " and " + std::to_string(beta_.size()));
    }
    if (!(eps > 0)) {
      throw ConfigError("layer norm: expected a positive eps, found " + std::to_string(eps));
    }
  }

  Index features() const noexcept { return static_cast<Index>(gamma_.size()); }
  Index parameters() const noexcept { return 2 * features(); }
  Scalar eps() const noexcept { return eps_; }

  /// Normalises each row. Throws `ShapeError` unless `x` has `D` columns.
  Matrix<Scalar> operator()(const ConstMatrixRef<Scalar>& x) const {
    if (x.cols() != features()) {
      throw ShapeError("layer norm: expected an input of " + std::to_string(features()) +
                       " columns, found " + std::to_string(x.cols()));
    }
    Matrix<Scalar> y(x.rows(), features());
    forward(x.data(), x.rows(), x.outerStride(), y.data(), features());
    return y;
  }

  /// As above on raw rows; `y` may be `x`.
  void forward(const Scalar* x, Index rows, Index x_stride, Scalar* y, Index y_stride) const {
    kernels::LayerNormArguments<Scalar> arguments;
    arguments.x = x;
    arguments.rows = rows;
    arguments.x_stride = x_stride;
    arguments.size = features();
    arguments.gamma = gamma_.data();
    arguments.beta = beta_.data();
    arguments.eps = eps_;
    arguments.y = y;
    arguments.y_stride = y_stride;
    ops::layer_norm(arguments);
  }

 private:
  AlignedBuffer<Scalar> gamma_;
  AlignedBuffer<Scalar> beta_;
  Scalar eps_ = 0;
};

}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
