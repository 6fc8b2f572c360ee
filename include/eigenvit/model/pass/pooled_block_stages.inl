#ifndef EIGENVIT_MODEL_PASS_POOLED_BLOCK_STAGES_INL
#define EIGENVIT_MODEL_PASS_POOLED_BLOCK_STAGES_INL

#include <algorithm>
#include <cmath>

#include <eigenvit/kernels/dispatch.hpp>
#include <eigenvit/kernels/ops.hpp>
#include <eigenvit/model/pass/linear_share.hpp>
#include <eigenvit/model/pass/pooled_block_stages.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

EIGENVIT_INLINE Stage PooledBlockStages::add_to(TaskGraph& graph, Stage x) const {
  const Cut images{x_.images};
  const Cut heads{x_.images, attn().heads()};
  const Cut panels{x_.images, panels_};
  const auto shares = [](const Linear<float>& layer) {
    return Cut{}.in_shares(shares_for_few_rows(layer));
  };
  const Stage norm1 =
      graph.add(x_.cut(), {part_of(x)}, [*this](const Task& task) { this->norm1(task); });
  Stage last =
      graph.add(heads, {image_of(norm1)}, [*this](const Task& task) { project_query(task); });
  last = graph.add(x_.cut(), {part_of(norm1), image_of(last)},
                   [*this](const Task& task) { score(task); });
  last = graph.add(panels, {image_of(last)}, [*this](const Task& task) { softmax(task); });
  last = graph.add({x_.images, panels_ * sum_parts()}, {image_of(last)},
                   [*this](const Task& task) { sum(task); });
  last = graph.add(heads, {image_of(last)}, [*this](const Task& task) { project_values(task); });
  last =
      graph.add(shares(attn().proj()), {all_of(last)}, [*this](const Task& task) { proj(task); });
  last = graph.add(images, {all_of(last)}, [*this](const Task& task) { norm2(task); });
  last = graph.add(shares(block_->mlp().fc1()), {all_of(last)},
                   [*this](const Task& task) { fc1(task); });
  return graph.add(shares(block_->mlp().fc2()), {all_of(last)},
                   [*this](const Task& task) { fc2(task); });
}

EIGENVIT_INLINE void PooledBlockStages::norm1(const Task& task) const {
  const Rows r = x_.rows(task);
  block_->norm1().forward(x_.stream_row(r.row), r.count, x_.width, x_.normed_row(r.row),
                          x_.buffers->normed_stride);
}

EIGENVIT_INLINE void PooledBlockStages::project_query(const Task& task) const {
  const Index head = task.part;
  // In double: of float, -ffast-math makes an approximation. Scores are used as powers of two.
  const auto scale =
      static_cast<float>(1.4426950408889634 / std::sqrt(static_cast<double>(attn().head_dim())));
  float* const query =
      scratch_->head_queries + (task.image * attn().heads() + head) * attn().head_width();
  const auto keys = attn().qkv().weight().panels(first_panel(1, head), head_panels());
  auto product = attn().qkv().share(first_panel(0, head), head_panels());
  product.rows = 1;
  product.x_stride = x_.buffers->normed_stride;
  product.y = query;
  product.y_stride = attn().head_width();
  for (Index r = 0; r < pooled_; ++r) {
    product.x = x_.normed_row(task.image * x_.image_rows + r);
    ops::gemm(product);
    for (Index c = 0; c < attn().head_width(); ++c) query[c] *= scale;
    const Index column = head * pooled_ + r;
    ops::format_kernels(product.format)
        .transposed_product(keys.data(), head_panels(), x_.width, query,
                            queries(task.image) +
                                column / kernels::panel_width * kernels::panel_width * x_.width +
                                column % kernels::panel_width,
                            kernels::panel_width);
  }
  if (head == 0) clear_unused_columns(task.image);
}

EIGENVIT_INLINE void PooledBlockStages::clear_unused_columns(Index image) const {
  float* const last = queries(image) + (panels_ - 1) * kernels::panel_width * x_.width;
  for (Index c = attn().heads() * pooled_ - (panels_ - 1) * kernels::panel_width;
       c < kernels::panel_width; ++c) {
    for (Index i = 0; i < x_.width; ++i) last[i * kernels::panel_width + c] = 0;
  }
}

EIGENVIT_INLINE void PooledBlockStages::score(const Task& task) const {
  const Rows r = x_.rows(task);
  kernels::GemmArguments<float> product;
  product.x = x_.normed_row(r.row);
  product.rows = r.count;
  product.x_stride = x_.buffers->normed_stride;
  product.depth = x_.width;
  product.panels = queries(r.image);
  product.outputs = panels_ * kernels::panel_width;
  product.y = scores(r.image) + r.first * kernels::panel_width;
  product.y_stride = kernels::panel_width;
  product.group_panels = 1;
  product.group_stride = x_.tokens * kernels::panel_width;
  ops::gemm(product);
}

EIGENVIT_INLINE void PooledBlockStages::softmax(const Task& task) const {
  kernels::active_kernels().softmax_columns(
      scores(task.image) + task.part * x_.tokens * kernels::panel_width, x_.tokens);
}

EIGENVIT_INLINE void PooledBlockStages::sum(const Task& task) const {
  const Index panel = task.part / sum_parts();
  const Index first = task.part % sum_parts() * sum_columns;
  kernels::active_kernels().weighted_sums(
      scores(task.image) + panel * x_.tokens * kernels::panel_width,
      x_.normed_row(task.image * x_.image_rows) + first, x_.buffers->normed_stride, x_.tokens,
      std::min(sum_columns, x_.width - first),
      sums(task.image) + panel * kernels::panel_width * x_.width + first, x_.width);
}

EIGENVIT_INLINE void PooledBlockStages::project_values(const Task& task) const {
  const Index head = task.part;
  auto product = attn().qkv().share(first_panel(2, head), head_panels());
  product.rows = 1;
  product.x_stride = x_.width;
  product.outputs = attn().head_dim();
  product.y_stride = x_.buffers->normed_stride;
  for (Index r = 0; r < pooled_; ++r) {
    product.x = sums(task.image) + (head * pooled_ + r) * x_.width;
    product.y = x_.attended_row(task.image * x_.image_rows + r) + head * attn().head_dim();
    ops::gemm(product);
  }
}

EIGENVIT_INLINE void PooledBlockStages::multiply_pooled(const Linear<float>& layer,
                                                        const Task& task, const float* x,
                                                        Index x_stride, float* y, Index y_stride,
                                                        const Finish<float>& finish) const {
  for (Index r = 0; r < pooled_; ++r) {
    multiply(layer, shares_for_few_rows(layer), task.share, x + r * x_stride, x_.images,
             x_.image_rows * x_stride, y + r * y_stride, x_.image_rows * y_stride, finish);
  }
}

EIGENVIT_INLINE void PooledBlockStages::proj(const Task& task) const {
  multiply_pooled(attn().proj(), task, x_.buffers->attended, x_.buffers->normed_stride, x_.stream,
                  x_.width, {Activation::none, block_->ls1(), true});
}

EIGENVIT_INLINE void PooledBlockStages::norm2(const Task& task) const {
  const Index row = task.image * x_.image_rows;
  block_->norm2().forward(x_.stream_row(row), pooled_, x_.width, x_.normed_row(row),
                          x_.buffers->normed_stride);
}

EIGENVIT_INLINE void PooledBlockStages::fc1(const Task& task) const {
  multiply_pooled(block_->mlp().fc1(), task, x_.buffers->normed, x_.buffers->normed_stride,
                  x_.buffers->wide, x_.buffers->wide_stride,
                  {block_->mlp().activation(), nullptr, false});
}

EIGENVIT_INLINE void PooledBlockStages::fc2(const Task& task) const {
  multiply_pooled(block_->mlp().fc2(), task, x_.buffers->wide, x_.buffers->wide_stride, x_.stream,
                  x_.width, {Activation::none, block_->ls2(), true});
}

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
