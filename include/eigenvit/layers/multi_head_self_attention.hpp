/// The attention half of a transformer block.
#ifndef EIGENVIT_LAYERS_MULTI_HEAD_SELF_ATTENTION_HPP
#define EIGENVIT_LAYERS_MULTI_HEAD_SELF_ATTENTION_HPP

#include <algorithm>
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
/// a few queries and keys at a time, never `T x T`, also where the probabilities are asked for.
///
/// Queries, keys and values are held as `[3, H, T, head_width]`: a head's keys are one piece of
/// memory, and the rows of an odd width (72, 88) are filled up with zeros to whole registers.
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
    qkv_ = qkv_.grouped(head_dim());
  }

  Index in_features() const noexcept { return qkv_.in_features(); }
  Index out_features() const noexcept { return proj_.out_features(); }
  Index inner_features() const noexcept { return proj_.in_features(); }
  Index heads() const noexcept { return heads_; }
  Index head_dim() const noexcept { return inner_features() / heads_; }
  Index parameters() const noexcept { return qkv_.parameters() + proj_.parameters(); }
  const Linear<Scalar>& qkv() const noexcept { return qkv_; }
  const Linear<Scalar>& proj() const noexcept { return proj_; }

  /// Width of a head in memory: `d`, filled up to a multiple of 16.
  Index head_width() const noexcept { return head_width(head_dim()); }
  static constexpr Index head_width(Index head_dim) noexcept {
    return (head_dim + kernels::panel_width - 1) / kernels::panel_width * kernels::panel_width;
  }

  /// `y` for one sequence of tokens; where `probabilities` is given it becomes `A`, `[H*T, T]`.
  /// Throws `ShapeError` unless `x` has `D` columns.
  Matrix<Scalar> operator()(const ConstMatrixRef<Scalar>& x,
                            Matrix<Scalar>* probabilities = nullptr) const {
    if (x.cols() != in_features()) {
      throw ShapeError("attention: expected an input of " + std::to_string(in_features()) +
                       " columns, found " + std::to_string(x.cols()));
    }
    Matrix<Scalar> y(x.rows(), out_features());
    add_to(x, y, nullptr, false, probabilities);
    return y;
  }

  /// `y = [y +] scale ⊙ attention(x)`, the residual branch of a block, with `scale` of LayerScale
  /// or null.
  void add_to(const ConstMatrixRef<Scalar>& x, Matrix<Scalar>& y, const Scalar* scale,
              bool accumulate, Matrix<Scalar>* probabilities = nullptr) const {
    const Index tokens = x.rows();
    if (probabilities) probabilities->resize(heads_ * tokens, tokens);
    AlignedBuffer<Scalar> qkv(qkv_size(tokens, heads_, head_dim()));
    AlignedBuffer<Scalar> scratch(scratch_size(head_dim()));
    Matrix<Scalar> attended(tokens, inner_features());
    project(x.data(), 0, tokens, x.outerStride(), 0, qkv_.weight().panels(), qkv.data(), tokens);
    for (Index head = 0; head < heads_; ++head) {
      for (Index first = 0; first < tokens; first += block_queries) {
        attend(qkv.data(), tokens, head, first, std::min(block_queries, tokens - first),
               attended.data(), attended.cols(), probabilities ? probabilities->data() : nullptr,
               scratch.data());
      }
    }
    proj_.add_to(attended, y, scale, accumulate);
  }

  /// Queries that one call of `attend` takes at most.
  static constexpr Index block_queries = kernels::attention_queries;

  /// Values of queries, keys and values of one image.
  static constexpr std::size_t qkv_size(Index tokens, Index heads, Index head_dim) noexcept {
    return static_cast<std::size_t>(3 * heads * tokens * head_width(head_dim));
  }
  /// Values of scratch that each strand needs for `attend`.
  static constexpr std::size_t scratch_size(Index head_dim) noexcept {
    return static_cast<std::size_t>(kernels::attention_scratch(head_width(head_dim)));
  }

  /// Queries, keys and values of the tokens `[first, first + rows)` of an image of `tokens` tokens,
  /// as far as the panels `[panel, panel + panels)` of qkv give them. `x` is the first of these
  /// tokens, `qkv [3, H, T, head_width]` those of the whole image.
  void project(const Scalar* x, Index first, Index rows, Index x_stride, Index panel, Index panels,
               Scalar* qkv, Index tokens) const {
    auto task = qkv_.share(panel, panels);
    task.x = x;
    task.rows = rows;
    task.x_stride = x_stride;
    task.y = qkv + first * head_width();
    task.y_stride = head_width();
    task.group_panels = head_width() / kernels::panel_width;
    task.group_stride = tokens * head_width();
    task.group_offset = panel;
    ops::gemm(task);
  }

  /// `o` of one head for the queries `[first, first + count)` of an image: the columns of the head
  /// in `attended [T, D]`. `probabilities`, if not null, is `[H, T, T]` of the image.
  void attend(const Scalar* qkv, Index tokens, Index head, Index first, Index count,
              Scalar* attended, Index attended_stride, Scalar* probabilities,
              Scalar* scratch) const {
    const Index size = tokens * head_width();
    kernels::AttentionArguments<Scalar> task;
    task.q = qkv + head * size + first * head_width();
    task.k = qkv + (heads_ + head) * size;
    task.v = qkv + (2 * heads_ + head) * size;
    task.queries = count;
    task.keys = tokens;
    task.width = task.qkv_stride = head_width();
    task.out_width = head_dim();
    // In double: of float, -ffast-math makes an approximation.
    task.scale = static_cast<Scalar>(1 / std::sqrt(static_cast<double>(head_dim())));
    task.out = attended + first * attended_stride + head * head_dim();
    task.out_stride = attended_stride;
    if (probabilities) task.probabilities = probabilities + (head * tokens + first) * tokens;
    task.scratch = scratch;
    ops::attention(task);
  }

 private:
  Linear<Scalar> qkv_;
  Linear<Scalar> proj_;
  Index heads_ = 1;
};

}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
