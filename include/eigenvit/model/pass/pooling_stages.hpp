/// The stages from the residual stream after the blocks to the pooled vectors.
#ifndef EIGENVIT_MODEL_PASS_POOLING_STAGES_HPP
#define EIGENVIT_MODEL_PASS_POOLING_STAGES_HPP

#include <algorithm>

#include <eigenvit/core/task_graph.hpp>
#include <eigenvit/layers/pooling.hpp>
#include <eigenvit/model/pass/attention_pooling_stages.hpp>
#include <eigenvit/model/pass/forward_context.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// `tokens = norm(x)`, `pooled = fc_norm(pool(tokens))`:
///
///     norm || pool, fc_norm
///
/// Where the tokens are not asked for, only those that are pooled are normed.
template <class Scalar>
class PoolingStages {
 public:
  /// Of the residual stream of the sequence `x`. `context` outlives the run.
  PoolingStages(const ForwardContext<Scalar>& context, const Sequence<Scalar>& x)
      : context_(context), x_(context.taps.tokens ? x : x.first(context.pooled_tokens())) {}

  /// Adds the final norm.
  Stage add_norm(TaskGraph& graph, Stage x) const {
    return graph.add(x_.cut(), {part_of(x)}, [*this](const Task& task) { norm(x_.rows(task)); });
  }

  /// Adds what makes the pooled vectors of the tokens that `add_norm` gives.
  Stage add_pool(TaskGraph& graph, Stage tokens) const {
    const Cut images{x_.images};
    if (const auto& attn_pool = context_.layers.attn_pool) {
      const AttentionPoolingStages<Scalar> pooling(
          *attn_pool, x_, context_.config.unpooled_tokens(), context_.scratch.attn_pool,
          context_.scratch.pooled);
      return graph.add(images, {all_of(pooling.add_to(graph, tokens))},
                       [*this](const Task& task) { finish(task.image); });
    }
    return graph.add(images, {image_of(tokens)}, [*this](const Task& task) {
      pool_tokens(context_.config.global_pool, context_.normed_tokens(task.image),
                  context_.plan.prefix + context_.plan.patches, context_.config.unpooled_tokens(),
                  x_.width, context_.pooled(task.image));
      finish(task.image);
    });
  }

 private:
  void norm(const Rows& r) const {
    Scalar* const tokens = context_.normed_tokens(r.image) + r.first * x_.width;
    if (const auto& norm = context_.layers.norm) {
      norm->forward(x_.stream_row(r.row), r.count, x_.width, tokens, x_.width);
    } else {
      std::copy_n(x_.stream_row(r.row), r.count * x_.width, tokens);
    }
    if (context_.layers.attn_pool) copy_for_attention(tokens, r);
  }

  /// Rows for attention pooling, filled up with zeros to whole registers.
  void copy_for_attention(const Scalar* tokens, const Rows& r) const {
    const Index padded = context_.layers.attn_pool->padded_width();
    for (Index i = 0; i < r.count; ++i) {
      Scalar* const row = x_.normed_row(r.row + i);
      std::copy_n(tokens + i * x_.width, x_.width, row);
      std::fill(row + x_.width, row + padded, Scalar(0));
    }
  }

  /// From what was pooled to what the heads read.
  void finish(Index image) const {
    Scalar* const pooled = context_.pooled(image);
    if (const auto& fc_norm = context_.layers.fc_norm) {
      fc_norm->forward(pooled, 1, fc_norm->features(), pooled, fc_norm->features());
    }
    const bool pooler_is_pooled = context_.layers.pooler && !context_.layers.head;
    if (context_.taps.pooled && !pooler_is_pooled) {
      const Index size = context_.config.head_inputs();
      std::copy_n(pooled, size, context_.place(context_.output.pooled) + image * size);
    }
  }

  const ForwardContext<Scalar>& context_;
  Sequence<Scalar> x_;  ///< the tokens that are normed
};

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
