/// Normalisation of each token.
#ifndef EIGENVIT_LAYERS_LAYER_NORM_HPP
#define EIGENVIT_LAYERS_LAYER_NORM_HPP

#include <string>
#include <utility>

#include <eigenvit/core/aligned_buffer.hpp>
#include <eigenvit/core/error.hpp>
#include <eigenvit/core/message.hpp>
#include <eigenvit/kernels/ops.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {

/// What a norm of a network does.
enum class NormKind {
  layer_norm,  ///< subtracts the mean
  rms_norm,    ///< does not (Zhang and Sennrich, arXiv:1910.07467)
};

/// Layer normalisation over the width of each token:
/// `y = (x - mean(x)) / sqrt(var(x) + eps) ⊙ γ + β`, with the biased variance; as RMSNorm
/// `y = x / sqrt(mean(x²) + eps) ⊙ γ`.
///
/// Shapes: `γ [D]`, `β [D]` or none, `x, y [T, D]`. Cost: about `8 T D` flops, in three passes over
/// a row. Source: Ba, Kiros and Hinton, arXiv:1607.06450; PyTorch's `nn.LayerNorm`.
template <class Scalar>
class LayerNorm {
 public:
  LayerNorm() = default;

  /// Copies its weights; an empty `β` means none. Throws as the constructor below.
  LayerNorm(const ConstVectorRef<Scalar>& gamma, const ConstVectorRef<Scalar>& beta, Scalar eps,
            NormKind kind = NormKind::layer_norm)
      : LayerNorm(AlignedBuffer<Scalar>(gamma.data(), gamma.data() + gamma.size()),
                  AlignedBuffer<Scalar>(beta.data(), beta.data() + beta.size()), eps, kind) {}

  /// Takes its weights over. Throws `ShapeError` when `γ` is empty or `β`, unless it is empty, has
  /// another size, and `ConfigError` unless `eps` is positive.
  LayerNorm(AlignedBuffer<Scalar> gamma, AlignedBuffer<Scalar> beta, Scalar eps,
            NormKind kind = NormKind::layer_norm)
      : gamma_(std::move(gamma)),
        beta_(std::move(beta)),
        parameters_(static_cast<Index>(gamma_.size() + beta_.size())),
        eps_(eps),
        kind_(kind) {
    if (gamma_.empty() || (!beta_.empty() && beta_.size() != gamma_.size())) {
      detail::raise<ShapeError>({"layer norm: expected weight and bias of one size, found ",
                                 gamma_.size(), " and ", beta_.size()});
    }
    if (!(eps > 0)) {
      detail::raise<ConfigError>(
          {"layer norm: expected a positive eps, found ", std::to_string(eps)});
    }
  }

  Index features() const noexcept { return static_cast<Index>(gamma_.size()); }
  Index parameters() const noexcept { return parameters_; }
  const AlignedBuffer<Scalar>& gamma() const noexcept { return gamma_; }
  const AlignedBuffer<Scalar>& beta() const noexcept { return beta_; }
  Scalar eps() const noexcept { return eps_; }
  NormKind kind() const noexcept { return kind_; }

  /// The same norm without `γ` and `β`, for a layer after it that has them in its weights.
  LayerNorm without_affine() const {
    LayerNorm result = *this;
    result.gamma_.assign(gamma_.size(), Scalar(1));
    result.beta_.clear();
    return result;
  }

  /// Normalises each row. Throws `ShapeError` unless `x` has `D` columns.
  Matrix<Scalar> operator()(const ConstMatrixRef<Scalar>& x) const {
    if (x.cols() != features()) {
      detail::raise<ShapeError>(
          {"layer norm: expected an input of ", features(), " columns, found ", x.cols()});
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
    arguments.beta = beta_.empty() ? nullptr : beta_.data();
    arguments.eps = eps_;
    arguments.centered = kind_ == NormKind::layer_norm;
    arguments.y = y;
    arguments.y_stride = y_stride;
    ops::layer_norm(arguments);
  }

 private:
  AlignedBuffer<Scalar> gamma_;
  AlignedBuffer<Scalar> beta_;
  Index parameters_ = 0;  ///< of the file
  Scalar eps_ = 0;
  NormKind kind_ = NormKind::layer_norm;
};

}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
