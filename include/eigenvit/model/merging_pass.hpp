/// One forward pass with token merging as a row of tasks.
#ifndef EIGENVIT_MODEL_MERGING_PASS_HPP
#define EIGENVIT_MODEL_MERGING_PASS_HPP

#include <algorithm>
#include <cmath>

#include <eigenvit/model/forward_pass.hpp>
#include <eigenvit/model/merging_plan.hpp>
#include <eigenvit/model/merging_scratch.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {

/// `ForwardPass` with other tasks for its blocks: those of a `MergingPlan`. It begins as any pass
/// does, and its end gives every token the vector of the one that it was merged into: what pools
/// all patches counts merged ones as often as they stand for, as the reference's MAE models do.
///
/// A number is computed the same way whatever else is asked for and however tasks are cut. Cost
/// beside that of the blocks for fewer tokens: matching (`TokenMatching`), about 1 % of a block of
/// ViT-B.
template <class Scalar>
class MergingPass : private ForwardPass<Scalar> {
 public:
  /// Keeps references: all must outlive the pass. The output's buffers have their sizes.
  MergingPass(const ForwardContext<Scalar>& context, const MergingScratch<Scalar>& memory,
              const PixelBatch<Scalar>& pixels, const Taps& taps, VitOutput<Scalar>& output)
      : Pass(context, pixels, taps, output),
        memory_(memory),
        steps_(config, plan, taps, blocks_, last_rows(), ops::tile_rows<Scalar>(), memory.steps) {}

  Index tasks() const noexcept { return first_tasks() + steps_.tasks() + last_tasks(); }

  /// Runs one task on a strand, whose scratch nobody else uses at the time.
  void run(Index task, Index strand) const {
    if (task < first_tasks()) return run_first(task);
    task -= first_tasks();
    if (task < steps_.tasks()) return run_step(task, strand);
    task -= steps_.tasks();
    if (task < all_groups_) return finish(group(task));
    run_last(task, strand);
  }

 private:
  using Pass = ForwardPass<Scalar>;
  using Step = MergingStep;
  using Kind = MergingStep::Kind;
  using Pass::all_groups_;
  using Pass::block;
  using Pass::blocks_;
  using Pass::config;
  using Pass::copy_for_pool;
  using Pass::enter;
  using Pass::first_tasks;
  using Pass::group;
  using Pass::image_qkv;
  using Pass::last_tasks;
  using Pass::layers;
  using Pass::multiply_rows;
  using Pass::needs_pooled;
  using Pass::normed_row;
  using Pass::only_pooled_leave;
  using Pass::output_;
  using Pass::plan;
  using Pass::pooled_tokens;
  using Pass::run_first;
  using Pass::run_last;
  using Pass::scratch;
  using Pass::tapped;
  using Pass::taps_;
  using Pass::tokens_of;
  using Pass::wait_for_stream;
  using Pass::width;

  /// Tokens that are wanted of the last block; 0 for all. Norms of queries and keys go through both
  /// row by row.
  Index last_rows() const noexcept {
    return only_pooled_leave() && !config.qk_norm ? pooled_tokens() : 0;
  }

  Scalar* stream(Index side) const noexcept { return side == 0 ? scratch.stream : memory_.stream; }
  Scalar* token(Index side, Index image, Index row) const noexcept {
    return stream(side) + (image * plan.tokens + row) * width();
  }

  void run_step(Index task, Index strand) const {
    const Step& step = steps_.step_of(task);
    task -= step.first_task;
    const Index part = task % step.groups;
    const Index image = task / step.groups % plan.images;
    const Index share = task / (step.groups * plan.images);
    memory_.done[image].wait_for(step.needs);
    if (step.kind == Kind::match) {
      match(step, image);
    } else if (step.kind == Kind::attend) {
      attend(step, image, part, strand);
    } else {
      const Index first = step.rows * part / step.groups;
      const Index last = step.rows * (part + 1) / step.groups;
      run_rows(step, {part, image, first, last - first, image * plan.tokens + first}, share);
    }
    memory_.done[image].advance();
  }

  void run_rows(const Step& step, const RowGroup& g, Index share) const {
    const EncoderBlock<Scalar>& layer = block(step.block);
    const Index stride = scratch.normed_stride;
    switch (step.kind) {
      case Kind::norm1:
        return norm1(step, g);
      case Kind::qkv:
      case Kind::keys_values:
      case Kind::queries:
        return project(step, g, share);
      case Kind::turn:
        return layer.attn().turn(image_qkv(g.image), g.first, g.rows, step.tokens,
                                 positions(step, g.image));
      case Kind::norm_heads:
        return layer.attn().norm_heads(scratch.attended + g.row * stride, g.rows, stride);
      case Kind::proj:
        return multiply_rows(layer.attn().proj(), step.shares, share, g, scratch.attended, stride,
                             stream(step.side), width(), Activation::none, layer.ls1(), true);
      case Kind::merge:
        if (step.merges()) merge(step, g);
        return layer.norm2().forward(token(step.next_side(), g.image, g.first), g.rows, width(),
                                     normed_row(g.row), stride);
      case Kind::fc1:
        return multiply_rows(layer.mlp().fc1(), step.shares, share, g, scratch.normed, stride,
                             scratch.wide, scratch.wide_stride, layer.mlp().fc1_activation(),
                             nullptr, false);
      case Kind::gate:
        return layer.mlp().run_middle(scratch.wide + g.row * scratch.wide_stride, g.rows,
                                      scratch.wide_stride);
      case Kind::fc2:
        return multiply_rows(layer.mlp().fc2(), step.shares, share, g, scratch.wide,
                             scratch.wide_stride, stream(step.next_side()), width(),
                             Activation::none, layer.ls2(), true);
      case Kind::hidden:
        return copy_hidden(step, g);
      case Kind::match:
      case Kind::attend:
        break;
    }
  }

  void norm1(const Step& step, const RowGroup& g) const {
    if (step.block == 0) {
      for (Index i = 0; i < plan.groups; ++i) {
        wait_for_stream(0, group(g.image * plan.groups + i));
      }
      enter(g);
      for (Index t = g.first; t < g.first + g.rows; ++t) memory_.place_of(g.image)[t] = t;
      std::fill_n(memory_.size_of(0, g.image) + g.first, g.rows, Scalar(1));
    }
    block(step.block)
        .norm1()
        .forward(token(step.side, g.image, g.first), g.rows, width(), normed_row(g.row),
                 scratch.normed_stride);
  }

  /// A share of the panels of queries, keys and values, or of the queries or the others alone.
  void project(const Step& step, const RowGroup& g, Index share) const {
    const MultiHeadSelfAttention<Scalar>& attn = block(step.block).attn();
    const Index third = attn.qkv().weight().panels() / 3;
    const Index begin = step.kind == Kind::keys_values ? third : 0;
    const Index end = step.kind == Kind::queries ? third : 3 * third;
    // Cut between pairs of panels, since a kernel may take two at a time.
    const Index pairs = (end - begin + 1) / 2;
    const Index first = begin + 2 * (pairs * share / step.shares);
    const Index last = std::min(begin + 2 * (pairs * (share + 1) / step.shares), end);
    if (first >= last) return;
    attn.project(normed_row(g.row), g.first, g.rows, scratch.normed_stride, first, last - first,
                 image_qkv(g.image), step.tokens);
  }

  AttentionPositions<Scalar> positions(const Step& step, Index image) const {
    AttentionPositions<Scalar> result = Pass::positions_of(step.block, 0);
    if (taps_.token_merging.proportional_attention && step.tokens < plan.tokens) {
      result.key_bias = memory_.key_bias_of(step.side, image);
    }
    return result;
  }

  void attend(const Step& step, Index image, Index part, Index strand) const {
    constexpr Index block_queries = MultiHeadSelfAttention<Scalar>::block_queries;
    const Index query_blocks = step.groups / config.num_heads;
    const Index first = part % query_blocks * block_queries;
    block(step.block)
        .attn()
        .attend(image_qkv(image), step.tokens, part / query_blocks, first,
                std::min(block_queries, step.rows - first), normed_of(scratch.attended, image),
                scratch.normed_stride, nullptr,
                scratch.strands + strand * static_cast<Index>(scratch.strand_size),
                positions(step, image));
  }

  Scalar* normed_of(Scalar* first, Index image) const noexcept {
    return first + image * plan.tokens * scratch.normed_stride;
  }

  /// Decides what the block merges, and what that makes of places and sizes. Nobody reads these
  /// until the step has ended.
  void match(const Step& step, Index image) const {
    const Index size = step.tokens * block(step.block).attn().head_width();
    const TokenMatching<Scalar> matching = memory_.matching(image);
    matching.match(image_qkv(image) + config.attention_heads() * size, config.attention_heads(),
                   step.tokens, plan.prefix, step.merged);
    const Scalar* const before = memory_.size_of(step.side, image);
    Scalar* const after = memory_.size_of(1 - step.side, image);
    Scalar* const bias = memory_.key_bias_of(1 - step.side, image);
    Index* const place = memory_.place_of(image);
    Index* const next_place = memory_.first_of_image(image);
    for (Index j = 0; j < step.tokens - step.merged; ++j) {
      after[j] = 0;
      for (Index i = matching.first()[j]; i < matching.first()[j + 1]; ++i) {
        after[j] += before[matching.rows()[i]];
        next_place[matching.rows()[i]] = j;
      }
      const auto logarithm = static_cast<Scalar>(std::log(static_cast<double>(after[j])));
      std::fill_n(bias + j * memory_.bias_columns, memory_.bias_columns, logarithm);
    }
    for (Index t = 0; t < plan.tokens; ++t) place[t] = next_place[place[t]];
  }

  /// Rows of the shorter sequence on the other side: means of tokens, by their sizes.
  void merge(const Step& step, const RowGroup& g) const {
    const TokenMatching<Scalar> matching = memory_.matching(g.image);
    const Scalar* const size = memory_.size_of(step.side, g.image);
    const Scalar* const total = memory_.size_of(1 - step.side, g.image);
    for (Index j = g.first; j < g.first + g.rows; ++j) {
      const Index first = matching.first()[j];
      const Index last = matching.first()[j + 1];
      Scalar* const mean = token(1 - step.side, g.image, j);
      if (last - first == 1) {
        std::copy_n(token(step.side, g.image, matching.rows()[first]), width(), mean);
        continue;
      }
      std::fill_n(mean, width(), Scalar(0));
      // The row that norm2 will fill holds one product at a time: the sum by a kernel, since a
      // compiler that fused it with the product would change bits.
      Scalar* const part = normed_row(g.row + j - g.first);
      for (Index i = first; i < last; ++i) {
        const Index row = matching.rows()[i];
        const Scalar* const from = token(step.side, g.image, row);
        const auto weight =
            static_cast<Scalar>(static_cast<double>(size[row]) / static_cast<double>(total[j]));
        for (Index c = 0; c < width(); ++c) part[c] = weight * from[c];
        ops::add_row(part, width(), mean);
      }
    }
  }

  void copy_hidden(const Step& step, const RowGroup& g) const {
    Scalar* const hidden = tapped(taps_.hidden, output_.hidden, step.block);
    for (Index r = 0; r < g.rows; ++r) {
      std::copy_n(token(step.next_side(), g.image, memory_.place_of(g.image)[g.first + r]), width(),
                  hidden + (g.row + r) * width());
    }
  }

  /// The final norm, for all tokens of a group again.
  void finish(const RowGroup& g) const {
    memory_.done[g.image].wait_for(steps_.image_tasks());
    if (taps_.merge_source && g.first == 0) give_source(g.image);
    Index rows = 0;
    if (taps_.tokens) {
      rows = g.rows;
    } else if (needs_pooled()) {
      rows = std::min(g.rows, pooled_tokens() - g.first);
    }
    for (Index r = 0; r < rows; ++r) {
      const Scalar* const from =
          token(steps_.last_side(), g.image, memory_.place_of(g.image)[g.first + r]);
      Scalar* const to = tokens_of(g.image) + (g.first + r) * width();
      if (layers.norm) {
        layers.norm->forward(from, 1, width(), to, width());
      } else {
        std::copy_n(from, width(), to);
      }
    }
    if (rows > 0 && layers.attn_pool) copy_for_pool(tokens_of(g.image) + g.first * width(), g);
    scratch.finished[g.image].advance();
  }

  void give_source(Index image) const {
    const Index* const place = memory_.place_of(image);
    Index* const first_of = memory_.first_of_image(image);
    Index* const source = output_.merge_source.data() + image * plan.tokens;
    for (Index t = plan.tokens - 1; t >= 0; --t) first_of[place[t]] = t;
    for (Index t = 0; t < plan.tokens; ++t) source[t] = first_of[place[t]];
  }

  const MergingScratch<Scalar>& memory_;
  MergingPlan steps_;
};

}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
