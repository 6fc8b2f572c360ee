/// How a forward pass with token merging goes through its blocks.
#ifndef EIGENVIT_MODEL_MERGING_PLAN_HPP
#define EIGENVIT_MODEL_MERGING_PLAN_HPP

#include <algorithm>
#include <vector>

#include <eigenvit/model/forward_plan.hpp>
#include <eigenvit/model/taps.hpp>
#include <eigenvit/model/token_merging.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {

/// A step of one block, cut into tasks: for each share of a map, each image and each group of its
/// rows one, in this order.
struct MergingStep {
  enum class Kind {
    norm1,
    qkv,
    keys_values,  ///< these two in place of qkv
    queries,
    turn,  ///< norms of queries and keys
    match,
    attend,
    norm_heads,
    proj,
    merge,  ///< and norm2
    fc1,
    gate,
    fc2,
    hidden,  ///< tap of the block's output
  };

  Kind kind;
  Index block;
  Index tokens;      ///< of an image, before the block merges any
  Index merged;      ///< by the block
  bool narrow;       ///< only the first tokens are wanted behind the block: none are merged there
  Index side;        ///< of `MergingScratch`, where the tokens stand before the block
  Index rows;        ///< of an image, that the step works on
  Index groups;      ///< of these rows, or other parts of an image
  Index shares;      ///< of the panels of the map
  Index first_task;  ///< among those of all steps
  Index needs;       ///< tasks of an image's earlier steps, which must have ended

  /// Where the tokens stand behind the block.
  Index next_side() const noexcept { return merges() ? 1 - side : side; }
  bool merges() const noexcept { return merged > 0 && !narrow; }
  Index image_tasks() const noexcept { return groups * shares; }
};

/// The steps of all blocks:
///
///     norm1 | qkv | match, attend | proj | merge, norm2 | fc1 | fc2              for each block
///
/// and what only some models or taps need between these. At each bar an image waits for itself, not
/// for the other images of the batch. The numbers of tokens are known beforehand, since each block
/// merges as many as it can of those that are asked for. Where only prefix tokens of the last block
/// are wanted, its queries, proj and MLP are for them alone.
class MergingPlan {
 public:
  /// Steps of a pass, at most.
  static Index most_steps(const VitConfig& config) noexcept { return 13 * config.depth; }

  /// Writes the steps of the first `blocks` blocks to `steps`, memory for `most_steps`. Of the last
  /// one only the first `last_rows` tokens are wanted, or all where that is 0.
  MergingPlan(const VitConfig& config, const ForwardPlan& plan, const Taps& taps, Index blocks,
              Index last_rows, Index tile_rows, MergingStep* steps)
      : plan_(plan), tile_rows_(tile_rows), steps_(steps) {
    using Kind = MergingStep::Kind;
    MergingStep step{};
    step.tokens = plan.tokens;
    for (; step.block < blocks; ++step.block) {
      step.narrow = last_rows > 0 && step.block + 1 == blocks;
      step.merged =
          TokenMatching<float>::merged(step.tokens, plan.prefix, taps.token_merging.per_block);
      if (step.narrow && !taps.merge_source) step.merged = 0;
      const Index asking = step.narrow ? last_rows : step.tokens;
      const Index after = step.narrow ? last_rows : step.tokens - step.merged;
      add_rows(step, Kind::norm1, step.tokens, 1);
      add_rows(step, step.narrow ? Kind::keys_values : Kind::qkv, step.tokens, plan.qkv_shares);
      if (step.narrow) add_rows(step, Kind::queries, asking, plan.qkv_shares);
      if (config.qk_norm) add_rows(step, Kind::turn, step.tokens, 1);
      const Index needs = needs_;
      if (step.merged > 0) add(step, Kind::match, step.tokens, 1, 1);
      // Attention and matching do not wait for each other.
      const Index matches = needs_ - needs;
      needs_ = needs;
      const Index query_blocks = up(asking, MultiHeadSelfAttention<float>::block_queries);
      add(step, Kind::attend, asking, config.num_heads * query_blocks, 1);
      needs_ += matches;
      if (config.attn_norm) add_rows(step, Kind::norm_heads, asking, 1);
      add_rows(step, Kind::proj, asking, plan.proj_shares);
      add_rows(step, Kind::merge, after, 1);
      add_rows(step, Kind::fc1, after, plan.fc1_shares);
      if (config.mlp_gate || config.mlp_norm) add_rows(step, Kind::gate, after, 1);
      add_rows(step, Kind::fc2, after, plan.fc2_shares);
      const auto& tapped = taps.hidden;
      if (std::find(tapped.begin(), tapped.end(), step.block) != tapped.end()) {
        add_rows(step, Kind::hidden, plan.tokens, 1);
      }
      step.side = step.next_side();
      step.tokens -= step.merged;
    }
    side_ = step.side;
  }

  /// Tasks of all steps, and those of one image.
  Index tasks() const noexcept { return tasks_; }
  Index image_tasks() const noexcept { return needs_; }
  /// Where the tokens stand in the end.
  Index last_side() const noexcept { return side_; }

  const MergingStep& step_of(Index task) const noexcept {
    const auto is_before = [](Index t, const MergingStep& step) { return t < step.first_task; };
    return *(std::upper_bound(steps_, steps_ + count_, task, is_before) - 1);
  }

 private:
  static Index up(Index a, Index b) noexcept { return (a + b - 1) / b; }

  void add(MergingStep step, MergingStep::Kind kind, Index rows, Index groups, Index shares) {
    step.kind = kind;
    step.rows = rows;
    step.groups = groups;
    step.shares = shares;
    step.first_task = tasks_;
    step.needs = needs_;
    steps_[count_++] = step;
    tasks_ += plan_.images * step.image_tasks();
    needs_ += step.image_tasks();
  }

  /// Rows in groups as `ForwardPlan` cuts them.
  void add_rows(const MergingStep& step, MergingStep::Kind kind, Index rows, Index shares) {
    const Index groups =
        up(up(rows, tile_rows_), std::max<Index>(1, plan_.rows_of_group / tile_rows_));
    add(step, kind, rows, groups, shares);
  }

  const ForwardPlan& plan_;
  Index tile_rows_;
  MergingStep* steps_;
  Index count_ = 0;
  Index tasks_ = 0;
  Index needs_ = 0;
  Index side_ = 0;
};

}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
