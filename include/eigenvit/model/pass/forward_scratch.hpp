/// The scratch memory of a forward pass.
#ifndef EIGENVIT_MODEL_PASS_FORWARD_SCRATCH_HPP
#define EIGENVIT_MODEL_PASS_FORWARD_SCRATCH_HPP

#include <algorithm>
#include <cstddef>

#include <eigenvit/core/workspace.hpp>
#include <eigenvit/layers/attention_pool.hpp>
#include <eigenvit/model/pass/forward_plan.hpp>
#include <eigenvit/model/pass/sequence.hpp>
#include <eigenvit/model/vit_config.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// Part of the arena for `PooledBlockStages`.
template <class Scalar>
struct PooledBlockScratch {
  Scalar* values;        ///< queries for tokens, scores and sums of each image
  Scalar* head_queries;  ///< `[B, H, head_width]`

  /// Panels of sixteen columns, one for each head and pooled token.
  static constexpr Index panels(Index heads, Index pooled) noexcept {
    return ceil_div(heads * pooled, kernels::panel_width);
  }
};

/// Part of the arena for `AttentionPoolingStages`; nothing is taken where the model does not pool
/// so.
template <class Scalar>
struct AttentionPoolScratch {
  Scalar* sums = nullptr;    ///< of tokens by weight `[B, H, padded D]`
  Scalar* heads = nullptr;   ///< `[B, D]`
  Scalar* normed = nullptr;  ///< `[B, D]`
  Scalar* hidden = nullptr;  ///< `[B, F]`
  Index sums_size = 0;       ///< values of one image
};

/// Where in the workspace a forward pass keeps what. Laid out by the same lines of code whether the
/// memory is taken or only counted.
template <class Scalar>
struct ForwardScratch {
  Scalar* stream;  ///< residual stream `[B*T, D]`
  /// Of the blocks; `wide` holds the flattened patches before them.
  BlockBuffers<Scalar> blocks;
  Scalar* pooled;  ///< what the head reads `[B, D]` or `[B, 2D]`
  PooledBlockScratch<Scalar> pooled_block;
  AttentionPoolScratch<Scalar> attn_pool;

  /// Takes the memory from `arena`, a `Workspace` or a `WorkspaceSize`.
  template <class Arena>
  ForwardScratch(const VitConfig& config, const ForwardPlan& plan, Index workers, Arena& arena) {
    using Attention = MultiHeadSelfAttention<Scalar>;
    const auto values = [&](Index count) {
      return arena.template take<Scalar>(static_cast<std::size_t>(count));
    };
    const Index images = plan.images;
    const Index rows = images * plan.tokens;
    const Index width = config.embed_dim;
    const Index patch_size = config.in_chans * config.patch_height * config.patch_width;
    const Index branches = config.num_parallel;
    const Index head_dim = config.head_dim();
    blocks.normed_stride = spread(width);
    blocks.wide_stride = spread(std::max(patch_size, config.fc1_outputs()));
    blocks.branch_rows = rows * blocks.normed_stride;
    blocks.branch_wide = rows * blocks.wide_stride;
    blocks.branch_qkv =
        static_cast<Index>(Attention::qkv_size(plan.tokens, config.attention_heads(), head_dim));
    blocks.image_qkv = branches * blocks.branch_qkv;
    const kernels::PackedHead packed_head(plan.tokens, Attention::head_width(head_dim));
    blocks.branch_packed = plan.packs_heads ? config.attention_heads() * packed_head.size : 0;
    blocks.image_packed = branches * blocks.branch_packed;
    blocks.worker_size = static_cast<Index>(Attention::scratch_size(
        head_dim, config.rel_pos_bias ? plan.tokens : 0, config.diff_attention));
    const bool pools = config.global_pool == Pool::map;
    if (pools) {
      blocks.worker_size = std::max(blocks.worker_size,
                                    static_cast<Index>(AttentionPool<Scalar>::scratch_size(width)));
    }

    stream = values(rows * width);
    blocks.normed = values(branches * blocks.branch_rows);
    blocks.qkv = values(images * blocks.image_qkv);
    blocks.packed = values(images * blocks.image_packed);
    blocks.attended = values(branches * blocks.branch_rows);
    blocks.wide = values(branches * blocks.branch_wide);
    blocks.attention_scratch = values(workers * blocks.worker_size);
    pooled = values(images * config.head_inputs());
    if (pools) {
      attn_pool.sums_size = config.attn_pool_heads * kernels::padded_width(width);
      attn_pool.sums = values(images * attn_pool.sums_size);
      attn_pool.heads = values(images * width);
      attn_pool.normed = values(images * width);
      attn_pool.hidden = values(images * config.attn_pool_hidden);
    }
    const Index columns =
        PooledBlockScratch<Scalar>::panels(config.num_heads, config.pooled_prefix_tokens()) *
        kernels::panel_width;
    pooled_block.values = values(images * columns * (2 * width + plan.tokens));
    pooled_block.head_queries =
        values(images * config.attention_heads() * Attention::head_width(head_dim));
  }

 private:
  /// Distance between rows that a product reads as its left side. It reads a dozen of them at a
  /// time, and where they lie a multiple of 4 KB apart they all want the same few lines of the L1
  /// cache: 12 % of the speed at a width of 1024 or 3072.
  static Index spread(Index width) noexcept {
    constexpr Index line = 16;
    const Index lines = ceil_div(width, line);
    return (lines % 16 == 0 ? lines + 1 : lines) * line;
  }
};

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
