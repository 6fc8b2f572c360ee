/// A linear map of tokens.
#ifndef EIGENVIT_LAYERS_LINEAR_HPP
#define EIGENVIT_LAYERS_LINEAR_HPP

#include <string>
#include <utility>

#include <eigenvit/core/batch_view.hpp>
#include <eigenvit/core/error.hpp>
#include <eigenvit/core/executor.hpp>
#include <eigenvit/kernels/ops.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {

/// Linear map of each token, `y = x Wᵀ + b`: the field's `nn.Linear`.
///
/// Shapes: weight `[out, in]`, bias `[out]` or none, `x [T, in]`, `y [T, out]`.
/// Cost: `2 T in out` flops.
///
///     const eigenvit::Linear<float> head(weight, bias);
///     const eigenvit::Matrix<float> logits = head(tokens);
template <class Scalar>
class Linear {
 public:
  Linear() = default;

  /// Copies its weights; an empty `bias` means none. Throws `ShapeError` when they do not fit.
  explicit Linear(const ConstMatrixRef<Scalar>& weight,
                  const ConstVectorRef<Scalar>& bias = Vector<Scalar>())
      : Linear(PackedMatrix<Scalar>(weight),
               AlignedBuffer<Scalar>(bias.data(), bias.data() + bias.size())) {}

  /// Takes its weights over. Throws `ShapeError` when the bias is neither empty nor `[out]`.
  explicit Linear(PackedMatrix<Scalar> weight, AlignedBuffer<Scalar> bias = {})
      : weight_(std::move(weight)), bias_(std::move(bias)) {
    if (!bias_.empty() && static_cast<Index>(bias_.size()) != out_features()) {
      throw ShapeError("linear: expected a bias of " + std::to_string(out_features()) +
                       " values, found " + std::to_string(bias_.size()));
    }
  }

  Index in_features() const noexcept { return weight_.inputs(); }
  Index out_features() const noexcept { return weight_.outputs(); }
  Index parameters() const noexcept {
    return in_features() * out_features() + static_cast<Index>(bias_.size());
  }

  /// `x Wᵀ + b`. Throws `ShapeError` unless `x` has `in` columns.
  Matrix<Scalar> operator()(const ConstMatrixRef<Scalar>& x) const {
    if (x.cols() != in_features()) {
      throw ShapeError("linear: expected an input of " + std::to_string(in_features()) +
                       " columns, found " + std::to_string(x.cols()));
    }
    Matrix<Scalar> y(x.rows(), out_features());
    SerialExecutor serial;
    forward(BatchView<const Scalar>::of(x), BatchView<Scalar>::of(y), serial);
    return y;
  }

  /// As above for a batch, with what shall be done to the product on its way to memory; `x` and `y`
  /// must not overlap.
  void forward(const BatchView<const Scalar>& x, const BatchView<Scalar>& y, Executor& executor,
               Activation activation = Activation::none, const Scalar* scale = nullptr,
               bool accumulate = false) const {
    eigen_assert(x.cols == in_features() && y.cols == out_features());
    eigen_assert(x.images == y.images && x.rows == y.rows);
    // Tasks are cut along the outputs, where they share no sum, in blocks that do not follow the
    // number of threads: each number is computed the same way however many there are.
    const Index blocks = (out_features() + block_outputs - 1) / block_outputs;
    for_each_task(executor, x.images * blocks, [&](Index task, Index) {
      const Index image = task / blocks;
      const Index first = task % blocks * block_outputs;
      const Index count = std::min(block_outputs, out_features() - first);
      ops::Epilogue<Scalar> epilogue;
      epilogue.bias = bias_.empty() ? nullptr : bias_.data() + first;
      epilogue.activation = activation;
      epilogue.scale = scale ? scale + first : nullptr;
      epilogue.accumulate = accumulate;
      ops::linear(x.row(image, 0), x.rows, x.row_stride, weight_, first, count, epilogue,
                  y.row(image, 0) + first, y.row_stride);
    });
  }

 private:
  // Wide enough that packing the tokens anew for each block stays below 1 % of the product, narrow
  // enough that the projections of a ViT-S still make two tasks.
  static constexpr Index block_outputs = 192;

  PackedMatrix<Scalar> weight_;
  AlignedBuffer<Scalar> bias_;
};

}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
