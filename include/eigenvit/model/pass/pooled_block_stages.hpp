/// The stages of the last block where only pooled prefix tokens of it are needed.
#ifndef EIGENVIT_MODEL_PASS_POOLED_BLOCK_STAGES_HPP
#define EIGENVIT_MODEL_PASS_POOLED_BLOCK_STAGES_HPP

#include <eigenvit/core/task_graph.hpp>
#include <eigenvit/layers/encoder_block.hpp>
#include <eigenvit/model/pass/forward_scratch.hpp>
#include <eigenvit/model/pass/linear_share.hpp>
#include <eigenvit/model/pass/sequence.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// A plain `EncoderBlock` for the first R tokens of each image alone, without the keys and values
/// of the others. With `y = norm1(x)`, for each head and pooled token r:
///
///     u = W_kᵀ (W_q y_r + b_q) / sqrt(d)         a query for tokens instead of keys, [D]
///     p = softmax(y u)                           the keys' bias adds the same to all scores
///     o = W_v (pᵀ y) + b_v                       the probabilities add up to 1
///
/// then proj, norm2 and MLP for R rows. In exact arithmetic this is the block; rounding differs by
/// about 1e-7 of the largest value. Cost: `2 T D (16 + 16) + (12 D² + ...) R` flops in place of
/// `24 T D² + 4 T² D`. It reads every weight once, for all images of the batch together.
///
///     norm1 || query | score || softmax || weighted sums || values ||| proj | norm2 | fc1 | fc2
///
/// After `||` a task needs the whole image, from `|||` on the whole batch. The heads' queries are
/// columns of panels of sixteen, as weights of a product are: column `h R + r`.
class PooledBlockStages {
 public:
  /// `block` and `scratch` outlive the run.
  PooledBlockStages(const EncoderBlock<float>& block, const Sequence<float>& x, Index pooled,
                    const PooledBlockScratch<float>& scratch)
      : block_(&block),
        x_(x),
        scratch_(&scratch),
        pooled_(pooled),
        panels_(PooledBlockScratch<float>::panels(block.attn().heads(), pooled)) {}

  /// Whether the formula is that of the block, whose layers take their inputs as they are. The
  /// kernel of weighted sums takes whole registers.
  static bool suits(const EncoderBlock<float>& block) noexcept {
    return block.is_plain() && !block.encodes_inputs() && block.width() % kernels::panel_width == 0;
  }

  /// Adds the stages from the residual stream `x` to that of the pooled tokens after the block.
  Stage add_to(TaskGraph& graph, Stage x) const;

 private:
  /// Columns of one task of weighted sums.
  static constexpr Index sum_columns = 128;

  Index sum_parts() const noexcept { return ceil_div(x_.width, sum_columns); }

  const MultiHeadSelfAttention<float>& attn() const noexcept { return block_->attn(); }

  // Of an image: the queries for tokens [panels][D][16], the scores [panels][T][16] and the
  // weighted sums [panels][16][D].
  float* queries(Index image) const noexcept {
    return scratch_->values + image * panels_ * kernels::panel_width * (2 * x_.width + x_.tokens);
  }
  float* scores(Index image) const noexcept {
    return queries(image) + panels_ * kernels::panel_width * x_.width;
  }
  float* sums(Index image) const noexcept {
    return scores(image) + panels_ * kernels::panel_width * x_.tokens;
  }

  Index head_panels() const noexcept { return attn().head_width() / kernels::panel_width; }

  /// The first panel of one head's part of qkv: 0 queries, 1 keys, 2 values.
  Index first_panel(Index third, Index head) const noexcept {
    return (third * attn().heads() + head) * head_panels();
  }

  void norm1(const Task& task) const;

  /// `u` of one head.
  void project_query(const Task& task) const;

  void clear_unused_columns(Index image) const;

  /// `y u` of some tokens, for all heads.
  void score(const Task& task) const;

  void softmax(const Task& task) const;

  /// Some columns of `pᵀ y`, for the heads of one panel.
  void sum(const Task& task) const;

  /// `o` of one head.
  void project_values(const Task& task) const;

  /// A share of a layer for the pooled tokens of all images at once, pooled token by pooled token.
  void multiply_pooled(const Linear<float>& layer, const Task& task, const float* x, Index x_stride,
                       float* y, Index y_stride, const Finish<float>& finish) const;

  void proj(const Task& task) const;

  void norm2(const Task& task) const;

  void fc1(const Task& task) const;

  void fc2(const Task& task) const;

  const EncoderBlock<float>* block_;
  Sequence<float> x_;
  const PooledBlockScratch<float>* scratch_;
  Index pooled_;  ///< R
  Index panels_;
};

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#if EIGENVIT_HEADER_ONLY
#include <eigenvit/model/pass/pooled_block_stages.inl>
#endif

#endif
