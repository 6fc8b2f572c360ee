/// One forward pass as stages of a task graph.
#ifndef EIGENVIT_MODEL_FORWARD_PASS_HPP
#define EIGENVIT_MODEL_FORWARD_PASS_HPP

#include <algorithm>
#include <optional>
#include <type_traits>

#include <eigenvit/core/task_graph.hpp>
#include <eigenvit/model/heads/heads.hpp>
#include <eigenvit/model/pass/embedding_stages.hpp>
#include <eigenvit/model/pass/encoder_block_stages.hpp>
#include <eigenvit/model/pass/forward_context.hpp>
#include <eigenvit/model/pass/merging_scratch.hpp>
#include <eigenvit/model/pass/pooled_block_stages.hpp>
#include <eigenvit/model/pass/pooling_stages.hpp>
#include <eigenvit/model/pass/token_merging_stages.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// A forward pass:
///
///     x = embed(pixels)
///     x = [x; queries]              before the block that they join
///     x = mlp(merge(attention(x)))      for each block; `merge` with token merging only
///     tokens = norm(x)
///     pooled = pool(tokens)
///     heads(tokens, pooled)
///     dense_head(x after some blocks)
///
/// Each line adds its stages to a task graph (`model/pass/`, `model/heads/`), as far as something
/// is asked for that depends on them. What is computed for an image does not depend on what else is
/// asked for, on the other images, or on how the stages are cut.
template <class Scalar>
class ForwardPass {
 public:
  /// `merging` is the memory of token merging, or null for a pass without it. Both outlive the run.
  ForwardPass(const ForwardContext<Scalar>& context, const MergingScratch<Scalar>* merging)
      : context_(context), x_(context.sequence()) {
    if (merging) {
      merging_.emplace(context.taps.token_merging, x_, context.plan.prefix,
                       context.config.attention_heads(), *merging);
    }
  }

  void add_to(TaskGraph& graph) {
    Stage x = EmbeddingStages<Scalar>(context_).add_to(graph);
    if (merging_) x = merging_->add_start(graph, x);
    const Index queries = context_.config.query_tokens;
    if (queries > 0) x_ = x_.first(context_.plan.tokens - queries);
    for (Index i = 0; i < blocks_needed(); ++i) {
      if (queries > 0 && i == context_.config.query_block) x_ = context_.sequence();
      x = add_block(graph, i, x);
    }
    if (merging_ && context_.taps.merge_source) {
      merging_->add_source(graph, x, context_.place(context_.output.merge_source));
    }
    if (const auto* const dense = context_.dense_head()) {
      // Where it writes over the blocks' memory, no other image may still be in them.
      if (context_.scratch.reuses_blocks && context_.plan.images > 1) {
        x = graph.add({context_.plan.images}, {all_of(x)}, [](const Task&) {});
      }
      dense->add_stages(graph, context_.dense_pass(), x);
    }
    if (!context_.taps.tokens && !context_.needs_pooled()) return;

    // Prefix tokens, which are never merged, are where they were.
    if (merging_ && context_.tokens_needed() == context_.plan.tokens) {
      x = merging_->add_restore(graph, x);
      x_ = merging_->sequence();
    }
    const PoolingStages<Scalar> pooling(context_, x_);
    const Stage tokens = pooling.add_norm(graph, x);
    if (!context_.needs_pooled()) return;
    const Stage pooled = pooling.add_pool(graph, tokens);
    Heads::add_stages(graph, context_, {tokens, pooled});
  }

 private:
  bool reads_dense(Index block) const {
    return context_.dense_head() && context_.dense_head()->reads(block);
  }

  bool is_last(Index block) const noexcept { return block + 1 == context_.config.depth; }

  Index blocks_needed() const noexcept {
    const Taps& taps = context_.taps;
    const bool merges = taps.merge_source && taps.token_merging.per_block > 0;
    if (taps.tokens || context_.needs_pooled() || merges) return context_.config.depth;
    Index count = 0;
    for (const Index i : taps.hidden) count = std::max(count, i + 1);
    for (const Index i : taps.attention) count = std::max(count, i + 1);
    for (const auto* const blocks : projections_of(taps)) {
      for (const Index i : *blocks) count = std::max(count, i + 1);
    }
    for (Index i = count; i < context_.config.depth; ++i) {
      if (reads_dense(i)) count = i + 1;
    }
    return count;
  }

  /// Adds a block with what belongs to it: its taps, and the positions that are added after it.
  Stage add_block(TaskGraph& graph, Index index, Stage x) {
    const Taps& taps = context_.taps;
    const Index branches = context_.config.num_parallel;
    const EncoderBlock<Scalar>* const layers =
        context_.layers.blocks.data() + static_cast<std::size_t>(index * branches);
    const Index needed = is_last(index) ? std::min(context_.tokens_needed(), x_.tokens) : x_.tokens;
    Scalar* const attention = context_.tapped(taps.attention, context_.output.attention, index);
    const ProjectionTaps<Scalar> projections = context_.projection_taps(index);
    if (attention == nullptr && !projections.any()) {
      if (const auto pooled = add_pooled_block(graph, *layers, needed, x)) return *pooled;
    }

    AttentionPositions<Scalar> positions =
        context_.positions.of(context_.layers, context_.config, context_.plan, index * branches);
    positions.suffix = std::max<Index>(0, x_.tokens - context_.plan.prefix - context_.plan.patches);
    Index image_key_bias = 0;
    if (merging_) {
      positions.key_bias = merging_->key_bias();
      image_key_bias = merging_->image_key_bias();
    }
    EncoderBlockStages<Scalar> block(layers, branches, context_.plan.block_shares, x_, needed,
                                     positions, attention, image_key_bias);
    const bool narrows = needed < x_.tokens;
    const auto half = block.add_attention(graph, x, projections);
    x = half.x;
    x_ = block.output();
    if (merging_ && (!narrows || taps.merge_source)) {
      x = merging_->add_merge(graph, half, narrows);
      if (!narrows) x_ = merging_->sequence();
    }
    x = block.add_mlp(graph, x, x_);
    if (Scalar* const hidden = context_.tapped(taps.hidden, context_.output.hidden, index)) {
      x = merging_ ? merging_->add_copy(graph, x, hidden) : add_copy(graph, x, hidden);
    }
    if (reads_dense(index)) {
      x = context_.dense_head()->add_block(graph, context_.dense_pass(), index, x_, x);
    }
    if (context_.config.mid_pos_embed && !is_last(index)) x = add_positions(graph, index, x);
    return x;
  }

  /// The last block as `PooledBlockStages` where that is the same: nothing but pooled tokens is
  /// needed of a plain block. `double` takes the block as it is: it is the reference.
  std::optional<Stage> add_pooled_block(TaskGraph& graph, const EncoderBlock<Scalar>& block,
                                        Index needed, Stage x) {
    if constexpr (std::is_same_v<Scalar, float>) {
      const bool is_plain = context_.config.num_parallel == 1 && !context_.layers.rope &&
                            PooledBlockStages::suits(block);
      if (needed < x_.tokens && is_plain && !merging_) {
        const PooledBlockStages stages(block, x_, needed, context_.scratch.pooled_block);
        x_ = x_.first(needed);
        return stages.add_to(graph, x);
      }
    }
    return std::nullopt;
  }

  /// With the queries that have not joined yet, as they will.
  Stage add_copy(TaskGraph& graph, Stage x, Scalar* hidden) const {
    const Sequence<Scalar> all = context_.config.query_tokens > 0 ? context_.sequence() : x_;
    return graph.add(all.cut(), {part_of(x)}, [x = all, hidden](const Task& task) {
      const Rows r = x.rows(task);
      std::copy_n(x.stream_row(r.row), r.count * x.width, hidden + r.row * x.width);
    });
  }

  /// Adds the positions that come after block `index`.
  Stage add_positions(TaskGraph& graph, Index index, Stage x) const {
    const auto& table = context_.layers.mid_pos_embed[static_cast<std::size_t>(index)];
    const Scalar* const grid =
        context_.positions.after_block(context_.layers, context_.plan, index);
    return graph.add(x_.cut(), {part_of(x)},
                     [this_x = x_, &table, &plan = context_.plan, grid](const Task& task) {
                       const Rows r = this_x.rows(task);
                       for (Index i = 0; i < r.count; ++i) {
                         const Index patch = r.first + i - plan.prefix;
                         const Scalar* const position = patch < 0 ? table.prefix(r.first + i)
                                                        : patch < plan.patches
                                                            ? grid + patch * this_x.width
                                                            : table.suffix(patch - plan.patches);
                         ops::add_row(position, this_x.width, this_x.stream_row(r.row + i));
                       }
                     });
  }

  const ForwardContext<Scalar>& context_;
  Sequence<Scalar> x_;  ///< after the stages that have been added
  std::optional<TokenMergingStages<Scalar>> merging_;
};

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
