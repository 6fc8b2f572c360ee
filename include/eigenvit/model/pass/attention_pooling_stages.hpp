/// The stages of attention pooling.
#ifndef EIGENVIT_MODEL_PASS_ATTENTION_POOLING_STAGES_HPP
#define EIGENVIT_MODEL_PASS_ATTENTION_POOLING_STAGES_HPP

#include <eigenvit/core/task_graph.hpp>
#include <eigenvit/layers/attention_pool.hpp>
#include <eigenvit/model/pass/forward_scratch.hpp>
#include <eigenvit/model/pass/linear_share.hpp>
#include <eigenvit/model/pass/sequence.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// `AttentionPool` of all images of a batch: the weighted sums image by image, the linear layers
/// share by share for all images together, so that each weight is read once.
///
///     gather || values | proj | norm | fc1 | fc2
///
/// From `||` on a task needs the whole batch.
template <class Scalar>
class AttentionPoolingStages {
 public:
  /// Pools the tokens `[first, x.tokens)` in the rows of `normed`, which are filled up with zeros
  /// to whole registers, into `pooled [B, E]`. `layer` and `scratch` outlive the run.
  AttentionPoolingStages(const AttentionPool<Scalar>& layer, const Sequence<Scalar>& x, Index first,
                         const AttentionPoolScratch<Scalar>& scratch, Scalar* pooled)
      : layer_(&layer), x_(x), first_(first), scratch_(&scratch), pooled_(pooled) {}

  /// Adds the stages after `tokens`, which fills `normed`.
  Stage add_to(TaskGraph& graph, Stage tokens) const {
    const auto shares = [](const Linear<Scalar>& layer) {
      return Cut{}.in_shares(shares_for_few_rows(layer));
    };
    Stage last =
        graph.add({x_.images}, {image_of(tokens)}, [*this](const Task& task) { gather(task); });
    last = graph.add({1, layer_->heads()}, {all_of(last)}, [*this](const Task& task) {
      layer_->project_values(task.part, scratch_->sums, x_.images, scratch_->sums_size,
                             scratch_->heads, layer_->width());
    });
    last = graph.add(shares(layer_->proj()), {all_of(last)}, [*this](const Task& task) {
      multiply_images(layer_->proj(), task, scratch_->heads, pooled_, {});
    });
    if (!layer_->has_mlp()) return last;
    last = graph.add({}, {all_of(last)}, [*this](const Task&) {
      const Index width = layer_->width();
      layer_->norm().forward(pooled_, x_.images, width, scratch_->normed, width);
    });
    last = graph.add(shares(layer_->mlp().fc1()), {all_of(last)}, [*this](const Task& task) {
      multiply_images(layer_->mlp().fc1(), task, scratch_->normed, scratch_->hidden,
                      {layer_->mlp().activation(), nullptr, false});
    });
    return graph.add(shares(layer_->mlp().fc2()), {all_of(last)}, [*this](const Task& task) {
      multiply_images(layer_->mlp().fc2(), task, scratch_->hidden, pooled_,
                      {Activation::none, nullptr, true});
    });
  }

 private:
  void gather(const Task& task) const {
    layer_->gather(x_.normed_row(task.image * x_.image_rows + first_), x_.tokens - first_,
                   x_.buffers->normed_stride, scratch_->sums + task.image * scratch_->sums_size,
                   x_.buffers->scratch_of(task.worker));
  }

  void multiply_images(const Linear<Scalar>& layer, const Task& task, const Scalar* x, Scalar* y,
                       const Finish<Scalar>& finish) const {
    multiply(layer, shares_for_few_rows(layer), task.share, x, x_.images, layer.in_features(), y,
             layer.out_features(), finish);
  }

  const AttentionPool<Scalar>* layer_;
  Sequence<Scalar> x_;
  Index first_;
  const AttentionPoolScratch<Scalar>* scratch_;
  Scalar* pooled_;
};

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
