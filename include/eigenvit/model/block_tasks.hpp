/// The blocks of a forward pass as tasks.
#ifndef EIGENVIT_MODEL_BLOCK_TASKS_HPP
#define EIGENVIT_MODEL_BLOCK_TASKS_HPP

#include <algorithm>
#include <vector>

#include <eigenvit/model/forward_context.hpp>
#include <eigenvit/model/taps.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {

/// The part of `ForwardPass` that goes through the blocks:
///
///     norm1, qkv | attend | proj, norm2, fc1, fc2             for each block
///
/// Only models that have them run tasks for what stands between these: norms and rotation of
/// queries and keys after qkv, the norm of the heads before proj, gate and norm before fc2.
///
/// Where only pooled prefix tokens of the last block are wanted, its tasks behind attention take
/// those rows and no others; keys, values and attention are still those of all tokens. A row does
/// not depend on its neighbours there, so bits do not change.
template <class Scalar>
class BlockTasks : protected ForwardContext<Scalar> {
 protected:
  using Context = ForwardContext<Scalar>;
  using Context::attention_tasks;
  using Context::config;
  using Context::group;
  using Context::image_qkv;
  using Context::layers;
  using Context::normed_row;
  using Context::plan;
  using Context::pooled_tokens;
  using Context::scratch;
  using Context::stream_row;
  using Context::width;

  /// Keeps references: all must outlive the tasks.
  BlockTasks(const Context& context, const Taps& taps, VitOutput<Scalar>& output)
      : Context(context),
        taps_(taps),
        output_(output),
        all_groups_(plan.images * plan.groups),
        positions_(context.positions.embedding(layers, plan)),
        last_rows_(only_pooled_leave() ? pooled_tokens() : plan.tokens),
        turns_(config.qk_norm || layers.rope.has_value()),
        gates_(config.mlp_gate || config.mlp_norm) {}

  bool needs_pooled() const noexcept {
    return taps_.pooled || taps_.logits || taps_.pooler_output || taps_.image_embeds ||
           taps_.pred_boxes;
  }

  /// Whether of what leaves the last block nothing is wanted but prefix tokens that are pooled.
  bool only_pooled_leave() const noexcept {
    return needs_pooled() && !taps_.tokens && config.pools_prefix() && config.det_tokens == 0 &&
           !is_tapped(taps_.hidden, config.depth - 1);
  }

  /// Those rows of a group that are wanted of what leaves a block; there may be none.
  RowGroup leaving(Index block, RowGroup g) const noexcept {
    if (block == config.depth - 1) g.rows = std::clamp<Index>(last_rows_ - g.first, 0, g.rows);
    return g;
  }

  /// Rows of a group through share `index` of `shares` of a map.
  void multiply_rows(const Linear<Scalar>& map, Index shares, Index index, const RowGroup& g,
                     const Scalar* x, Index x_stride, Scalar* y, Index y_stride,
                     Activation activation, const Scalar* scale, bool accumulate) const {
    const auto part = PanelShare::of(map, shares, index);
    multiply(map, part, x + g.row * x_stride, g.rows, x_stride, y + g.row * y_stride + part.column,
             y_stride, activation, scale, accumulate);
  }

  /// Patches of a group of rows, counted from 0; a group may begin with prefix tokens.
  struct Patches {
    Index first;
    Index count;
    Index row;  ///< of the first patch in the batch
  };

  Patches patches(const RowGroup& g) const noexcept {
    const Index first = std::max(g.first, plan.prefix);
    const Index last = std::min(g.first + g.rows, plan.prefix + plan.patches);
    return {first - plan.prefix, std::max<Index>(0, last - first), g.image * plan.tokens + first};
  }

  /// Whether patches are added to their positions as they are embedded: not if they are normed
  /// before.
  bool adds_positions_first() const noexcept { return positions_ != nullptr && !layers.patch_norm; }

  /// What is left to do to the rows of a group before the first block.
  void enter(const RowGroup& g) const {
    if (layers.patch_norm) {
      const Patches p = patches(g);
      Scalar* const rows = stream_row(p.row);
      layers.patch_norm->forward(rows, p.count, width(), rows, width());
      if (positions_) ops::add_row(positions_ + p.first * width(), p.count * width(), rows);
    }
    if (layers.norm_pre) {
      layers.norm_pre->forward(stream_row(g.row), g.rows, width(), stream_row(g.row), width());
    }
  }

  Index block_tasks() const noexcept {
    return all_groups_ * (2 + branches() * (plan.qkv_shares + plan.fc1_shares) + plan.proj_shares +
                          plan.fc2_shares + (turns_ ? 1 : 0) + (config.attn_norm ? 1 : 0) +
                          (gates_ ? 1 : 0)) +
           plan.images * attention_tasks();
  }

  void run_block(Index block, Index task, Index strand) const {
    const auto is_in = [&](Index count) {
      if (task < count) return true;
      task -= count;
      return false;
    };
    const auto here = [&] { return group(task % all_groups_); };
    const auto left = [&] { return leaving(block, here()); };
    const auto part = [&] { return task / all_groups_; };
    if (is_in(all_groups_)) return norm1(block, here());
    if (is_in(all_groups_ * branches() * plan.qkv_shares)) return qkv(block, here(), part());
    if (is_in(turns_ ? all_groups_ : 0)) return turn(block, here());
    if (is_in(plan.images * attention_tasks())) return attend(block, task, strand);
    if (is_in(config.attn_norm ? all_groups_ : 0)) return norm_heads(block, left());
    if (is_in(all_groups_ * plan.proj_shares)) return proj(block, left(), part());
    if (is_in(all_groups_)) return norm2(block, left());
    if (is_in(all_groups_ * branches() * plan.fc1_shares)) return fc1(block, left(), part());
    if (is_in(gates_ ? all_groups_ : 0)) return gate(block, left());
    fc2(block, left(), part());
  }

  /// Waits until the rows of a group have left all blocks before `block`, and takes the last step
  /// of the one before where that is post-norm: called once for each group.
  void wait_for_stream(Index block, const RowGroup& g) const {
    if (block == 0) {
      scratch.embedded[g.index].wait_for(plan.embed_shares);
    } else {
      scratch.narrowed[g.index].wait_for(block * plan.fc2_shares);
      if (is_post_norm()) add_normed(Context::block(block - 1).norm2(), g);
    }
  }

  /// The residual connection of post-norm blocks: the branch's output stands in `normed`.
  void add_normed(const LayerNorm<Scalar>& norm, const RowGroup& g) const {
    norm.forward(normed_row(g.row), g.rows, scratch.normed_stride, normed_row(g.row),
                 scratch.normed_stride);
    for (Index r = 0; r < g.rows; ++r) {
      ops::add_row(normed_row(g.row + r), width(), stream_row(g.row + r));
    }
  }

  /// The stream as what the branch of a post-norm block reads.
  void copy_stream(const RowGroup& g) const {
    for (Index r = 0; r < g.rows; ++r) {
      std::copy_n(stream_row(g.row + r), width(), normed_row(g.row + r));
    }
  }

  /// Adds the positions that stand behind block `block` to a group of rows.
  void add_mid_positions(Index block, const RowGroup& g) const {
    const auto& table = layers.mid_pos_embed[static_cast<std::size_t>(block)];
    const Scalar* const grid = Context::positions.behind_block(layers, plan, block);
    for (Index r = g.first; r < g.first + g.rows; ++r) {
      const Index patch = r - plan.prefix;
      const Scalar* const position = patch < 0              ? table.prefix(r)
                                     : patch < plan.patches ? grid + patch * width()
                                                            : table.suffix(patch - plan.patches);
      ops::add_row(position, width(), stream_row(g.image * plan.tokens + r));
    }
  }

  void norm1(Index block, const RowGroup& g) const {
    wait_for_stream(block, g);
    if (block == 0) enter(g);
    if (block > 0) copy_hidden(block - 1, g);
    if (block > 0 && config.mid_pos_embed) add_mid_positions(block - 1, g);
    if (is_post_norm()) {
      copy_stream(g);
    } else {
      for (Index branch = 0; branch < branches(); ++branch) {
        Context::block(block, branch)
            .norm1()
            .forward(stream_row(g.row), g.rows, width(),
                     normed_of(branch) + g.row * scratch.normed_stride, scratch.normed_stride);
      }
    }
    scratch.normed1[g.index].advance();
  }

  /// A part of a step that goes branch by branch and in each share by share.
  struct BranchShare {
    Index branch;
    Index share;
  };

  void qkv(Index block, const RowGroup& g, Index index) const {
    scratch.normed1[g.index].wait_for(block + 1);
    // The block before may still be reading the keys of other rows of the image.
    scratch.attended_count[g.image].wait_for(block * attention_tasks());
    const BranchShare of{index / plan.qkv_shares, index % plan.qkv_shares};
    const MultiHeadSelfAttention<Scalar>& attn = Context::block(block, of.branch).attn();
    const auto part = PanelShare::of(attn.qkv(), plan.qkv_shares, of.share);
    attn.project(normed_of(of.branch) + g.row * scratch.normed_stride, g.first, g.rows,
                 scratch.normed_stride, part.first, part.count, qkv_of(g.image, of.branch),
                 plan.tokens);
    if (turns_) {
      scratch.projected_rows[g.index].advance();
    } else {
      scratch.projected[g.image].advance();
    }
  }

  /// Norms and rotation of queries and keys.
  void turn(Index block, const RowGroup& g) const {
    scratch.projected_rows[g.index].wait_for((block + 1) * branches() * plan.qkv_shares);
    for (Index branch = 0; branch < branches(); ++branch) {
      Context::block(block, branch)
          .attn()
          .turn(qkv_of(g.image, branch), g.first, g.rows, plan.tokens,
                Context::positions_of(block, branch));
    }
    scratch.projected[g.image].advance();
  }

  void attend(Index block, Index task, Index strand) const {
    const Index image = task / attention_tasks();
    const Index unit = task / plan.query_blocks % config.num_heads;
    const Index branch = task / (plan.query_blocks * config.num_heads) % branches();
    constexpr Index block_queries = MultiHeadSelfAttention<Scalar>::block_queries;
    const Index first = task % plan.query_blocks * block_queries;
    const Index steps = turns_ ? 1 : branches() * plan.qkv_shares;
    scratch.projected[image].wait_for((block + 1) * steps * plan.groups);
    Scalar* const tap = tapped(taps_.attention, output_.attention, block);
    const Index heads = config.attention_heads();
    Context::block(block, branch)
        .attn()
        .attend(
            qkv_of(image, branch), plan.tokens, unit, first,
            std::min(block_queries, plan.tokens - first),
            attended_of(branch) + image * plan.tokens * scratch.normed_stride,
            scratch.normed_stride,
            tap ? tap + (image * branches() + branch) * heads * plan.tokens * plan.tokens : nullptr,
            scratch.strands + strand * static_cast<Index>(scratch.strand_size),
            Context::positions_of(block, branch));
    scratch.attended_count[image].advance();
  }

  void norm_heads(Index block, const RowGroup& g) const {
    scratch.attended_count[g.image].wait_for((block + 1) * attention_tasks());
    for (Index branch = 0; branch < branches(); ++branch) {
      Context::block(block, branch)
          .attn()
          .norm_heads(attended_of(branch) + g.row * scratch.normed_stride, g.rows,
                      scratch.normed_stride);
    }
    scratch.inner_normed[g.index].advance();
  }

  /// A share of a map back to the width of the stream: added to it, or, in post-norm blocks, where
  /// the norm finds it.
  void multiply_back(const Linear<Scalar>& map, Index shares, Index index, const RowGroup& g,
                     const Scalar* x, Index x_stride, const Scalar* scale) const {
    const bool post = is_post_norm();
    multiply_rows(map, shares, index, g, x, x_stride, post ? scratch.normed : scratch.stream,
                  post ? scratch.normed_stride : width(), Activation::none, scale, !post);
  }

  void proj(Index block, const RowGroup& g, Index index) const {
    if (config.attn_norm) {
      scratch.inner_normed[g.index].wait_for(block + 1);
    } else {
      scratch.attended_count[g.image].wait_for((block + 1) * attention_tasks());
    }
    for (Index branch = 0; branch < branches(); ++branch) {
      const EncoderBlock<Scalar>& layer = Context::block(block, branch);
      multiply_back(layer.attn().proj(), plan.proj_shares, index, g, attended_of(branch),
                    scratch.normed_stride, layer.ls1());
    }
    scratch.projected_out[g.index].advance();
  }

  void norm2(Index block, const RowGroup& g) const {
    scratch.projected_out[g.index].wait_for((block + 1) * plan.proj_shares);
    if (is_post_norm()) {
      add_normed(Context::block(block).norm1(), g);
      copy_stream(g);
    } else if (config.block != BlockForm::parallel) {
      for (Index branch = 0; branch < branches(); ++branch) {
        Context::block(block, branch)
            .norm2()
            .forward(stream_row(g.row), g.rows, width(),
                     normed_of(branch) + g.row * scratch.normed_stride, scratch.normed_stride);
      }
    }
    scratch.normed2[g.index].advance();
  }

  void fc1(Index block, const RowGroup& g, Index index) const {
    scratch.normed2[g.index].wait_for(block + 1);
    const BranchShare of{index / plan.fc1_shares, index % plan.fc1_shares};
    const Mlp<Scalar>& mlp = Context::block(block, of.branch).mlp();
    multiply_rows(mlp.fc1(), plan.fc1_shares, of.share, g, normed_of(of.branch),
                  scratch.normed_stride, wide_of(of.branch), scratch.wide_stride,
                  mlp.fc1_activation(), nullptr, false);
    scratch.widened[g.index].advance();
  }

  /// Gate and norm of the MLP.
  void gate(Index block, const RowGroup& g) const {
    scratch.widened[g.index].wait_for((block + 1) * branches() * plan.fc1_shares);
    for (Index branch = 0; branch < branches(); ++branch) {
      Context::block(block, branch)
          .mlp()
          .run_middle(wide_of(branch) + g.row * scratch.wide_stride, g.rows, scratch.wide_stride);
    }
    scratch.gated[g.index].advance();
  }

  void fc2(Index block, const RowGroup& g, Index index) const {
    if (gates_) {
      scratch.gated[g.index].wait_for(block + 1);
    } else {
      scratch.widened[g.index].wait_for((block + 1) * branches() * plan.fc1_shares);
    }
    for (Index branch = 0; branch < branches(); ++branch) {
      const EncoderBlock<Scalar>& layer = Context::block(block, branch);
      multiply_back(layer.mlp().fc2(), plan.fc2_shares, index, g, wide_of(branch),
                    scratch.wide_stride, layer.ls2());
    }
    scratch.narrowed[g.index].advance();
  }

  static bool is_tapped(const std::vector<Index>& blocks, Index block) noexcept {
    return std::find(blocks.begin(), blocks.end(), block) != blocks.end();
  }

  /// Where the tap of block `i` goes; null when it is not tapped.
  static Scalar* tapped(const std::vector<Index>& blocks, std::vector<AlignedBuffer<Scalar>>& into,
                        Index i) {
    const auto found = std::find(blocks.begin(), blocks.end(), i);
    if (found == blocks.end()) return nullptr;
    return into[static_cast<std::size_t>(found - blocks.begin())].data();
  }

  void copy_hidden(Index block, const RowGroup& g) const {
    Scalar* const hidden = tapped(taps_.hidden, output_.hidden, block);
    if (hidden) std::copy_n(stream_row(g.row), g.rows * width(), hidden + g.row * width());
  }

  const Taps& taps_;
  VitOutput<Scalar>& output_;
  Index all_groups_;
  const Scalar* positions_;  ///< of the patches; null where the model has none
  Index last_rows_;          ///< of each image that leave the last block, from the first on

 private:
  Index branches() const noexcept { return config.num_parallel; }
  Scalar* branch_row(Scalar* first, std::size_t size, Index branch) const noexcept {
    return first + branch * static_cast<Index>(size);
  }
  Scalar* normed_of(Index branch) const noexcept {
    return branch_row(scratch.normed, scratch.branch_rows, branch);
  }
  Scalar* attended_of(Index branch) const noexcept {
    return branch_row(scratch.attended, scratch.branch_rows, branch);
  }
  Scalar* wide_of(Index branch) const noexcept {
    return branch_row(scratch.wide, scratch.branch_wide, branch);
  }
  Scalar* qkv_of(Index image, Index branch) const noexcept {
    return branch_row(image_qkv(image), scratch.branch_qkv, branch);
  }
  bool is_post_norm() const noexcept { return config.block == BlockForm::post_norm; }

  bool turns_;  ///< whether queries and keys are normed or turned
  bool gates_;  ///< whether MLPs have a gate or norm
};

}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
