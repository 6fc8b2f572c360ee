/// The scratch memory of a forward pass.
#ifndef EIGENVIT_MODEL_PASS_FORWARD_SCRATCH_HPP
#define EIGENVIT_MODEL_PASS_FORWARD_SCRATCH_HPP

#include <algorithm>
#include <cstddef>

#include <eigenvit/core/workspace.hpp>
#include <eigenvit/layers/attention_pool.hpp>
#include <eigenvit/model/heads/dense_head.hpp>
#include <eigenvit/model/pass/block_scratch.hpp>
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
  Scalar* heads = nullptr;   ///< `[B, E]`
  Scalar* normed = nullptr;  ///< `[B, E]`
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
  Scalar* pooled;  ///< what the head reads `[B, head_inputs]`
  PooledBlockScratch<Scalar> pooled_block;
  AttentionPoolScratch<Scalar> attn_pool;
  Scalar* dense = nullptr;       ///< the maps of a dense head that is asked for
  Scalar* dense_late = nullptr;  ///< those of after the blocks
  bool reuses_blocks = false;    ///< whether these lie where the stream and the blocks' buffers are

  /// Takes the memory from `arena`, a `Workspace` or a `WorkspaceSize`. `dense_head` is null where
  /// it is not asked for, `dense_alone` whether nothing else is computed after the blocks.
  template <class Arena>
  ForwardScratch(const VitConfig& config, const ForwardPlan& plan,
                 const DenseHead<Scalar>* dense_head, bool dense_alone, Index workers,
                 Arena& arena) {
    using Attention = MultiHeadSelfAttention<Scalar>;
    const auto values = [&](Index count) {
      return arena.template take<Scalar>(static_cast<std::size_t>(count));
    };
    const Index images = plan.images;
    const Index width = config.embed_dim;
    const bool pools = config.global_pool == Pool::map;
    BlockSizes sizes;
    sizes.sequences = images;
    sizes.tokens = plan.tokens;
    sizes.workers = workers;
    sizes.packs_heads = plan.packs_heads;
    sizes.bias_tokens = config.rel_pos_bias ? plan.tokens : 0;
    sizes.least_wide = config.in_chans * config.patch_height * config.patch_width;
    if (dense_head) sizes.least_scratch = dense_head->worker_values(config, plan);
    // Heads of detection and blocks of pooled tokens alone use both.
    sizes.attends_in_place = dense_head && dense_alone && config.block == BlockForm::pre_norm;
    if (pools) {
      sizes.least_scratch = std::max(
          sizes.least_scratch, static_cast<Index>(AttentionPool<Scalar>::scratch_size(width)));
    }

    const auto take_blocks = [&](auto& from, auto& from_workers) {
      stream = from.template take<Scalar>(static_cast<std::size_t>(images * plan.tokens * width));
      blocks = take_block_buffers<Scalar>(config, sizes, from, from_workers);
    };
    const Index late_values = dense_head ? dense_head->late_values(config, plan) : 0;
    reuses_blocks = late_values > 0 && dense_alone;
    if (reuses_blocks) {
      WorkspaceSize of_blocks, of_workers;
      take_blocks(of_blocks, of_workers);
      PieceOfWorkspace piece(arena.template take<std::byte>(std::max(
          of_blocks.bytes(), Workspace::rounded<Scalar>(static_cast<std::size_t>(late_values)))));
      dense_late = PieceOfWorkspace(piece).take<Scalar>(static_cast<std::size_t>(late_values));
      take_blocks(piece, arena);
    } else {
      take_blocks(arena, arena);
      dense_late = values(late_values);
    }
    pooled = values(images * config.head_inputs());
    if (pools) {
      attn_pool.sums_size = config.attn_pool_heads * kernels::padded_width(width);
      attn_pool.sums = values(images * attn_pool.sums_size);
      attn_pool.heads = values(images * config.head_inputs());
      attn_pool.normed = values(images * config.head_inputs());
      attn_pool.hidden = values(images * config.attn_pool_hidden);
    }
    const Index columns =
        PooledBlockScratch<Scalar>::panels(config.num_heads, config.pooled_prefix_tokens()) *
        kernels::panel_width;
    pooled_block.values = values(images * columns * (2 * width + plan.tokens));
    pooled_block.head_queries =
        values(images * config.attention_heads() * Attention::head_width(config.head_dim()));
    if (dense_head) dense = values(dense_head->scratch_values(config, plan));
  }
};

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
