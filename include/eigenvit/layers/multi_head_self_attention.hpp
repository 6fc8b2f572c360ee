/// The attention half of a transformer block.
#ifndef EIGENVIT_LAYERS_MULTI_HEAD_SELF_ATTENTION_HPP
#define EIGENVIT_LAYERS_MULTI_HEAD_SELF_ATTENTION_HPP

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

#include <eigenvit/core/message.hpp>
#include <eigenvit/layers/attention_extras.hpp>
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
/// Where the model has them (`AttentionExtras`, `AttentionPositions`), queries and keys are normed,
/// then rotated by their positions; a bias by relative positions is added to the scores; heads are
/// subtracted in pairs; and the heads together are normed before `proj`. Where it is causal, a
/// token attends to itself and to those before it only.
///
/// Queries, keys and values are held as `[3, H, T, head_width]`: a head's keys are one piece of
/// memory, and the rows of an odd width (72, 88) are filled up with zeros to whole registers.
/// Source: Vaswani et al., arXiv:1706.03762; timm's `Attention`.
template <class Scalar>
class MultiHeadSelfAttention {
 public:
  MultiHeadSelfAttention() = default;

  /// Throws `ShapeError` when the parts do not fit together or `heads` does not divide `D`.
  MultiHeadSelfAttention(Linear<Scalar> qkv, Linear<Scalar> proj, Index heads,
                         AttentionExtras<Scalar> extras = {})
      : qkv_(std::move(qkv)), proj_(std::move(proj)), extras_(std::move(extras)), heads_(heads) {
    const Index inner = proj_.in_features();
    if (qkv_.out_features() != 3 * inner) {
      detail::raise<ShapeError>(
          {"attention: expected qkv to give 3 x ", inner, " outputs, found ", qkv_.out_features()});
    }
    if (heads < 1 || inner % heads != 0) {
      detail::raise<ShapeError>({"attention: expected a number of heads that divides the width ",
                                 inner, ", found ", heads});
    }
    check_extras();
    qkv_ = qkv_.grouped(head_dim());
  }

  Index in_features() const noexcept { return qkv_.in_features(); }
  Index out_features() const noexcept { return proj_.out_features(); }
  Index inner_features() const noexcept { return proj_.in_features(); }
  Index heads() const noexcept { return heads_; }
  Index head_dim() const noexcept { return inner_features() / heads_; }
  Index parameters() const noexcept {
    Index count = qkv_.parameters() + proj_.parameters();
    for (const auto* norm : {&extras_.q_norm, &extras_.k_norm, &extras_.norm}) {
      if (*norm) count += (*norm)->parameters();
    }
    if (extras_.differential) count += 4 * head_dim() + extras_.differential->norm.parameters();
    if (extras_.rel_pos_bias) count += extras_.rel_pos_bias->parameters();
    return count;
  }
  const AttentionExtras<Scalar>& extras() const noexcept { return extras_; }
  /// Whether it is the formula above with none of the parts that only some models have.
  bool is_plain() const noexcept {
    return !extras_.q_norm && !extras_.k_norm && !extras_.norm && !extras_.differential &&
           !extras_.rel_pos_bias;
  }
  /// Heads as `attend` counts them: pairs where attention is differential.
  Index units() const noexcept { return extras_.differential ? heads_ / 2 : heads_; }
  const Linear<Scalar>& qkv() const noexcept { return qkv_; }
  const Linear<Scalar>& proj() const noexcept { return proj_; }

  /// Width of a head in memory: `d`, filled up to a multiple of 16.
  Index head_width() const noexcept { return head_width(head_dim()); }
  static constexpr Index head_width(Index head_dim) noexcept {
    return kernels::padded_width(head_dim);
  }

  /// `y` for one sequence of tokens; where `probabilities` is given it becomes `A`, `[H*T, T]`.
  /// Throws `ShapeError` unless `x` has `D` columns.
  Matrix<Scalar> operator()(const ConstMatrixRef<Scalar>& x,
                            Matrix<Scalar>* probabilities = nullptr,
                            const AttentionPositions<Scalar>& positions = {}) const {
    if (x.cols() != in_features()) {
      detail::raise<ShapeError>(
          {"attention: expected an input of ", in_features(), " columns, found ", x.cols()});
    }
    Matrix<Scalar> y(x.rows(), out_features());
    add_to(x, y, nullptr, false, probabilities, positions);
    return y;
  }

  /// `y = [y +] scale ⊙ attention(x)`, the residual branch of a block, with `scale` of LayerScale
  /// or null.
  void add_to(const ConstMatrixRef<Scalar>& x, Matrix<Scalar>& y, const Scalar* scale,
              bool accumulate, Matrix<Scalar>* probabilities = nullptr,
              const AttentionPositions<Scalar>& positions = {}) const {
    const Index tokens = x.rows();
    if (probabilities) probabilities->resize(heads_ * tokens, tokens);
    AlignedBuffer<Scalar> qkv(qkv_size(tokens, heads_, head_dim()));
    AlignedBuffer<Scalar> scratch(scratch_size(head_dim(), positions.makes_bias() ? tokens : 0,
                                               extras_.differential.has_value()));
    Matrix<Scalar> attended(tokens, inner_features());
    const auto inputs = qkv_.inputs(x);
    project(inputs.data, 0, tokens, inputs.stride, 0, qkv_.weight().panels(), qkv.data(), tokens);
    apply_rope(qkv.data(), 0, tokens, tokens, positions);
    AlignedBuffer<Scalar> packed(
        packs_heads() ? static_cast<std::size_t>(heads_ * packed_head(tokens).size) : 0);
    for (Index head = 0; packs_heads() && head < heads_; ++head) {
      pack_head(qkv.data(), tokens, head, packed.data());
    }
    for (Index unit = 0; unit < units(); ++unit) {
      for (Index first = 0; first < tokens; first += block_queries) {
        attend(qkv.data(), tokens, unit, first, std::min(block_queries, tokens - first),
               attended.data(), attended.cols(), probabilities ? probabilities->data() : nullptr,
               scratch.data(), positions, packed.data());
      }
    }
    norm_heads(attended.data(), tokens, attended.cols());
    proj_.add_to(attended, y, scale, accumulate);
  }

  /// Queries that one call of `attend` takes at most.
  static constexpr Index block_queries = kernels::attention_queries;

  /// Values of queries, keys and values of one image.
  static constexpr std::size_t qkv_size(Index tokens, Index heads, Index head_dim) noexcept {
    return static_cast<std::size_t>(3 * heads * tokens * head_width(head_dim));
  }
  /// Values of scratch that each worker needs for `attend`: `bias_tokens` is T where there is a
  /// bias by relative positions or by distances or a causal mask, else 0.
  static constexpr std::size_t scratch_size(Index head_dim, Index bias_tokens = 0,
                                            bool differential = false) noexcept {
    return static_cast<std::size_t>(
        kernels::attention_scratch(head_width(head_dim)) + kernels::packed_attention_scratch +
        block_queries * bias_tokens + (differential ? 4 * block_queries * head_dim : 0));
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

  /// Norms of queries and keys, then rotary embedding, where there are such: of the tokens
  /// `[first, first + rows)` of an image, in place, after all of qkv has been projected for them.
  void apply_rope(Scalar* qkv, Index first, Index rows, Index tokens,
                  const AttentionPositions<Scalar>& positions) const {
    const RotaryTable<Scalar>& rope = positions.rope;
    const Index rotated = positions.prefix - rope.prefix_rows;
    const Index from = std::max(first, rotated);
    const Index end = std::min(first + rows, tokens - positions.suffix);
    for (Index i = 0; i < 2 * heads_; ++i) {
      Scalar* const head = qkv + i * tokens * head_width();
      const auto& norm = i < heads_ ? extras_.q_norm : extras_.k_norm;
      Scalar* const x = head + first * head_width();
      if (norm) norm->forward(x, rows, head_width(), x, head_width());
      if (rope.cos == nullptr || from >= end) continue;
      const Index table = i % heads_ * rope.head_stride + (from - rotated) * rope.row_stride;
      kernels::RotationArguments<Scalar> task;
      task.x = head + from * head_width();
      task.rows = end - from;
      task.x_stride = head_width();
      task.size = head_dim();
      task.cos = rope.cos + table;
      task.sin = rope.sin + table;
      task.table_stride = rope.row_stride;
      task.halves = rope.halves;
      ops::rotate(task);
    }
  }

  /// In which numbers `attend` multiplies: those of the products of qkv.
  kernels::AttentionFormat format() const noexcept {
    switch (qkv_.weight().format()) {
      case kernels::WeightFormat::bfloat16_pairs:
        return kernels::AttentionFormat::bfloat16;
      case kernels::WeightFormat::int8:
        return head_width() <= widest_words ? kernels::AttentionFormat::words
                                            : kernels::AttentionFormat::native;
      default:
        return kernels::AttentionFormat::native;
    }
  }
  /// Whether keys and values must be packed before `attend`.
  bool packs_heads() const noexcept { return format() != kernels::AttentionFormat::native; }
  /// The memory of one packed head.
  kernels::PackedHead packed_head(Index tokens) const noexcept { return {tokens, head_width()}; }

  /// Packs keys and values of one head of an image, which are not changed, into its place in
  /// `packed [H, packed_head]`.
  void pack_head(const Scalar* qkv, Index tokens, Index head, Scalar* packed) const {
    const Index size = tokens * head_width();
    ops::pack_head(format(), qkv + (heads_ + head) * size, qkv + (2 * heads_ + head) * size,
                   head_width(), tokens, head_width(), packed + head * packed_head(tokens).size);
  }

  /// `o` of one head, or pair of heads, for the queries `[first, first + count)` of an image: its
  /// columns in `attended [T, D]`. `probabilities`, if not null, is `[H, T, T]` of the image;
  /// `packed` has its heads where they are packed.
  void attend(const Scalar* qkv, Index tokens, Index unit, Index first, Index count,
              Scalar* attended, Index attended_stride, Scalar* probabilities, Scalar* scratch,
              const AttentionPositions<Scalar>& positions = {},
              const Scalar* packed = nullptr) const {
    Scalar* const bias = scratch + scratch_size(head_dim());
    const Index all = positions.keys && !packs_heads() ? *positions.keys : tokens;
    // Later keys have no weight: all blocks of queries leave them out but those whose weights are
    // asked for.
    const Index keys = positions.causal && !probabilities ? std::min(all, first + count) : all;
    if (positions.rel_pos_bias) {
      RelativePositionBias<Scalar>::fill(positions.rel_pos_bias, positions.grid_height,
                                         positions.grid_width, unit, first, count, bias);
    } else if (positions.distance_bias) {
      positions.distance_bias->fill(unit, first, count, tokens, positions.key_bias, bias);
    } else if (positions.causal && positions.key_bias) {
      std::copy_n(positions.key_bias, block_queries * keys, bias);
    } else if (positions.causal) {
      std::fill_n(bias, block_queries * keys, Scalar(0));
    }
    if (positions.causal) mask_later_keys(keys, first, bias);
    Scalar* const out = attended + first * attended_stride + unit * (inner_features() / units());
    const auto run = [&](Index head, Index value_head, Scalar* into, Index stride, bool tapped) {
      const Index size = tokens * head_width();
      kernels::AttentionArguments<Scalar> task;
      task.q = qkv + head * size + first * head_width();
      task.format = format();
      if (packs_heads()) {
        task.k = packed + head * packed_head(tokens).size;
        task.v = packed + value_head * packed_head(tokens).size;
      } else {
        task.k = qkv + (heads_ + head) * size;
        task.v = qkv + (2 * heads_ + value_head) * size;
      }
      task.queries = count;
      task.keys = keys;
      task.packed_keys = tokens;
      task.longest_keys = positions.causal ? std::max(positions.longest, all) : positions.longest;
      task.width = task.q_stride = task.kv_stride = head_width();
      task.out_width = head_dim();
      // In double: of float, -ffast-math makes an approximation.
      task.scale = positions.scales_scores
                       ? static_cast<Scalar>(1 / std::sqrt(static_cast<double>(head_dim())))
                       : Scalar(1);
      task.bias = positions.makes_bias() ? bias : positions.key_bias;
      task.out = into;
      task.out_stride = stride;
      if (tapped) task.probabilities = probabilities + (head * tokens + first) * tokens;
      task.scratch = scratch;
      ops::attention(task);
    };
    if (!extras_.differential)
      return run(unit, unit, out, attended_stride, probabilities != nullptr);
    // Both heads of the pair with both halves of the values: the scores are formed twice, which is
    // little beside the rest of a block, and the kernel needs no second width.
    Scalar* const pair = bias + (positions.makes_bias() ? block_queries * tokens : 0);
    const Index width = 2 * head_dim();
    for (Index head = 0; head < 2; ++head) {
      for (Index half = 0; half < 2; ++half) {
        run(2 * unit + head, 2 * unit + half,
            pair + head * block_queries * width + half * head_dim(), width,
            probabilities != nullptr && half == 0);
      }
    }
    Scalar* const other = pair + block_queries * width;
    // The sum by a kernel: a compiler that fused it with the product would change bits.
    for (Index i = 0; i < count * width; ++i) other[i] *= -extras_.differential->lambda;
    ops::add_row(other, count * width, pair);
    extras_.differential->norm.forward(pair, count, width, out, attended_stride);
  }

  /// The norm of the heads together, in place, where there is one.
  void norm_heads(Scalar* attended, Index rows, Index stride) const {
    if (extras_.norm) extras_.norm->forward(attended, rows, stride, attended, stride);
  }

 private:
  /// Makes the bias of scores of the queries from `first` on, for the keys after each of them, a
  /// number whose exponential is 0. It is finite, since a program may be compiled for finite
  /// numbers only.
  static void mask_later_keys(Index keys, Index first, Scalar* bias) {
    for (Index key = first + 1; key < keys; ++key) {
      std::fill_n(bias + key * block_queries, std::min(key - first, block_queries), Scalar(-1e30));
    }
  }

  void check_extras() const {
    const auto require = [](const char* part, Index expected, Index found) {
      if (expected != found) {
        detail::raise<ShapeError>(
            {"attention: expected ", part, " of ", expected, ", found ", found});
      }
    };
    if (extras_.q_norm) require("a norm of queries", head_dim(), extras_.q_norm->features());
    if (extras_.k_norm) require("a norm of keys", head_dim(), extras_.k_norm->features());
    if (extras_.norm) require("a norm of the heads", inner_features(), extras_.norm->features());
    if (extras_.rel_pos_bias) require("relative biases", heads_, extras_.rel_pos_bias->heads());
    if (!extras_.differential) return;
    require("pairs of heads", heads_ / 2 * 2, heads_);
    require("a norm of pairs of heads", 2 * head_dim(), extras_.differential->norm.features());
  }

  /// Beyond it, sums of products of words may not fit into 32 bits.
  static constexpr Index widest_words = 512;

  Linear<Scalar> qkv_;
  Linear<Scalar> proj_;
  AttentionExtras<Scalar> extras_;
  Index heads_ = 1;
};

}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
