/// What all stages of a forward pass refer to.
#ifndef EIGENVIT_MODEL_PASS_FORWARD_CONTEXT_HPP
#define EIGENVIT_MODEL_PASS_FORWARD_CONTEXT_HPP

#include <algorithm>
#include <vector>

#include <eigenvit/core/aligned_buffer.hpp>
#include <eigenvit/model/pass/encoder_block_stages.hpp>
#include <eigenvit/model/pass/forward_plan.hpp>
#include <eigenvit/model/pass/forward_scratch.hpp>
#include <eigenvit/model/pass/position_tables.hpp>
#include <eigenvit/model/pass/sequence.hpp>
#include <eigenvit/model/pixel_batch.hpp>
#include <eigenvit/model/taps.hpp>
#include <eigenvit/model/vit_config.hpp>
#include <eigenvit/model/vit_layers.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// Whether something is asked for that is computed from the pooled vector.
inline bool needs_pooled(const Taps& taps) noexcept {
  return taps.pooled || Heads::are_wanted(taps);
}

/// Model, request, plan and memory of a pass over some images of a batch. Refers to objects that
/// outlive it; the output's buffers have their sizes.
template <class Scalar>
struct ForwardContext {
  const VitConfig& config;
  const VitLayers<Scalar>& layers;
  const ForwardPlan& plan;
  const ForwardScratch<Scalar>& scratch;
  const PositionTables<Scalar>& positions;
  const PixelBatch<Scalar>& pixels;  ///< of the whole batch
  const Taps& taps;
  VitOutput<Scalar>& output;  ///< of the whole batch
  Index first_image;          ///< of the pass, in the batch

  Index width() const noexcept { return config.embed_dim; }

  /// All tokens of the pass.
  Sequence<Scalar> sequence() const noexcept {
    return {&scratch.blocks,
            scratch.stream,
            width(),
            plan.images,
            plan.tokens,
            plan.tokens,
            plan.row_parts.of(plan.tokens),
            plan.row_parts};
  }

  /// The dense head where it is asked for, else null.
  const DenseHead<Scalar>* dense_head() const noexcept {
    return taps.dense ? layers.dense_head.get() : nullptr;
  }
  DensePass<Scalar> dense_pass() const noexcept {
    return {config,
            plan,
            layers.norm,
            scratch.dense,
            scratch.dense_late,
            {scratch.blocks.attention_scratch, scratch.blocks.worker_size},
            layers.dense_head->shape(config, plan),
            place(output.dense.maps),
            place(output.dense.class_logits)};
  }

  /// Whether something is asked for that is computed from the pooled vector.
  bool needs_pooled() const noexcept { return detail::needs_pooled(taps); }

  /// Tokens that are pooled, from the first on.
  Index pooled_tokens() const noexcept {
    if (!config.pools_prefix() || config.det_tokens > 0) return plan.tokens;
    return config.pooled_prefix_tokens();
  }

  /// Tokens that are needed of the last block, from the first on: pooled ones where nothing else
  /// is.
  Index tokens_needed() const noexcept {
    const bool only_pooled = needs_pooled() && !taps.tokens &&
                             !is_tapped(taps.hidden, config.depth - 1) &&
                             !(dense_head() && dense_head()->reads(config.depth - 1));
    return only_pooled ? pooled_tokens() : plan.tokens;
  }

  static bool is_tapped(const std::vector<Index>& blocks, Index block) noexcept {
    return std::find(blocks.begin(), blocks.end(), block) != blocks.end();
  }

  /// Where the values of the pass begin in a buffer of the output.
  template <class Value>
  Value* place(AlignedBuffer<Value>& buffer) const noexcept {
    return buffer.data() + static_cast<Index>(buffer.size()) / output.images * first_image;
  }

  /// Where the tap of a block goes; null when it is not tapped.
  Scalar* tapped(const std::vector<Index>& blocks, std::vector<AlignedBuffer<Scalar>>& into,
                 Index block) const noexcept {
    const auto found = std::find(blocks.begin(), blocks.end(), block);
    if (found == blocks.end()) return nullptr;
    return place(into[static_cast<std::size_t>(found - blocks.begin())]);
  }

  /// Where the queries, keys and values of a block go.
  ProjectionTaps<Scalar> projection_taps(Index block) const noexcept {
    const auto asked = projections_of(taps);
    const auto given = projections_of(output);
    const auto place = [&](std::size_t kind) { return tapped(*asked[kind], *given[kind], block); };
    return {{place(0), place(1), place(2)}, {place(3), place(4)}};
  }

  /// Tokens of an image after the final norm: the output's, or scratch for the pooling to read.
  /// When rows of an image have left the last block, its queries, keys and values are not needed
  /// any more.
  Scalar* normed_tokens(Index image) const noexcept {
    return taps.tokens ? place(output.tokens) + image * plan.tokens * width()
                       : scratch.blocks.qkv + image * scratch.blocks.image_qkv;
  }
  /// From the tokens of one image to those of the next.
  Index normed_image_stride() const noexcept {
    return taps.tokens ? plan.tokens * width() : scratch.blocks.image_qkv;
  }

  /// What the heads read, of one image.
  Scalar* pooled(Index image) const noexcept {
    return scratch.pooled + image * config.head_inputs();
  }
};

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
