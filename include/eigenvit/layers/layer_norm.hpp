/// Normalisation of each token.
#ifndef EIGENVIT_LAYERS_LAYER_NORM_HPP
#define EIGENVIT_LAYERS_LAYER_NORM_HPP

#include <string>
#include <utility>

#include <eigenvit/core/batch_view.hpp>
#include <eigenvit/core/error.hpp>
#include <eigenvit/core/executor.hpp>
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
    SerialExecutor serial;
    forward(BatchView<const Scalar>::of(x), BatchView<Scalar>::of(y), serial);
    return y;
  }

  /// As above for a batch; `y` may be `x`.
  void forward(const BatchView<const Scalar>& x, const BatchView<Scalar>& y,
               Executor& executor) const {
    eigen_assert(x.cols == features() && y.cols == features());
    eigen_assert(x.images == y.images && x.rows == y.rows);
    const Index total = x.images * x.rows;
    const Index blocks = (total + block_rows - 1) / block_rows;
    for_each_task(executor, blocks, [&](Index task, Index) {
      const Index end = std::min(total, (task + 1) * block_rows);
      for (Index row = task * block_rows; row < end; ++row) {
        ops::layer_norm_row(x.row(row / x.rows, row % x.rows), features(), gamma_.data(),
                            beta_.data(), eps_, y.row(row / x.rows, row % x.rows));
      }
    });
  }

 private:
  // About 0.1 ms of work at D = 768: enough to outweigh handing over a task.
  static constexpr Index block_rows = 64;

  AlignedBuffer<Scalar> gamma_;
  AlignedBuffer<Scalar> beta_;
  Scalar eps_ = 0;
};

}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
