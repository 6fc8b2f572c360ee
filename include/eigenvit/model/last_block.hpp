/// The last block where only prefix tokens of its output are wanted.
#ifndef EIGENVIT_MODEL_LAST_BLOCK_HPP
#define EIGENVIT_MODEL_LAST_BLOCK_HPP

#include <algorithm>
#include <cmath>

#include <eigenvit/kernels/dispatch.hpp>
#include <eigenvit/model/forward_context.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {

/// The last block of a model that pools its first R tokens, for those tokens alone, and without the
/// keys and values of the others. With `x = norm1(stream)`, for each head and pooled token:
///
///     u = W_kᵀ (W_q x_r + b_q) / sqrt(d)         a query for tokens instead of keys, [D]
///     p = softmax(x u)                           the keys' bias adds the same to all scores
///     o = W_v (pᵀ x) + b_v                       the probabilities add up to 1
///
/// then proj, norm2 and MLP for R rows. In exact arithmetic this is the block; rounding differs by
/// about 1e-7 of the largest value. It begins when norm1 of all rows is under way. Cost: `2 T D (16
/// + 16) + (12 D² + ...) R` flops in place of `24 T D² + 4 T² D`. It reads every weight once, for
/// all images of the batch together.
///
/// The heads' queries stand side by side in panels of sixteen columns, as weights of a product do:
/// column `h R + r`.
class LastBlock {
 public:
  LastBlock(const ForwardContext<float>& context, Index block)
      : context_(context),
        layer_(context.block(block)),
        block_(block),
        pooled_(context.pooled_tokens()),
        panels_(LastBlockScratch<float>::panels(context.config)),
        heads_(context.config.num_heads),
        images_(context.plan.images),
        groups_(context.plan.groups),
        sum_shares_((context.width() + sum_columns - 1) / sum_columns),
        proj_shares_(PanelShare::shares_for_few_rows(layer_.attn().proj())),
        fc1_shares_(PanelShare::shares_for_few_rows(layer_.mlp().fc1())),
        fc2_shares_(PanelShare::shares_for_few_rows(layer_.mlp().fc2())) {}

  Index tasks() const noexcept {
    return images_ * (groups_ + 2 * heads_ + panels_ + panels_ * sum_shares_ + 1) + proj_shares_ +
           fc1_shares_ + fc2_shares_;
  }

  void run(Index task) const {
    const auto is_in = [&](Index count) {
      if (task < count) return true;
      task -= count;
      return false;
    };
    if (is_in(images_ * heads_)) return ask(task / heads_, task % heads_);
    if (is_in(images_ * groups_)) return score(context_.group(task));
    if (is_in(images_ * panels_)) return weigh(task / panels_, task % panels_);
    if (is_in(images_ * panels_ * sum_shares_)) {
      return sum(task / (panels_ * sum_shares_), task / sum_shares_ % panels_, task % sum_shares_);
    }
    if (is_in(images_ * heads_)) return answer(task / heads_, task % heads_);
    if (is_in(proj_shares_)) return proj(task);
    if (is_in(images_)) return norm2(task);
    if (is_in(fc1_shares_)) return fc1(task);
    fc2(task);
  }

  /// Waits until the pooled tokens have left the block.
  void wait() const { progress().narrowed->wait_for(fc2_shares_); }

 private:
  /// Columns of one task of weighted sums.
  static constexpr Index sum_columns = 128;

  const ForwardScratch<float>& scratch() const noexcept { return context_.scratch; }
  const LastBlockScratch<float>& progress() const noexcept { return scratch().last_block; }
  Index width() const noexcept { return context_.width(); }
  Index tokens() const noexcept { return context_.plan.tokens; }

  // Of an image: the queries for tokens [panels][D][16], the scores [panels][T][16] and the
  // weighted sums [panels][16][D].
  float* queries(Index image) const noexcept {
    return scratch().last_block.values +
           image * panels_ * kernels::panel_width * (2 * width() + tokens());
  }
  float* scores(Index image) const noexcept {
    return queries(image) + panels_ * kernels::panel_width * width();
  }
  float* sums(Index image) const noexcept {
    return scores(image) + panels_ * kernels::panel_width * tokens();
  }

  Index head_panels() const noexcept { return layer_.attn().head_width() / kernels::panel_width; }

  /// The first panel of one head's part of qkv: 0 queries, 1 keys, 2 values.
  Index first_panel(Index part, Index head) const noexcept {
    return (part * heads_ + head) * head_panels();
  }

  void ask(Index image, Index head) const {
    // The pooled tokens are in the first group of rows.
    scratch().normed1[image * groups_].wait_for(block_ + 1);
    const MultiHeadSelfAttention<float>& attn = layer_.attn();
    // In double: of float, -ffast-math makes an approximation. Scores are used as powers of two.
    const auto scale =
        static_cast<float>(1.4426950408889634 / std::sqrt(static_cast<double>(attn.head_dim())));
    float* const query =
        scratch().last_block.head_queries + (image * heads_ + head) * attn.head_width();
    const auto keys = attn.qkv().weight().panels(first_panel(1, head), head_panels());
    auto task = attn.qkv().share(first_panel(0, head), head_panels());
    task.rows = 1;
    task.x_stride = scratch().normed_stride;
    task.y = query;
    task.y_stride = attn.head_width();
    for (Index r = 0; r < pooled_; ++r) {
      task.x = context_.normed_row(image * tokens() + r);
      ops::gemm(task);
      for (Index c = 0; c < attn.head_width(); ++c) query[c] *= scale;
      const Index column = head * pooled_ + r;
      kernels::active_kernels().transposed_product(
          keys.data(), head_panels(), width(), query,
          queries(image) + column / kernels::panel_width * kernels::panel_width * width() +
              column % kernels::panel_width,
          kernels::panel_width);
    }
    if (head == 0) clear_unused_columns(image);
    progress().asked[image].advance();
  }

  void clear_unused_columns(Index image) const {
    float* const last = queries(image) + (panels_ - 1) * kernels::panel_width * width();
    for (Index c = heads_ * pooled_ - (panels_ - 1) * kernels::panel_width;
         c < kernels::panel_width; ++c) {
      for (Index i = 0; i < width(); ++i) last[i * kernels::panel_width + c] = 0;
    }
  }

  void score(const RowGroup& g) const {
    scratch().normed1[g.index].wait_for(block_ + 1);
    progress().asked[g.image].wait_for(heads_);
    kernels::GemmArguments<float> task;
    task.x = context_.normed_row(g.row);
    task.rows = g.rows;
    task.x_stride = scratch().normed_stride;
    task.depth = width();
    task.panels = queries(g.image);
    task.outputs = panels_ * kernels::panel_width;
    task.y = scores(g.image) + g.first * kernels::panel_width;
    task.y_stride = kernels::panel_width;
    task.group_panels = 1;
    task.group_stride = tokens() * kernels::panel_width;
    ops::gemm(task);
    progress().scored[g.image].advance();
  }

  void weigh(Index image, Index panel) const {
    progress().scored[image].wait_for(groups_);
    kernels::active_kernels().softmax_columns(
        scores(image) + panel * tokens() * kernels::panel_width, tokens());
    progress().weighed[image].advance();
  }

  void sum(Index image, Index panel, Index index) const {
    progress().weighed[image].wait_for(panels_);
    const Index first = index * sum_columns;
    kernels::active_kernels().weighted_sums(
        scores(image) + panel * tokens() * kernels::panel_width,
        context_.normed_row(image * tokens()) + first, scratch().normed_stride, tokens(),
        std::min(sum_columns, width() - first),
        sums(image) + panel * kernels::panel_width * width() + first, width());
    progress().summed[image].advance();
  }

  void answer(Index image, Index head) const {
    progress().summed[image].wait_for(panels_ * sum_shares_);
    const MultiHeadSelfAttention<float>& attn = layer_.attn();
    auto task = attn.qkv().share(first_panel(2, head), head_panels());
    task.rows = 1;
    task.x_stride = width();
    task.outputs = attn.head_dim();
    task.y_stride = scratch().normed_stride;
    for (Index r = 0; r < pooled_; ++r) {
      task.x = sums(image) + (head * pooled_ + r) * width();
      task.y = scratch().attended + (image * tokens() + r) * scratch().normed_stride +
               head * attn.head_dim();
      ops::gemm(task);
    }
    progress().answered->advance();
  }

  /// A share of a map for one pooled token of all images at once.
  void for_pooled(const Linear<float>& map, Index share_count, Index index, const float* x,
                  Index x_stride, float* y, Index y_stride, Activation activation,
                  const float* scale, bool accumulate) const {
    const PanelShare part = PanelShare::of(map, share_count, index);
    auto task = task_of(map, part, activation, scale, accumulate);
    task.rows = images_;
    task.x_stride = tokens() * x_stride;
    task.y_stride = tokens() * y_stride;
    for (Index r = 0; r < pooled_; ++r) {
      task.x = x + r * x_stride;
      task.y = y + r * y_stride + part.column;
      ops::gemm(task);
    }
  }

  void proj(Index index) const {
    progress().answered->wait_for(images_ * heads_);
    for_pooled(layer_.attn().proj(), proj_shares_, index, scratch().attended,
               scratch().normed_stride, scratch().stream, width(), Activation::none, layer_.ls1(),
               true);
    progress().projected_out->advance();
  }

  void norm2(Index image) const {
    progress().projected_out->wait_for(proj_shares_);
    const Index row = image * tokens();
    layer_.norm2().forward(context_.stream_row(row), pooled_, width(), context_.normed_row(row),
                           scratch().normed_stride);
    progress().normed2->advance();
  }

  void fc1(Index index) const {
    progress().normed2->wait_for(images_);
    for_pooled(layer_.mlp().fc1(), fc1_shares_, index, scratch().normed, scratch().normed_stride,
               scratch().wide, scratch().wide_stride, layer_.mlp().activation(), nullptr, false);
    progress().widened->advance();
  }

  void fc2(Index index) const {
    progress().widened->wait_for(fc1_shares_);
    for_pooled(layer_.mlp().fc2(), fc2_shares_, index, scratch().wide, scratch().wide_stride,
               scratch().stream, width(), Activation::none, layer_.ls2(), true);
    progress().narrowed->advance();
  }

  const ForwardContext<float>& context_;
  const EncoderBlock<float>& layer_;
  Index block_;
  Index pooled_;
  Index panels_;
  Index heads_;
  Index images_;
  Index groups_;
  Index sum_shares_;
  Index proj_shares_;
  Index fc1_shares_;
  Index fc2_shares_;
};

}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
