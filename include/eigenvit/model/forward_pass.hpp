/// One forward pass as a row of tasks.
#ifndef EIGENVIT_MODEL_FORWARD_PASS_HPP
#define EIGENVIT_MODEL_FORWARD_PASS_HPP

#include <algorithm>
#include <cmath>
#include <type_traits>
#include <vector>

#include <eigenvit/model/attention_pooling.hpp>
#include <eigenvit/model/block_tasks.hpp>
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
///     norm1, qkv | attend | proj, norm2, fc1, fc2             for each block (`BlockTasks`)
///     finish | pool | head
///
/// At each bar a task needs the whole image (attention its keys and values, the head its pooled
/// vector), elsewhere only its own group of rows. Tasks of a map go share by share of the weights
/// and inside each group by group, so that a share is fetched once for all rows.
template <class Scalar>
class ForwardPass : protected BlockTasks<Scalar> {
 public:
  /// Keeps references: all must outlive the pass. The output's buffers have their sizes.
  ForwardPass(const ForwardContext<Scalar>& context, const PixelBatch<Scalar>& pixels,
              const Taps& taps, VitOutput<Scalar>& output)
      : Blocks(context, taps, output),
        pixels_(pixels),
        blocks_(blocks_needed()),
        whole_blocks_(last_block_is_pooled() ? blocks_ - 1 : blocks_) {}

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

 protected:
  using Blocks = BlockTasks<Scalar>;
  using Blocks::adds_positions_first;
  using Blocks::all_groups_;
  using Blocks::block_tasks;
  using Blocks::config;
  using Blocks::copy_hidden;
  using Blocks::enter;
  using Blocks::group;
  using Blocks::image_qkv;
  using Blocks::is_tapped;
  using Blocks::layers;
  using Blocks::leaving;
  using Blocks::multiply_rows;
  using Blocks::needs_pooled;
  using Blocks::norm1;
  using Blocks::normed_row;
  using Blocks::only_pooled_leave;
  using Blocks::output_;
  using Blocks::patches;
  using Blocks::plan;
  using Blocks::pooled_tokens;
  using Blocks::positions_;
  using Blocks::run_block;
  using Blocks::scratch;
  using Blocks::stream_row;
  using Blocks::taps_;
  using Blocks::wait_for_stream;
  using Blocks::width;
  using typename Blocks::Patches;

  // The beginning: from pixels to the residual stream.

  Index first_tasks() const noexcept { return all_groups_ * (1 + plan.embed_shares); }

  void run_first(Index task) const {
    if (task < all_groups_) return flatten(group(task));
    task -= all_groups_;
    embed(group(task % all_groups_), task / all_groups_);
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
      const Index image = g.image * config.in_chans * pixels_.height * pixels_.width;
      Scalar* const flat = scratch.wide + p.row * scratch.wide_stride;
      if (pixels_.values) {
        layers.patch_embed.flatten(pixels_.values + image, pixels_.height, pixels_.width, p.first,
                                   p.count, flat, scratch.wide_stride);
      } else {
        layers.patch_embed.flatten(pixels_.samples + image, pixels_.sample_values, pixels_.height,
                                   pixels_.width, p.first, p.count, flat, scratch.wide_stride);
      }
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

  // The last block where only prefix tokens of it are wanted.

  /// `double` takes the block as it stands: it is the reference. The kernel of weighted sums takes
  /// whole registers.
  bool last_block_is_pooled() const noexcept {
    return std::is_same_v<Scalar, float> && only_pooled_leave() && config.plain_blocks() &&
           width() % kernels::panel_width == 0 && plan.last_row(0) >= pooled_tokens() &&
           !is_tapped(taps_.attention, config.depth - 1);
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
    const bool merges = taps_.merge_source && taps_.token_merging.per_block > 0;
    if (taps_.tokens || needs_pooled() || merges) return config.depth;
    Index count = 0;
    for (const Index i : taps_.hidden) count = std::max(count, i + 1);
    for (const Index i : taps_.attention) count = std::max(count, i + 1);
    return count;
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
    wait_for_stream(whole_blocks_, leaving(whole_blocks_ - 1, g));
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
  Index blocks_;
  Index whole_blocks_;  ///< those that all rows go through
};

}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
