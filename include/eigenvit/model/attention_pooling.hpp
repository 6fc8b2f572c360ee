/// Attention pooling as tasks of a forward pass.
#ifndef EIGENVIT_MODEL_ATTENTION_POOLING_HPP
#define EIGENVIT_MODEL_ATTENTION_POOLING_HPP

#include <eigenvit/model/forward_context.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {

/// `AttentionPool` of all images of a batch: the weighted sums image by image, the maps share by
/// share for all images together, so that each weight is read once. The tokens stand in `normed`,
/// the pooled vectors arrive in `pooled`.
///
///     gather | answer | proj | norm | fc1 | fc2 | settle
template <class Scalar>
class AttentionPooling {
 public:
  explicit AttentionPooling(const ForwardContext<Scalar>& context)
      : context_(context),
        layer_(*context.layers.attn_pool),
        images_(context.plan.images),
        proj_shares_(PanelShare::shares_for_few_rows(layer_.proj())),
        fc1_shares_(PanelShare::shares_for_few_rows(layer_.mlp().fc1())),
        fc2_shares_(PanelShare::shares_for_few_rows(layer_.mlp().fc2())) {}

  Index tasks() const noexcept {
    return 2 * images_ + layer_.heads() + proj_shares_ + 1 + fc1_shares_ + fc2_shares_;
  }

  void run(Index task, Index strand) const {
    const auto is_in = [&](Index count) {
      if (task < count) return true;
      task -= count;
      return false;
    };
    if (is_in(images_)) return gather(task, strand);
    if (is_in(layer_.heads())) return answer(task);
    if (is_in(proj_shares_)) return proj(task);
    if (is_in(1)) return norm();
    if (is_in(fc1_shares_)) return fc1(task);
    if (is_in(fc2_shares_)) return fc2(task);
    // The pooled vector of the image is done with.
    wait(narrowed, fc2_shares_);
  }

  /// Whether after this task the pooled vector of an image is there, and of which.
  bool is_last(Index task) const noexcept { return task >= tasks() - images_; }
  Index image_of(Index task) const noexcept { return task - (tasks() - images_); }

 private:
  enum Stage { gathered, answered, projected, widened, narrowed };

  const AttentionPoolScratch<Scalar>& memory() const noexcept { return context_.scratch.attn_pool; }
  Index width() const noexcept { return context_.width(); }
  void advance(Stage stage) const noexcept { memory().stages[stage].advance(); }
  void wait(Stage stage, Index count) const noexcept { memory().stages[stage].wait_for(count); }

  void gather(Index image, Index strand) const {
    const ForwardScratch<Scalar>& scratch = context_.scratch;
    scratch.finished[image].wait_for(context_.plan.groups);
    const Index first = context_.config.unpooled_tokens();
    layer_.gather(context_.normed_row(image * context_.plan.tokens + first),
                  context_.plan.tokens - first, scratch.normed_stride,
                  memory().sums + image * memory().sums_size,
                  scratch.strands + strand * static_cast<Index>(scratch.strand_size));
    advance(gathered);
  }

  void answer(Index head) const {
    wait(gathered, images_);
    layer_.answer(head, memory().sums, images_, memory().sums_size, memory().answers, width());
    advance(answered);
  }

  void for_images(const Linear<Scalar>& map, Index share_count, Index index, const Scalar* x,
                  Scalar* y, Activation activation, bool accumulate) const {
    const PanelShare part = PanelShare::of(map, share_count, index);
    multiply(map, part, x, images_, map.in_features(), y + part.column, map.out_features(),
             activation, static_cast<const Scalar*>(nullptr), accumulate);
  }

  void proj(Index index) const {
    wait(answered, layer_.heads());
    for_images(layer_.proj(), proj_shares_, index, memory().answers, context_.scratch.pooled,
               Activation::none, false);
    advance(projected);
  }

  void norm() const {
    wait(projected, proj_shares_);
    layer_.norm().forward(context_.scratch.pooled, images_, width(), memory().normed, width());
    advance(projected);
  }

  void fc1(Index index) const {
    wait(projected, proj_shares_ + 1);
    for_images(layer_.mlp().fc1(), fc1_shares_, index, memory().normed, memory().hidden,
               layer_.mlp().activation(), false);
    advance(widened);
  }

  void fc2(Index index) const {
    wait(widened, fc1_shares_);
    for_images(layer_.mlp().fc2(), fc2_shares_, index, memory().hidden, context_.scratch.pooled,
               Activation::none, true);
    advance(narrowed);
  }

  const ForwardContext<Scalar>& context_;
  const AttentionPool<Scalar>& layer_;
  Index images_;
  Index proj_shares_;
  Index fc1_shares_;
  Index fc2_shares_;
};

}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
