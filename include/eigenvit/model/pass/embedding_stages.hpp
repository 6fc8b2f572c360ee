/// The stages from pixel values to the residual stream.
#ifndef EIGENVIT_MODEL_PASS_EMBEDDING_STAGES_HPP
#define EIGENVIT_MODEL_PASS_EMBEDDING_STAGES_HPP

#include <algorithm>

#include <eigenvit/core/task_graph.hpp>
#include <eigenvit/model/pass/forward_context.hpp>
#include <eigenvit/model/pass/linear_share.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// `x = [prefix tokens; patch_embed(pixels); detection tokens] + pos_embed`, then `norm_pre`:
///
///     flatten | embed | [patch norm, norm_pre]
///
/// `flatten` puts prefix and detection tokens into the stream, queries too, which are left alone
/// there until they join, and patches as rows of pixel values into `wide`; `embed` is the product
/// of those with the weights of the patch embedding.
template <class Scalar>
class EmbeddingStages {
 public:
  /// `context` outlives the run.
  explicit EmbeddingStages(const ForwardContext<Scalar>& context)
      : context_(context),
        x_(context.sequence()),
        positions_(context.positions.embedding(context.layers, context.plan)) {}

  /// Adds the stages; returns the one that holds the residual stream before the first block.
  Stage add_to(TaskGraph& graph) const {
    const Index shares = context_.plan.embed_shares;
    Stage x = graph.add(x_.cut(), {}, [*this](const Task& task) { flatten(x_.rows(task)); });
    x = graph.add(x_.cut(shares), {part_of(x)}, [*this](const Task& task) { embed(task); });
    if (context_.layers.patch_norm || context_.layers.norm_pre) {
      x = graph.add(x_.cut(), {part_of(x)}, [*this](const Task& task) { norm(x_.rows(task)); });
    }
    return x;
  }

 private:
  /// Patches among some rows, counted from 0.
  struct Patches {
    Index first;
    Index count;
    Index row;  ///< of the first one in the batch
  };

  Patches patches(const Rows& r) const noexcept {
    const ForwardPlan& plan = context_.plan;
    const Index first = std::max(r.first, plan.prefix);
    const Index last = std::min(r.first + r.count, plan.prefix + plan.patches);
    return {first - plan.prefix, std::max<Index>(0, last - first), r.row + first - r.first};
  }

  /// Whether patches are added to their positions as they are embedded: not if they are normed
  /// before.
  bool adds_positions_first() const noexcept {
    return positions_ != nullptr && !context_.layers.patch_norm;
  }

  void flatten(const Rows& r) const {
    place_prefix_tokens(r);
    place_suffix_tokens(r);
    const Patches p = patches(r);
    if (p.count == 0) return;
    if (adds_positions_first()) {
      std::copy_n(positions_ + p.first * x_.width, p.count * x_.width, x_.stream_row(p.row));
    }
    const PixelBatch<Scalar>& pixels = context_.pixels;
    const PatchEmbedding<Scalar>& patch_embed = context_.layers.patch_embed;
    const Index image =
        (context_.first_image + r.image) * context_.config.in_chans * pixels.height * pixels.width;
    Scalar* const flat = x_.wide_row(p.row);
    const Index stride = x_.buffers->wide_stride;
    if (pixels.values) {
      patch_embed.flatten(pixels.values + image, pixels.height, pixels.width, p.first, p.count,
                          flat, stride);
    } else {
      patch_embed.flatten(pixels.samples + image, pixels.sample_values, pixels.height, pixels.width,
                          p.first, p.count, flat, stride);
    }
    patch_embed.proj().encode(flat, p.count, stride);
  }

  void place_prefix_tokens(const Rows& r) const {
    const auto& pos_embed = context_.layers.pos_embed;
    for (Index t = r.first; t < std::min(r.first + r.count, context_.plan.prefix); ++t) {
      Scalar* const row = x_.stream_row(r.row + t - r.first);
      std::copy_n(context_.layers.prefix_tokens.data() + t * x_.width, x_.width, row);
      if (pos_embed && t < pos_embed->prefix_rows()) {
        ops::add_row(pos_embed->prefix(t), x_.width, row);
      }
    }
  }

  /// Detection tokens or queries; the latter have no positions.
  void place_suffix_tokens(const Rows& r) const {
    const auto& pos_embed = context_.layers.pos_embed;
    const Index dets = context_.config.det_tokens;
    const Scalar* const tokens =
        dets > 0 ? context_.layers.det_tokens.data() : context_.layers.query_tokens.data();
    const Index begin = context_.plan.prefix + context_.plan.patches;
    for (Index t = std::max(r.first, begin); t < r.first + r.count; ++t) {
      Scalar* const row = x_.stream_row(r.row + t - r.first);
      std::copy_n(tokens + (t - begin) * x_.width, x_.width, row);
      if (pos_embed && dets > 0) ops::add_row(pos_embed->suffix(t - begin), x_.width, row);
    }
  }

  void embed(const Task& task) const {
    const Patches p = patches(x_.rows(task));
    if (p.count == 0) return;
    multiply(context_.layers.patch_embed.proj(), context_.plan.embed_shares, task.share,
             x_.wide_row(p.row), p.count, x_.buffers->wide_stride, x_.stream_row(p.row), x_.width,
             Finish<Scalar>{Activation::none, nullptr, adds_positions_first()});
  }

  void norm(const Rows& r) const {
    const Patches p = patches(r);
    if (const auto& patch_norm = context_.layers.patch_norm; patch_norm && p.count > 0) {
      Scalar* const rows = x_.stream_row(p.row);
      patch_norm->forward(rows, p.count, x_.width, rows, x_.width);
      if (positions_) {
        ops::add_row(positions_ + p.first * x_.width, p.count * x_.width, rows);
      }
    }
    if (const auto& norm_pre = context_.layers.norm_pre) {
      norm_pre->forward(x_.stream_row(r.row), r.count, x_.width, x_.stream_row(r.row), x_.width);
    }
  }

  const ForwardContext<Scalar>& context_;
  Sequence<Scalar> x_;
  const Scalar* positions_;  ///< of the patches; null where the model has none
};

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
