/// The attention half of a transformer block.
#ifndef EIGENVIT_LAYERS_MULTI_HEAD_SELF_ATTENTION_HPP
#define EIGENVIT_LAYERS_MULTI_HEAD_SELF_ATTENTION_HPP

#include <cmath>
#include <string>
#include <utility>

#include <eigenvit/layers/linear.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {

/// Multi-head self-attention:
/// `q, k, v = split(qkv(x))`; for each head `A = softmax(q kᵀ / sqrt(d))`, `o = A v`;
/// `y = proj(concat of the heads)`.
///
/// Shapes: `qkv [3D, D]`, its rows q, k, v and inside each head by head; `proj [D, D]`; `x, y
/// [T, D]`; `A [H, T, T]`. Cost: `8 T D² + 4 T² D` flops and `H T²` exps. The scores are formed for
/// a block of queries at a time, never `T x T`, unless the probabilities are asked for.
/// Source: Vaswani et al., arXiv:1706.03762; timm's `Attention`.
template <class Scalar>
class MultiHeadSelfAttention {
 public:
  MultiHeadSelfAttention() = default;

  /// Throws `ShapeError` when the maps do not fit together or `heads` does not divide `D`.
  MultiHeadSelfAttention(Linear<Scalar> qkv, Linear<Scalar> proj, Index heads)
      : qkv_(std::move(qkv)), proj_(std::move(proj)), heads_(heads) {
    const Index inner = proj_.in_features();
    if (qkv_.out_features() != 3 * inner) {
      throw ShapeError("attention: expected qkv to give 3 x " + std::to_string(inner) +
                       " outputs, found " + std::to_string(qkv_.out_features()));
    }
    if (heads < 1 || inner % heads != 0) {
      throw ShapeError("attention: expected a number of heads that divides the width " +
                       std::to_string(inner) + ", found " + std::to_string(heads));
    }
  }

  Index in_features() const noexcept { return qkv_.in_features(); }
  Index out_features() const noexcept { return proj_.out_features(); }
  Index inner_features() const noexcept { return proj_.in_features(); }
  Index heads() const noexcept { return heads_; }
  Index head_dim() const noexcept { return inner_features() / heads_; }
  Index parameters() const noexcept { return qkv_.parameters() + proj_.parameters(); }

  /// `y` for one sequence of tokens; where `probabilities` is given it becomes `A`, `[H*T, T]`.
  /// Throws `ShapeError` unless `x` has `D` columns.
  Matrix<Scalar> operator()(const ConstMatrixRef<Scalar>& x,
                            Matrix<Scalar>* probabilities = nullptr) const {
    if (x.cols() != in_features()) {
      throw ShapeError("attention: expected an input of " + std::to_string(in_features()) +
                       " columns, found " + std::to_string(x.cols()));
    }
    const Index tokens = x.rows();
    Matrix<Scalar> y(tokens, out_features());
    if (probabilities) probabilities->resize(heads_ * tokens, tokens);
    AlignedBuffer<Scalar> qkv(static_cast<std::size_t>(tokens * 3 * inner_features()));
    AlignedBuffer<Scalar> attended(static_cast<std::size_t>(tokens * inner_features()));
    AlignedBuffer<Scalar> scores(scores_size(tokens));
    SerialExecutor serial;
    forward(BatchView<const Scalar>::of(x), BatchView<Scalar>::of(y),
            {qkv.data(), attended.data(), scores.data()}, serial, nullptr, false,
            probabilities ? probabilities->data() : nullptr);
    return y;
  }

  /// Scratch of a forward pass: `qkv [B*T, 3D]`; `attended [B*T, D]`, which may be the memory of
  /// `x`, since that is not read any more when it is written; `scores`, `scores_size(T)` values for
  /// each strand.
  struct Scratch {
    Scalar* qkv;
    Scalar* attended;
    Scalar* scores;
  };

  static std::size_t scores_size(Index tokens) {
    return static_cast<std::size_t>(std::min(tokens, block_queries) * tokens);
  }

  /// As above for a batch. With `accumulate`, `y += scale ⊙ attention(x)`, the residual branch of a
  /// block, with `scale` of LayerScale or null. `probabilities`, if not null, becomes `[B, H, T,
  /// T]`.
  void forward(const BatchView<const Scalar>& x, const BatchView<Scalar>& y, const Scratch& scratch,
               Executor& executor, const Scalar* scale = nullptr, bool accumulate = false,
               Scalar* probabilities = nullptr) const {
    const Index tokens = x.rows;
    const Index inner = inner_features();
    const BatchView<Scalar> qkv(scratch.qkv, x.images, tokens, 3 * inner);
    qkv_.forward(x, qkv, executor);

    const BatchView<Scalar> attended(scratch.attended, x.images, tokens, inner);
    const Index blocks = (tokens + block_queries - 1) / block_queries;
    const Index block = (tokens + blocks - 1) / blocks;
    const auto strand_size = static_cast<Index>(scores_size(tokens));
    const Scalar head_scale = Scalar(1) / std::sqrt(static_cast<Scalar>(head_dim()));

    for_each_task(executor, x.images * heads_ * blocks, [&](Index task, Index strand) {
      const Index image = task / (heads_ * blocks);
      const Index head = task / blocks % heads_;
      const Index first = task % blocks * block;
      const Index column = head * head_dim();
      Scalar* const scores =
          probabilities ? probabilities + ((image * heads_ + head) * tokens + first) * tokens
                        : scratch.scores + strand * strand_size;
      ops::attention(qkv.row(image, first) + column, std::min(block, tokens - first),
                     qkv.row(image, 0) + inner + column, qkv.row(image, 0) + 2 * inner + column,
                     tokens, head_dim(), qkv.row_stride, head_scale, scores,
                     attended.row(image, first) + column, attended.row_stride);
    });
    proj_.forward(attended, y, executor, Activation::none, scale, accumulate);
  }

 private:
  // Scores of a block stay in the L2 cache (100 KB at 197 tokens, 700 KB at 1374), and each key is
  // packed once for so many queries.
  static constexpr Index block_queries = 128;

  Linear<Scalar> qkv_;
  Linear<Scalar> proj_;
  Index heads_ = 1;
};

}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
