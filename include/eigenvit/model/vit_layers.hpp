/// The layers of a vision transformer, as a loader hands them over.
#ifndef EIGENVIT_MODEL_VIT_LAYERS_HPP
#define EIGENVIT_MODEL_VIT_LAYERS_HPP

#include <optional>
#include <string>
#include <vector>

#include <eigenvit/core/aligned_buffer.hpp>
#include <eigenvit/core/message.hpp>
#include <eigenvit/layers/attention_pool.hpp>
#include <eigenvit/layers/encoder_block.hpp>
#include <eigenvit/layers/layer_norm.hpp>
#include <eigenvit/layers/linear.hpp>
#include <eigenvit/layers/patch_embedding.hpp>
#include <eigenvit/layers/position_embedding.hpp>
#include <eigenvit/layers/rotary_embedding.hpp>
#include <eigenvit/model/vit_config.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {

/// Every weight of a `VisionTransformer`, with timm's names.
template <class Scalar>
struct VitLayers {
  PatchEmbedding<Scalar> patch_embed;
  AlignedBuffer<Scalar> prefix_tokens;  ///< CLS, distillation token, registers `[P, D]`
  AlignedBuffer<Scalar> det_tokens;     ///< behind the patches `[Q, D]`
  std::optional<LayerNorm<Scalar>> patch_norm;
  std::optional<PositionEmbedding<Scalar>> pos_embed;
  std::optional<RotaryEmbedding<Scalar>> rope;
  std::optional<LayerNorm<Scalar>> norm_pre;
  /// One after the other; where halves of blocks stand side by side, `num_parallel` for each.
  std::vector<EncoderBlock<Scalar>> blocks;
  std::optional<LayerNorm<Scalar>> norm;
  std::optional<AttentionPool<Scalar>> attn_pool;
  std::optional<LayerNorm<Scalar>> fc_norm;
  std::optional<Linear<Scalar>> head;
  std::optional<Linear<Scalar>> head_dist;
  std::optional<Linear<Scalar>> pooler;
  std::optional<Linear<Scalar>> projection;  ///< of the pooled vector to `image_embeds`
  /// Added between the blocks, where the model has such.
  std::vector<PositionEmbedding<Scalar>> mid_pos_embed;
  /// Maps with ReLU between them, from a detection token to its classes and to its box.
  std::vector<Linear<Scalar>> class_head;
  std::vector<Linear<Scalar>> box_head;

  Index parameters() const noexcept {
    Index count =
        patch_embed.parameters() + static_cast<Index>(prefix_tokens.size() + det_tokens.size());
    for (const auto& table : mid_pos_embed) count += table.parameters();
    for (const auto* const maps : {&class_head, &box_head}) {
      for (const auto& map : *maps) count += map.parameters();
    }
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
    add(head);
    add(head_dist);
    add(pooler);
    add(projection);
    return count;
  }
};

/// Throws `ShapeError` unless the layers have the sizes that `config` states.
template <class Scalar>
void check_layers(const VitConfig& config, const VitLayers<Scalar>& layers) {
  const auto require = [](const char* part, Index expected, Index found) {
    if (expected != found) {
      detail::raise<ShapeError>(
          {"vision transformer: expected ", part, " of ", expected, ", found ", found});
    }
  };
  const auto optional = [&](const char* part, bool expected, bool found) {
    if (expected != found) {
      detail::raise<ShapeError>({"vision transformer: expected ", expected ? "a " : "no ", part,
                                 ", found ", found ? "one" : "none"});
    }
  };
  const Index width = config.embed_dim;
  require("patch embedding channels", config.in_chans, layers.patch_embed.channels());
  require("patch height", config.patch_height, layers.patch_embed.patch_height());
  require("patch width", config.patch_width, layers.patch_embed.patch_width());
  require("patch embedding width", width, layers.patch_embed.width());
  require("prefix token values", config.prefix_tokens() * width,
          static_cast<Index>(layers.prefix_tokens.size()));
  require("detection token values", config.det_tokens * width,
          static_cast<Index>(layers.det_tokens.size()));
  require("position tables between blocks", config.mid_pos_embed ? config.depth - 1 : 0,
          static_cast<Index>(layers.mid_pos_embed.size()));
  for (const auto& table : layers.mid_pos_embed) {
    require("width of positions between blocks", width, table.width());
    require("prefix rows of positions between blocks", config.prefix_tokens(), table.prefix_rows());
    require("grid rows of positions between blocks", config.grid_height(), table.grid_height());
    require("grid columns of positions between blocks", config.grid_width(), table.grid_width());
    require("last rows of positions between blocks", config.det_tokens, table.suffix_rows());
  }
  for (const auto* const head : {&layers.class_head, &layers.box_head}) {
    require("maps of a detection head", config.detects() ? 3 : 0, static_cast<Index>(head->size()));
    for (std::size_t i = 0; i < head->size(); ++i) {
      const Index outputs = head == &layers.box_head ? 4 : config.num_classes;
      require("detection head inputs", width, (*head)[i].in_features());
      require("detection head outputs", i + 1 < head->size() ? width : outputs,
              (*head)[i].out_features());
    }
  }
  optional("position embedding", config.pos_embed, layers.pos_embed.has_value());
  optional("rotary embedding", config.rope.kind != RopeKind::none, layers.rope.has_value());
  if (layers.rope) require("rotary head width", config.head_dim(), layers.rope->head_dim());
  if (layers.pos_embed) {
    require("position embedding width", width, layers.pos_embed->width());
    require("position grid rows", config.grid_height(), layers.pos_embed->grid_height());
    require("position grid columns", config.grid_width(), layers.pos_embed->grid_width());
    if (layers.pos_embed->prefix_rows() > config.prefix_tokens()) {
      require("position rows for prefix tokens", config.prefix_tokens(),
              layers.pos_embed->prefix_rows());
    }
    require("position rows for detection tokens", config.det_tokens,
            layers.pos_embed->suffix_rows());
  }
  require("number of blocks", config.depth * config.num_parallel,
          static_cast<Index>(layers.blocks.size()));
  for (const auto& block : layers.blocks) {
    require("block width", width, block.width());
    require("attention width", width, block.attn().inner_features());
    require("number of heads", config.attention_heads(), block.attn().heads());
    require("mlp width", config.mlp_hidden, block.mlp().hidden_features());
    require("mlp outputs of fc1", config.fc1_outputs(), block.mlp().fc1().out_features());
    require("form of the block", static_cast<Index>(config.block),
            static_cast<Index>(block.form()));
    const auto& extras = block.attn().extras();
    optional("norm of queries", config.qk_norm, extras.q_norm.has_value());
    optional("norm of keys", config.qk_norm, extras.k_norm.has_value());
    optional("norm of the heads", config.attn_norm, extras.norm.has_value());
    optional("differential attention", config.diff_attention, extras.differential.has_value());
    optional("norm in the mlp", config.mlp_norm, block.mlp().norm().has_value());
    optional("relative position bias", config.rel_pos_bias, extras.rel_pos_bias.has_value());
    if (extras.rel_pos_bias) {
      require("relative position grid rows", config.grid_height(),
              extras.rel_pos_bias->grid_height());
      require("relative position grid columns", config.grid_width(),
              extras.rel_pos_bias->grid_width());
    }
  }
  optional("norm of the patches", config.patch_norm, layers.patch_norm.has_value());
  optional("attention pooling", config.global_pool == Pool::map, layers.attn_pool.has_value());
  if (layers.attn_pool) {
    require("attention pooling width", width, layers.attn_pool->width());
    require("attention pooling heads", config.attn_pool_heads, layers.attn_pool->heads());
    require("attention pooling mlp width", config.attn_pool_hidden,
            layers.attn_pool->mlp().hidden_features());
  }
  optional("norm before the blocks", config.pre_norm, layers.norm_pre.has_value());
  optional("final norm", config.final_norm, layers.norm.has_value());
  optional("norm of the pooled vector", config.fc_norm, layers.fc_norm.has_value());
  optional("head", config.num_classes > 0 && !config.detects(), layers.head.has_value());
  optional("distillation head", config.dist_head, layers.head_dist.has_value());
  optional("pooler", config.pooler_hidden > 0, layers.pooler.has_value());
  optional("projection", config.projection_dim > 0, layers.projection.has_value());
  for (const auto* norm : {&layers.patch_norm, &layers.norm_pre, &layers.norm, &layers.fc_norm}) {
    if (*norm) require("norm width", width, (*norm)->features());
  }
  for (const auto* head : {&layers.head, &layers.head_dist, &layers.pooler, &layers.projection}) {
    if (!*head) continue;
    require("head inputs", config.head_inputs(), (*head)->in_features());
    require("head outputs",
            head == &layers.pooler       ? config.pooler_hidden
            : head == &layers.projection ? config.projection_dim
                                         : config.num_classes,
            (*head)->out_features());
  }
}

}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
