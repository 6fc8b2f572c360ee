/// The scratch memory of a forward pass.
#ifndef EIGENVIT_MODEL_FORWARD_SCRATCH_HPP
#define EIGENVIT_MODEL_FORWARD_SCRATCH_HPP

#include <algorithm>
#include <new>

#include <eigenvit/core/progress.hpp>
#include <eigenvit/core/workspace.hpp>
#include <eigenvit/layers/attention_pool.hpp>
#include <eigenvit/model/forward_plan.hpp>
#include <eigenvit/model/position_tables.hpp>
#include <eigenvit/model/vit_config.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {

/// Counters of finished tasks, taken from `arena`, a `Workspace` or a `WorkspaceSize`.
template <class Arena>
Progress* progress_counters(Arena& arena, Index count, const TaskFailure& failure) {
  Progress* const first = arena.template take<Progress>(static_cast<std::size_t>(count));
  for (Index i = 0; first && i < count; ++i) {
    ::new (static_cast<void*>(first + i)) Progress(failure);
  }
  return first;
}

/// Part of the arena for `LastBlock`.
template <class Scalar>
struct LastBlockScratch {
  Scalar* values;        ///< queries for tokens, scores and sums of each image
  Scalar* head_queries;  ///< `[B, H, head_width]`
  // Finished tasks: of each image,
  Progress* asked;
  Progress* scored;
  Progress* weighed;
  Progress* summed;
  // and of all images.
  Progress* answered;
  Progress* projected_out;
  Progress* normed2;
  Progress* widened;
  Progress* narrowed;

  /// Panels of sixteen columns, one for each head and pooled prefix token.
  static Index panels(const VitConfig& config) noexcept {
    const Index pooled = config.global_pool == Pool::token_pair || config.dist_head ? 2 : 1;
    return (config.num_heads * pooled + kernels::panel_width - 1) / kernels::panel_width;
  }
};

/// Part of the arena for `AttentionPooling`; nothing is taken where the model does not pool so.
template <class Scalar>
struct AttentionPoolScratch {
  Scalar* sums = nullptr;      ///< of tokens by weight `[B, H, padded D]`
  Scalar* answers = nullptr;   ///< `[B, D]`
  Scalar* normed = nullptr;    ///< `[B, D]`
  Scalar* hidden = nullptr;    ///< `[B, F]`
  Index sums_size = 0;         ///< values of one image
  Progress* stages = nullptr;  ///< finished tasks of each stage
  static constexpr Index stage_count = 5;
};

/// Where in the workspace a forward pass keeps what. Laid out by the same lines of code whether the
/// memory is taken or only counted.
template <class Scalar>
struct ForwardScratch {
  Scalar* stream;    ///< residual stream `[B*T, D]`
  Scalar* normed;    ///< `[B*T, D]`, rows `normed_stride` apart
  Scalar* qkv;       ///< queries, keys and values `[B, 3, H, T, head_width]`
  Scalar* attended;  ///< `[B*T, D]`, rows `normed_stride` apart
  Scalar* wide;      ///< flattened patches, then the MLP's hidden layer `[B*T, F]`
  Scalar* pooled;    ///< what the head reads `[B, D]` or `[B, 2D]`
  Scalar* strands;   ///< scratch of attention for each strand
  LastBlockScratch<Scalar> last_block;
  AttentionPoolScratch<Scalar> attn_pool;
  Index normed_stride;
  Index wide_stride;
  // Where halves of blocks stand side by side, one branch's part comes after the other's.
  std::size_t branch_rows;  ///< values of `normed`, and of `attended`, of one branch
  std::size_t branch_wide;  ///< values of `wide` of one branch
  std::size_t branch_qkv;   ///< values of one image and branch
  std::size_t qkv_size;     ///< values of one image
  std::size_t strand_size;  ///< values of one strand

  // Finished tasks, over all blocks: of each image,
  Progress* projected;       ///< qkv
  Progress* attended_count;  ///< attention
  Progress* finished;        ///< final norm
  // of each group of rows,
  Progress* flattened;
  Progress* embedded;
  Progress* normed1;
  Progress* projected_rows;  ///< qkv, where something stands between it and attention
  Progress* inner_normed;    ///< norm of the heads
  Progress* projected_out;   ///< proj
  Progress* normed2;
  Progress* widened;   ///< fc1
  Progress* gated;     ///< gate and norm of the MLP
  Progress* narrowed;  ///< fc2
  // and of all images.
  Progress* pooled_count;

  /// Takes the memory from `arena`, a `Workspace` or a `WorkspaceSize`. Tasks that wait are ended
  /// by `failure`, which outlives this.
  template <class Arena>
  ForwardScratch(const VitConfig& config, const ForwardPlan& plan, Index strand_count, Arena& arena,
                 const TaskFailure& failure) {
    const auto counters = [&](Index count) { return progress_counters(arena, count, failure); };
    const auto rows = static_cast<std::size_t>(plan.images * plan.tokens);
    const auto width = static_cast<std::size_t>(config.embed_dim);
    const Index patch_size = config.in_chans * config.patch_height * config.patch_width;
    const Index head_dim = config.head_dim();
    const auto branches = static_cast<std::size_t>(config.num_parallel);
    normed_stride = spread(config.embed_dim);
    wide_stride = spread(std::max(patch_size, config.fc1_outputs()));
    branch_rows = rows * static_cast<std::size_t>(normed_stride);
    branch_wide = rows * static_cast<std::size_t>(wide_stride);
    branch_qkv =
        MultiHeadSelfAttention<Scalar>::qkv_size(plan.tokens, config.attention_heads(), head_dim);
    qkv_size = branches * branch_qkv;
    strand_size = MultiHeadSelfAttention<Scalar>::scratch_size(
        head_dim, config.rel_pos_bias ? plan.tokens : 0, config.diff_attention);
    const bool pool = config.global_pool == Pool::map;
    if (pool) {
      strand_size = std::max(strand_size, AttentionPool<Scalar>::scratch_size(config.embed_dim));
    }

    const auto values = [&](std::size_t count) { return arena.template take<Scalar>(count); };
    stream = values(rows * width);
    normed = values(branches * branch_rows);
    qkv = values(qkv_size * static_cast<std::size_t>(plan.images));
    attended = values(branches * branch_rows);
    wide = values(branches * branch_wide);
    pooled = values(static_cast<std::size_t>(plan.images * config.head_inputs()));
    strands = values(strand_size * static_cast<std::size_t>(strand_count));
    if (pool) {
      const auto images = static_cast<std::size_t>(plan.images);
      attn_pool.sums_size = config.attn_pool_heads * kernels::padded_width(config.embed_dim);
      attn_pool.sums = values(images * static_cast<std::size_t>(attn_pool.sums_size));
      attn_pool.answers = values(images * width);
      attn_pool.normed = values(images * width);
      attn_pool.hidden = values(images * static_cast<std::size_t>(config.attn_pool_hidden));
      attn_pool.stages = counters(AttentionPoolScratch<Scalar>::stage_count);
    }

    for (Progress** const of_images : {&projected, &attended_count, &finished}) {
      *of_images = counters(plan.images);
    }
    for (Progress** const of_groups :
         {&flattened, &embedded, &normed1, &projected_rows, &inner_normed, &projected_out, &normed2,
          &widened, &gated, &narrowed}) {
      *of_groups = counters(plan.images * plan.groups);
    }
    pooled_count = counters(1);

    const Index columns = LastBlockScratch<Scalar>::panels(config) * kernels::panel_width;
    last_block.values = values(
        static_cast<std::size_t>(plan.images * columns * (2 * config.embed_dim + plan.tokens)));
    last_block.head_queries =
        values(static_cast<std::size_t>(plan.images * config.attention_heads() *
                                        MultiHeadSelfAttention<Scalar>::head_width(head_dim)));
    for (Progress** const of_images :
         {&last_block.asked, &last_block.scored, &last_block.weighed, &last_block.summed}) {
      *of_images = counters(plan.images);
    }
    for (Progress** const of_all :
         {&last_block.answered, &last_block.projected_out, &last_block.normed2, &last_block.widened,
          &last_block.narrowed}) {
      *of_all = counters(1);
    }
  }

 private:
  /// Distance between rows that a product reads as its left side. It reads a dozen of them at a
  /// time, and where they lie a multiple of 4 KB apart they all want the same few lines of the L1
  /// cache: 12 % of the speed at a width of 1024 or 3072.
  static Index spread(Index width) noexcept {
    constexpr Index line = 16;
    const Index lines = (width + line - 1) / line;
    return (lines % 16 == 0 ? lines + 1 : lines) * line;
  }
};

/// Bytes of workspace that a forward pass of `images` images of such a size uses on `threads`
/// threads, known before the first call.
template <class Scalar>
std::size_t workspace_bytes(const VitConfig& config, Index image_height, Index image_width,
                            Index images, int threads) {
  WorkspaceSize size;
  const TaskFailure failure;
  const ForwardPlan plan(config, image_height, image_width, images, threads,
                         ops::tile_rows<Scalar>());
  ForwardScratch<Scalar>(config, plan, threads, size, failure);
  return size.bytes() + PositionTables<Scalar>::bytes(config, plan);
}

}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
