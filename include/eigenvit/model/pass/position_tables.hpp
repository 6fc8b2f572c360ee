/// What depends on the patch grid of a pass, but not on the image.
#ifndef EIGENVIT_MODEL_PASS_POSITION_TABLES_HPP
#define EIGENVIT_MODEL_PASS_POSITION_TABLES_HPP

#include <cstddef>

#include <eigenvit/core/float_format.hpp>
#include <eigenvit/layers/sine_positions.hpp>
#include <eigenvit/model/pass/forward_plan.hpp>
#include <eigenvit/model/vit_config.hpp>
#include <eigenvit/model/vit_layers.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// Tables of a patch grid: position embeddings and relative position biases that were fitted to it,
/// and the angles of rotary embedding. They are made once for a grid, in memory that the workspace
/// keeps for the next pass of that size.
template <class Scalar>
class PositionTables {
 public:
  /// Of memory of `bytes(config, plan)` bytes, which may be null where that is 0.
  PositionTables(const VitConfig& config, const ForwardPlan& plan, std::byte* memory)
      : sizes_(config, plan),
        format_(config.table_format),
        values_(reinterpret_cast<Scalar*>(memory)) {}

  static std::size_t bytes(const VitConfig& config, const ForwardPlan& plan) noexcept {
    const Sizes sizes(config, plan);
    return (sizes.embedding + sizes.rope + sizes.biases + sizes.between) * sizeof(Scalar);
  }

  /// Makes the tables.
  void fill(const VitLayers<Scalar>& layers, const ForwardPlan& plan) {
    if (sizes_.embedding > 0 && !layers.pos_embed) {
      fill_sine_positions(plan.grid_height, plan.grid_width, layers.patch_embed.width(), values_);
    } else if (sizes_.embedding > 0) {
      layers.pos_embed->patches(plan.grid_height, plan.grid_width, values_);
      round_to(format_, values_,
               static_cast<std::size_t>(plan.patches * layers.pos_embed->width()));
    }
    // The scratch of each table is the memory of the next one.
    for (std::size_t block = 0; sizes_.between > 0 && block < layers.mid_pos_embed.size();
         ++block) {
      layers.mid_pos_embed[block].patches(plan.grid_height, plan.grid_width,
                                          between() + block * sizes_.table);
    }
    if (sizes_.rope > 0) layers.rope->fill(plan.grid_height, plan.grid_width, rope());
    for (std::size_t block = 0; sizes_.biases > 0 && block < layers.blocks.size(); ++block) {
      layers.blocks[block].attn().extras().rel_pos_bias->table(plan.grid_height, plan.grid_width,
                                                               biases() + block * sizes_.bias);
    }
    if (sizes_.biases > 0) round_to(format_, biases(), sizes_.biases);
  }

  /// Position embeddings of the patches, `[h*w, D]`; null where the model has none.
  const Scalar* embedding(const VitLayers<Scalar>& layers, const ForwardPlan& plan) const {
    if (sizes_.embedding > 0) return values_;
    if (!layers.pos_embed) return nullptr;
    return layers.pos_embed->patches(plan.grid_height, plan.grid_width, nullptr);
  }

  /// Position embeddings of the patches that are added after block `index`, `[h*w, D]`.
  const Scalar* after_block(const VitLayers<Scalar>& layers, const ForwardPlan& plan,
                            Index index) const {
    const auto block = static_cast<std::size_t>(index);
    return sizes_.between > 0
               ? between() + block * sizes_.table
               : layers.mid_pos_embed[block].patches(plan.grid_height, plan.grid_width, nullptr);
  }

  /// What the attention of block `index` of `layers.blocks` takes.
  AttentionPositions<Scalar> of(const VitLayers<Scalar>& layers, const VitConfig& config,
                                const ForwardPlan& plan, Index index) const {
    AttentionPositions<Scalar> result;
    result.prefix = plan.prefix;
    result.grid_height = plan.grid_height;
    result.grid_width = plan.grid_width;
    if (layers.rope) {
      result.rope = layers.rope->table(rope(), index / config.num_parallel, plan.grid_height,
                                       plan.grid_width);
    }
    if (config.rel_pos_bias) {
      const auto block = static_cast<std::size_t>(index);
      result.rel_pos_bias = sizes_.biases > 0
                                ? biases() + block * sizes_.bias
                                : layers.blocks[block].attn().extras().rel_pos_bias->table(
                                      plan.grid_height, plan.grid_width, nullptr);
    }
    return result;
  }

 private:
  /// Values of each kind; 0 where the model's own tables do.
  struct Sizes {
    std::size_t embedding = 0;
    std::size_t rope = 0;
    std::size_t bias = 0;     ///< of one block
    std::size_t biases = 0;   ///< of all blocks
    std::size_t table = 0;    ///< of the position embeddings after one block
    std::size_t between = 0;  ///< of those after all blocks, and scratch

    Sizes(const VitConfig& config, const ForwardPlan& plan) noexcept {
      const bool native =
          plan.grid_height == config.grid_height() && plan.grid_width == config.grid_width();
      if (!native && config.pos_embed) {
        embedding = static_cast<std::size_t>(PositionEmbedding<Scalar>::scratch_size(
            config.grid_height(), config.embed_dim, plan.grid_height, plan.grid_width));
      }
      if (config.sine_positions) {
        embedding = static_cast<std::size_t>(plan.patches * config.embed_dim);
      }
      if (config.rope.kind != RopeKind::none) {
        rope = RotaryEmbedding<Scalar>::table_size(config.rope, config.depth, config.num_heads,
                                                   config.head_dim(), plan.grid_height,
                                                   plan.grid_width);
      }
      if (config.rel_pos_bias && !RelativePositionBias<Scalar>::is_native(
                                     config.rel_pos_interpolation, config.grid_height(),
                                     config.grid_width(), plan.grid_height, plan.grid_width)) {
        bias = static_cast<std::size_t>(config.num_heads * RelativePositionBias<Scalar>::entries(
                                                               plan.grid_height, plan.grid_width));
        biases = bias * static_cast<std::size_t>(config.depth * config.num_parallel);
      }
      if (!native && config.mid_pos_embed) {
        table = static_cast<std::size_t>(plan.patches * config.embed_dim);
        between = table * static_cast<std::size_t>(config.depth - 2) +
                  static_cast<std::size_t>(PositionEmbedding<Scalar>::scratch_size(
                      config.grid_height(), config.embed_dim, plan.grid_height, plan.grid_width));
      }
    }
  };

  Scalar* rope() const noexcept { return values_ + sizes_.embedding; }
  Scalar* biases() const noexcept { return rope() + sizes_.rope; }
  Scalar* between() const noexcept { return biases() + sizes_.biases; }

  Sizes sizes_;
  FloatFormat format_;
  Scalar* values_;
};

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
