/// One forward pass as a row of tasks.
#ifndef EIGENVIT_MODEL_FORWARD_PASS_HPP
#define EIGENVIT_MODEL_FORWARD_PASS_HPP

#include <algorithm>
#include <cmath>
#include <type_traits>
#include <vector>

#include <eigenvit/model/attention_pooling.hpp>
#include <eigenvit/model/forward_context.hpp>
#include <eigenvit/model/last_block.hpp>
#include <eigenvit/model/pixel_batch.hpp>
#include <eigenvit/model/taps.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {

/// The tasks of a forward pass, in an order in which each needs earlier ones only. Whoever runs
/// them claims one after the other; a task waits for those that it builds on by counting what has
/// been finished of them, so there is one parallel region and no barrier in it.
///
///     flatten, embed                                          per group of rows
///     norm1, qkv | attend | proj, norm2, fc1, fc2             for each block
///     finish | pool | head
///
/// Only models that have them run tasks for what stands between these: norms and rotation of
/// queries and keys after qkv, the norm of the heads before proj, gate and norm before fc2.
///
/// At each bar a task needs the whole image (attention its keys and values, the head its pooled
/// vector), elsewhere only its own group of rows. Tasks of a map go share by share of the weights
/// and inside each group by group, so that a share is fetched once for all rows.
template <class Scalar>
class ForwardPass : private ForwardContext<Scalar> {
 public:
  /// Keeps references: all must outlive the pass. The output's buffers have their sizes.
  ForwardPass(const ForwardContext<Scalar>& context, const PixelBatch<Scalar>& pixels,
              const Taps& taps, VitOutput<Scalar>& output)
      : Context(context),
        pixels_(pixels),
        taps_(taps),
        output_(output),
        all_groups_(plan.images * plan.groups),
        blocks_(blocks_needed()),
        whole_blocks_(last_block_is_pooled() ? blocks_ - 1 : blocks_),
        positions_(context.positions.embedding(layers, plan)),
        turns_(config.qk_norm || layers.rope.has_value()),
        gates_(config.mlp_gate || config.mlp_norm) {}

  Index tasks() const noexcept {
    return first_tasks() + whole_blocks_ * block_tasks() + last_block_tasks() + last_tasks();
  }

  /// Runs one task on a strand, whose scratch nobody else uses at the time.
  void run(Index task, Index strand) const {
    if (task < first_tasks()) return run_first(task);
    task -= first_tasks();
    if (task < whole_blocks_ * block_tasks()) {
      return run_block(task / block_tasks(), task % block_tasks(), strand);
    }
    task -= whole_blocks_ * block_tasks();
    if (task < last_block_tasks()) return run_last_block(task);
    run_last(task - last_block_tasks(), strand);
  }

 private:
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

  /// Rows of a group through share `index` of `shares` of a map.
  void multiply_rows(const Linear<Scalar>& map, Index shares, Index index, const RowGroup& g,
                     const Scalar* x, Index x_stride, Scalar* y, Index y_stride,
                     Activation activation, const Scalar* scale, bool accumulate) const {
    const auto part = PanelShare::of(map, shares, index);
    multiply(map, part, x + g.row * x_stride, g.rows, x_stride, y + g.row * y_stride + part.column,
             y_stride, activation, scale, accumulate);
  }

  // The beginning: from pixels to the residual stream.

  Index first_tasks() const noexcept { return all_groups_ * (1 + plan.embed_shares); }

  void run_first(Index task) const {
    if (task < all_groups_) return flatten(group(task));
    task -= all_groups_;
    embed(group(task % all_groups_), task / all_groups_);
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

  /// Detection tokens and their positions into the stream.
  void place_detection_tokens(const RowGroup& g) const {
    const Index begin = plan.prefix + plan.patches;
    for (Index r = std::max(g.first, begin); r < g.first + g.rows; ++r) {
      Scalar* const row = stream_row(g.image * plan.tokens + r);
      std::copy_n(layers.det_tokens.data() + (r - begin) * width(), width(), row);
      if (layers.pos_embed) ops::add_row(layers.pos_embed->suffix(r - begin), width(), row);
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

  /// Position embeddings and prefix tokens into the stream; flattened patches into `wide`.
  void flatten(const RowGroup& g) const {
    for (Index r = g.first; r < std::min(g.first + g.rows, plan.prefix); ++r) {
      Scalar* const row = stream_row(g.image * plan.tokens + r);
      std::copy_n(layers.prefix_tokens.data() + r * width(), width(), row);
      if (layers.pos_embed && r < layers.pos_embed->prefix_rows()) {
        const Scalar* const position = layers.pos_embed->prefix(r);
        for (Index i = 0; i < width(); ++i) row[i] += position[i];
      }
    }
    place_detection_tokens(g);
    const Patches p = patches(g);
    if (p.count > 0) {
      if (adds_positions_first()) {
        std::copy_n(positions_ + p.first * width(), p.count * width(), stream_row(p.row));
      }
      const Index image_size = config.in_chans * pixels_.height * pixels_.width;
      layers.patch_embed.flatten(pixels_.values + g.image * image_size, pixels_.height,
                                 pixels_.width, p.first, p.count,
                                 scratch.wide + p.row * scratch.wide_stride, scratch.wide_stride);
    }
    scratch.flattened[g.index].advance();
  }

  void embed(const RowGroup& g, Index index) const {
    scratch.flattened[g.index].wait_for(1);
    const Patches p = patches(g);
    if (p.count > 0) {
      const Linear<Scalar>& proj = layers.patch_embed.proj();
      multiply_rows(proj, plan.embed_shares, index, {g.index, g.image, 0, p.count, p.row},
                    scratch.wide, scratch.wide_stride, scratch.stream, width(), Activation::none,
                    nullptr, adds_positions_first());
    }
    scratch.embedded[g.index].advance();
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

  // A block.

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
    const auto part = [&] { return task / all_groups_; };
    if (is_in(all_groups_)) return norm1(block, here());
    if (is_in(all_groups_ * branches() * plan.qkv_shares)) return qkv(block, here(), part());
    if (is_in(turns_ ? all_groups_ : 0)) return turn(block, here());
    if (is_in(plan.images * attention_tasks())) return attend(block, task, strand);
    if (is_in(config.attn_norm ? all_groups_ : 0)) return norm_heads(block, here());
    if (is_in(all_groups_ * plan.proj_shares)) return proj(block, here(), part());
    if (is_in(all_groups_)) return norm2(block, here());
    if (is_in(all_groups_ * branches() * plan.fc1_shares)) return fc1(block, here(), part());
    if (is_in(gates_ ? all_groups_ : 0)) return gate(block, here());
    fc2(block, here(), part());
  }

  /// Waits until the rows of a group have left all blocks before `block`.
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

  // The last block where only prefix tokens of it are wanted.

  /// `double` takes the block as it stands: it is the reference. The kernel of weighted sums takes
  /// whole registers.
  bool last_block_is_pooled() const noexcept {
    const auto is_tapped = [&](const std::vector<Index>& blocks) {
      return std::find(blocks.begin(), blocks.end(), config.depth - 1) != blocks.end();
    };
    return std::is_same_v<Scalar, float> && needs_pooled() && !taps_.tokens &&
           config.pools_prefix() && config.plain_blocks() && config.det_tokens == 0 &&
           width() % kernels::panel_width == 0 && plan.last_row(0) >= pooled_tokens() &&
           !is_tapped(taps_.hidden) && !is_tapped(taps_.attention);
  }

  Index last_block_tasks() const noexcept {
    if constexpr (std::is_same_v<Scalar, float>) {
      if (whole_blocks_ < blocks_) return all_groups_ + LastBlock(*this, whole_blocks_).tasks();
    }
    return 0;
  }

  void run_last_block(Index task) const {
    if constexpr (std::is_same_v<Scalar, float>) {
      if (task < all_groups_) return norm1(whole_blocks_, group(task));
      LastBlock(*this, whole_blocks_).run(task - all_groups_);
    }
  }

  // Taps.

  Index blocks_needed() const {
    if (taps_.tokens || needs_pooled()) return config.depth;
    Index count = 0;
    for (const Index i : taps_.hidden) count = std::max(count, i + 1);
    for (const Index i : taps_.attention) count = std::max(count, i + 1);
    return count;
  }

  bool needs_pooled() const noexcept {
    return taps_.pooled || taps_.logits || taps_.pooler_output || taps_.image_embeds ||
           taps_.pred_boxes;
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

  // The end: from the residual stream to tokens, pooled vector and logits.

  Index head_shares() const noexcept {
    const Index panels = layers.head ? layers.head->weight().panels() : 0;
    return std::clamp<Index>(panels / 8, 1, 16);
  }

  /// Tasks that make the pooled vectors.
  Index pool_tasks() const noexcept {
    return layers.attn_pool ? AttentionPooling<Scalar>(*this).tasks() : plan.images;
  }

  Index last_tasks() const noexcept {
    return all_groups_ + (needs_pooled() ? pool_tasks() + head_shares() : 0);
  }

  void run_last(Index task, Index strand) const {
    if (task < all_groups_) return finish(group(task));
    task -= all_groups_;
    if (task < pool_tasks()) {
      if (!layers.attn_pool) return pool(task);
      const AttentionPooling<Scalar> pooling(*this);
      pooling.run(task, strand);
      if (pooling.is_last(task)) give_pooled(pooling.image_of(task));
      return;
    }
    run_heads(task - pool_tasks());
  }

  /// Tokens after the final norm: the output's, or scratch for the pooling to read. When the first
  /// rows of an image arrive there, all of it is done with queries, keys and values.
  Scalar* tokens_of(Index image) const noexcept {
    return taps_.tokens ? output_.tokens.data() + image * plan.tokens * width() : image_qkv(image);
  }

  void finish(const RowGroup& g) const {
    if constexpr (std::is_same_v<Scalar, float>) {
      if (whole_blocks_ < blocks_) LastBlock(*this, whole_blocks_).wait();
    }
    wait_for_stream(whole_blocks_, g);
    if (blocks_ == 0) enter(g);
    if (blocks_ > 0 && whole_blocks_ == blocks_) copy_hidden(blocks_ - 1, g);
    Index rows = 0;
    if (taps_.tokens) {
      rows = g.rows;
    } else if (needs_pooled()) {
      // Where only prefix tokens are pooled, only they are normalised.
      rows = std::min(g.rows, pooled_tokens() - g.first);
    }
    if (rows > 0) {
      Scalar* const tokens = tokens_of(g.image) + g.first * width();
      if (layers.norm) {
        layers.norm->forward(stream_row(g.row), rows, width(), tokens, width());
      } else {
        std::copy_n(stream_row(g.row), rows * width(), tokens);
      }
      if (layers.attn_pool) copy_for_pool(tokens, g);
    }
    scratch.finished[g.image].advance();
  }

  /// Rows for attention pooling, filled up with zeros to whole registers.
  void copy_for_pool(const Scalar* tokens, const RowGroup& g) const {
    const Index padded = layers.attn_pool->padded_width();
    for (Index r = 0; r < g.rows; ++r) {
      Scalar* const row = normed_row(g.row + r);
      std::copy_n(tokens + r * width(), width(), row);
      std::fill(row + width(), row + padded, Scalar(0));
    }
  }

  void pool(Index image) const {
    scratch.finished[image].wait_for(plan.groups);
    pool_tokens(config.global_pool, tokens_of(image), plan.prefix + plan.patches,
                config.unpooled_tokens(), width(), scratch.pooled + image * config.head_inputs());
    give_pooled(image);
  }

  /// From what was pooled to what the head reads.
  void give_pooled(Index image) const {
    const Index size = config.head_inputs();
    Scalar* const pooled = scratch.pooled + image * size;
    if (layers.fc_norm) layers.fc_norm->forward(pooled, 1, width(), pooled, width());
    if (config.detects() && (taps_.logits || taps_.pred_boxes)) detect(image);
    const bool pooler_is_pooled = layers.pooler && !layers.head;
    if (taps_.pooled && !pooler_is_pooled) {
      std::copy_n(pooled, size, output_.pooled.data() + image * size);
    }
    if (taps_.pooler_output && config.pooled_is_pooler_output) {
      std::copy_n(pooled, size, output_.pooler_output.data() + image * size);
    }
    scratch.pooled_count->advance();
  }

  /// The detection heads of one image, which has left the blocks: what they kept of it is free.
  void detect(Index image) const {
    const Index count = config.det_tokens;
    const Scalar* const tokens = tokens_of(image) + (plan.tokens - count) * width();
    Scalar* const first = scratch.normed + image * plan.tokens * scratch.normed_stride;
    Scalar* const second = scratch.attended + image * plan.tokens * scratch.normed_stride;
    const RowGroup rows{0, 0, 0, count, 0};
    const auto run = [&](const std::vector<Linear<Scalar>>& head, Scalar* result, Index outputs) {
      multiply_rows(head[0], 1, 0, rows, tokens, width(), first, scratch.normed_stride,
                    Activation::relu, nullptr, false);
      multiply_rows(head[1], 1, 0, rows, first, scratch.normed_stride, second,
                    scratch.normed_stride, Activation::relu, nullptr, false);
      multiply_rows(head[2], 1, 0, rows, second, scratch.normed_stride, result, outputs,
                    Activation::none, nullptr, false);
    };
    if (taps_.logits) {
      run(layers.class_head, output_.logits.data() + image * count * output_.classes,
          output_.classes);
    }
    if (!taps_.pred_boxes) return;
    Scalar* const boxes = output_.pred_boxes.data() + image * count * 4;
    run(layers.box_head, boxes, 4);
    for (Index i = 0; i < count * 4; ++i) boxes[i] = Scalar(1) / (Scalar(1) + std::exp(-boxes[i]));
  }

  /// What is compared with texts: the pooled vectors, or their projection, of length 1 where the
  /// model class scales them.
  void embed_images(const RowGroup& images) const {
    const Index size = output_.embeds_width;
    Scalar* const embeds = output_.image_embeds.data();
    if (layers.projection) {
      multiply_rows(*layers.projection, 1, 0, images, scratch.pooled, config.head_inputs(), embeds,
                    size, Activation::none, nullptr, false);
    } else {
      std::copy_n(scratch.pooled, images.rows * size, embeds);
    }
    if (!config.normalize_embeds) return;
    for (Index image = 0; image < images.rows; ++image) {
      Scalar* const row = embeds + image * size;
      double squares = 0;
      for (Index i = 0; i < size; ++i) {
        squares += static_cast<double>(row[i]) * static_cast<double>(row[i]);
      }
      const auto length = static_cast<Scalar>(std::sqrt(squares));
      for (Index i = 0; i < size; ++i) row[i] /= length;
    }
  }

  /// A share of the head's classes for all images, which go through it together; the first share
  /// takes the pooler and the projection too.
  void run_heads(Index index) const {
    scratch.pooled_count->wait_for(plan.images);
    const RowGroup images{0, 0, 0, plan.images, 0};
    if (layers.pooler && index == 0) {
      const auto run_pooler = [&](AlignedBuffer<Scalar>& into) {
        multiply_rows(*layers.pooler, 1, 0, images, scratch.pooled, config.head_inputs(),
                      into.data(), config.pooler_hidden, config.pooler_act, nullptr, false);
      };
      if (taps_.pooler_output) run_pooler(output_.pooler_output);
      if (taps_.pooled && !layers.head) run_pooler(output_.pooled);
    }
    if (taps_.image_embeds && index == 0) embed_images(images);
    if (!taps_.logits || config.detects()) return;
    const auto part = PanelShare::of(*layers.head, head_shares(), index);
    if (part.count == 0) return;
    const Index classes = output_.classes;
    Scalar* const logits = output_.logits.data();
    if (!layers.head_dist) {
      multiply_rows(*layers.head, head_shares(), index, images, scratch.pooled,
                    config.head_inputs(), logits, classes, Activation::none, nullptr, false);
      return;
    }
    // The mean of two heads, on CLS and on the distillation token.
    const Index image_stride =
        taps_.tokens ? plan.tokens * width() : static_cast<Index>(scratch.qkv_size);
    multiply_rows(*layers.head, head_shares(), index, images, tokens_of(0), image_stride, logits,
                  classes, Activation::none, nullptr, false);
    multiply_rows(*layers.head_dist, head_shares(), index, images, tokens_of(0) + width(),
                  image_stride, logits, classes, Activation::none, nullptr, true);
    const Index last = std::min(part.column + part.count * kernels::panel_width, classes);
    for (Index image = 0; image < plan.images; ++image) {
      for (Index c = part.column; c < last; ++c) logits[image * classes + c] *= Scalar(0.5);
    }
  }

  const PixelBatch<Scalar>& pixels_;
  const Taps& taps_;
  VitOutput<Scalar>& output_;
  Index all_groups_;
  Index blocks_;
  Index whole_blocks_;  ///< those that all rows go through
  const Scalar* positions_;
  bool turns_;  ///< whether queries and keys are normed or turned
  bool gates_;  ///< whether MLPs have a gate or norm
};

}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
