/// The layers of a vision transformer, as a loader hands them over.
#ifndef EIGENVIT_MODEL_VIT_LAYERS_HPP
#define EIGENVIT_MODEL_VIT_LAYERS_HPP

#include <cstddef>
#include <memory>
#include <optional>
#include <vector>

#include <eigenvit/core/aligned_buffer.hpp>
#include <eigenvit/layers/attention_pool.hpp>
#include <eigenvit/layers/encoder_block.hpp>
#include <eigenvit/layers/layer_norm.hpp>
#include <eigenvit/layers/patch_embedding.hpp>
#include <eigenvit/layers/position_embedding.hpp>
#include <eigenvit/layers/rotary_embedding.hpp>
#include <eigenvit/model/heads/dense_head.hpp>
#include <eigenvit/model/heads/heads.hpp>
#include <eigenvit/model/layer_check.hpp>
#include <eigenvit/model/vit_config.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {

/// Every weight of a `VisionTransformer`, with timm's names; those of the heads (`head`, `pooler`,
/// `projection`, ...) are in the files of `model/heads/`.
template <class Scalar>
struct VitLayers : detail::Heads::Layers<Scalar> {
  PatchEmbedding<Scalar> patch_embed;
  AlignedBuffer<Scalar> prefix_tokens;  ///< CLS, distillation token, registers `[P, D]`
  AlignedBuffer<Scalar> det_tokens;     ///< after the patches `[Q, D]`
  AlignedBuffer<Scalar> query_tokens;   ///< after the patches too, which join late `[Q, D]`
  std::optional<LayerNorm<Scalar>> patch_norm;
  std::optional<PositionEmbedding<Scalar>> pos_embed;
  std::optional<RotaryEmbedding<Scalar>> rope;
  std::optional<LayerNorm<Scalar>> norm_pre;
  /// One after the other; where halves of blocks are side by side, `num_parallel` for each.
  std::vector<EncoderBlock<Scalar>> blocks;
  /// Added between the blocks, where the model has such.
  std::vector<PositionEmbedding<Scalar>> mid_pos_embed;
  std::optional<LayerNorm<Scalar>> norm;
  std::optional<AttentionPool<Scalar>> attn_pool;
  std::optional<LayerNorm<Scalar>> fc_norm;
  /// Null where the model has none, or it was not read.
  std::shared_ptr<const detail::DenseHead<Scalar>> dense_head;

  Index parameters() const noexcept {
    Index count =
        patch_embed.parameters() +
        static_cast<Index>(prefix_tokens.size() + det_tokens.size() + query_tokens.size());
    for (const auto& table : mid_pos_embed) count += table.parameters();
    for (const auto& block : blocks) count += block.parameters();
    const auto add = [&](const auto& part) {
      if (part) count += part->parameters();
    };
    add(patch_norm);
    add(pos_embed);
    add(rope);
    add(norm_pre);
    add(norm);
    add(attn_pool);
    add(fc_norm);
    if (dense_head) count += dense_head->parameters();
    return count + detail::Heads::parameters(*this);
  }

  /// Bytes of the packed matrices of the patch embedding and of the blocks, whose format a
  /// precision chooses.
  std::size_t packed_bytes() const noexcept {
    std::size_t bytes = patch_embed.proj().weight().bytes();
    for (const auto& block : blocks) {
      bytes += block.attn().qkv().weight().bytes() + block.attn().proj().weight().bytes() +
               block.mlp().fc1().weight().bytes() + block.mlp().fc2().weight().bytes();
    }
    return bytes;
  }
};

namespace detail {

template <class Scalar>
void check_position_table(const VitConfig& config, const PositionEmbedding<Scalar>& table) {
  require_size("position embedding width", config.embed_dim, table.width());
  require_size("position grid rows", config.grid_height(), table.grid_height());
  require_size("position grid columns", config.grid_width(), table.grid_width());
  require_size("position rows for detection tokens", config.det_tokens, table.suffix_rows());
  if (table.prefix_rows() > config.prefix_tokens()) {
    require_size("position rows for prefix tokens", config.prefix_tokens(), table.prefix_rows());
  }
}

template <class Scalar>
void check_vit_block(const VitConfig& config, const EncoderBlock<Scalar>& block) {
  check_block(LayerCheck{"vision transformer"}, config, block);
  const auto& extras = block.attn().extras();
  require_part("relative position bias", config.rel_pos_bias, extras.rel_pos_bias.has_value());
  if (!extras.rel_pos_bias) return;
  require_size("relative position grid rows", config.grid_height(),
               extras.rel_pos_bias->grid_height());
  require_size("relative position grid columns", config.grid_width(),
               extras.rel_pos_bias->grid_width());
  require_size("interpolation of relative positions",
               static_cast<Index>(config.rel_pos_interpolation),
               static_cast<Index>(extras.rel_pos_bias->interpolation()));
}

template <class Scalar>
void check_rope(const VitConfig& config, const RotaryEmbedding<Scalar>& rope) {
  require_size("rotary head width", config.head_dim(), rope.head_dim());
  require_size("kind of rotary embedding", static_cast<Index>(config.rope.kind),
               static_cast<Index>(rope.config().kind));
  require_part("rotation of CLS", config.rope.class_token, rope.config().class_token);
  if (config.rope.kind != RopeKind::mixed) return;
  require_size("rotary blocks", config.depth, rope.depth());
  require_size("rotary heads", config.num_heads, rope.heads());
}

/// Throws `ShapeError` unless the layers have the sizes that `config` states.
template <class Scalar>
void check_layers(const VitConfig& config, const VitLayers<Scalar>& layers) {
  const Index width = config.embed_dim;
  require_size("patch embedding channels", config.in_chans, layers.patch_embed.channels());
  require_size("patch height", config.patch_height, layers.patch_embed.patch_height());
  require_size("patch width", config.patch_width, layers.patch_embed.patch_width());
  require_size("padding of the patches", config.patch_padding, layers.patch_embed.padding());
  require_size("patch embedding width", width, layers.patch_embed.width());
  require_size("prefix token values", config.prefix_tokens() * width,
               static_cast<Index>(layers.prefix_tokens.size()));
  require_size("detection token values", config.det_tokens * width,
               static_cast<Index>(layers.det_tokens.size()));
  require_size("query values", config.query_tokens * width,
               static_cast<Index>(layers.query_tokens.size()));
  require_size("position tables between blocks", config.mid_pos_embed ? config.depth - 1 : 0,
               static_cast<Index>(layers.mid_pos_embed.size()));
  for (const auto& table : layers.mid_pos_embed) {
    detail::check_position_table(config, table);
    require_size("prefix rows of positions between blocks", config.prefix_tokens(),
                 table.prefix_rows());
  }
  require_part("position embedding", config.pos_embed, layers.pos_embed.has_value());
  if (layers.pos_embed) detail::check_position_table(config, *layers.pos_embed);
  require_part("rotary embedding", config.rope.kind != RopeKind::none, layers.rope.has_value());
  if (layers.rope) check_rope(config, *layers.rope);
  require_size("number of blocks", config.depth * config.num_parallel,
               static_cast<Index>(layers.blocks.size()));
  for (const auto& block : layers.blocks) detail::check_vit_block(config, block);
  require_part("attention pooling", config.global_pool == Pool::map, layers.attn_pool.has_value());
  if (layers.attn_pool) {
    require_size("attention pooling of a width", width, layers.attn_pool->in_features());
    require_size("attention pooling width", config.head_inputs(), layers.attn_pool->width());
    require_size("attention pooling heads", config.attn_pool_heads, layers.attn_pool->heads());
    require_size("attention pooling mlp width", config.attn_pool_hidden,
                 layers.attn_pool->mlp().hidden_features());
  }
  require_part("norm of the patches", config.patch_norm, layers.patch_norm.has_value());
  require_part("norm before the blocks", config.pre_norm, layers.norm_pre.has_value());
  require_part("final norm", config.final_norm, layers.norm.has_value());
  require_part("norm of the pooled vector", config.fc_norm, layers.fc_norm.has_value());
  for (const auto* norm : {&layers.patch_norm, &layers.norm_pre, &layers.norm}) {
    if (*norm) require_size("norm width", width, (*norm)->features());
  }
  if (layers.fc_norm) require_size("norm width", config.head_inputs(), layers.fc_norm->features());
  Heads::check_layers(config, layers);
  if (layers.dense_head) layers.dense_head->check(config);
}

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
