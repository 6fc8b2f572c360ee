/// The layers of a vision transformer, as a loader hands them over.
#ifndef EIGENVIT_MODEL_VIT_LAYERS_HPP
#define EIGENVIT_MODEL_VIT_LAYERS_HPP

#include <optional>
#include <string>
#include <vector>

#include <eigenvit/core/aligned_buffer.hpp>
#include <eigenvit/layers/encoder_block.hpp>
#include <eigenvit/layers/layer_norm.hpp>
#include <eigenvit/layers/linear.hpp>
#include <eigenvit/layers/patch_embedding.hpp>
#include <eigenvit/layers/position_embedding.hpp>
#include <eigenvit/model/vit_config.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {

/// Every weight of a `VisionTransformer`, with timm's names.
template <class Scalar>
struct VitLayers {
  PatchEmbedding<Scalar> patch_embed;
  AlignedBuffer<Scalar> prefix_tokens;  ///< CLS, distillation token, registers `[P, D]`
  std::optional<PositionEmbedding<Scalar>> pos_embed;
  std::optional<LayerNorm<Scalar>> norm_pre;
  std::vector<EncoderBlock<Scalar>> blocks;
  std::optional<LayerNorm<Scalar>> norm;
  std::optional<LayerNorm<Scalar>> fc_norm;
  std::optional<Linear<Scalar>> head;
  std::optional<Linear<Scalar>> head_dist;
  std::optional<Linear<Scalar>> pooler;

  Index parameters() const noexcept {
    Index count = patch_embed.parameters() + static_cast<Index>(prefix_tokens.size());
    for (const auto& block : blocks) count += block.parameters();
    const auto add = [&](const auto& part) {
      if (part) count += part->parameters();
    };
    add(pos_embed);
    add(norm_pre);
    add(norm);
    add(fc_norm);
    add(head);
    add(head_dist);
    add(pooler);
    return count;
  }
};

/// Throws `ShapeError` unless the layers have the sizes that `config` states.
template <class Scalar>
void check_layers(const VitConfig& config, const VitLayers<Scalar>& layers) {
  const auto require = [](const char* part, Index expected, Index found) {
    if (expected != found) {
      throw ShapeError(std::string("vision transformer: expected ") + part + " of " +
                       std::to_string(expected) + ", found " + std::to_string(found));
    }
  };
  const auto optional = [&](const char* part, bool expected, bool found) {
    if (expected != found) {
      throw ShapeError(std::string("vision transformer: expected ") + (expected ? "a " : "no ") +
                       part + ", found " + (found ? "one" : "none"));
    }
  };
  const Index width = config.embed_dim;
  require("patch embedding channels", config.in_chans, layers.patch_embed.channels());
  require("patch height", config.patch_height, layers.patch_embed.patch_height());
  require("patch width", config.patch_width, layers.patch_embed.patch_width());
  require("patch embedding width", width, layers.patch_embed.width());
  require("prefix token values", config.prefix_tokens() * width,
          static_cast<Index>(layers.prefix_tokens.size()));
  if (layers.pos_embed) {
    require("position embedding width", width, layers.pos_embed->width());
    require("position grid rows", config.grid_height(), layers.pos_embed->grid_height());
    require("position grid columns", config.grid_width(), layers.pos_embed->grid_width());
    if (layers.pos_embed->prefix_rows() > config.prefix_tokens()) {
      require("position rows for prefix tokens", config.prefix_tokens(),
              layers.pos_embed->prefix_rows());
    }
  }
  require("number of blocks", config.depth, static_cast<Index>(layers.blocks.size()));
  for (const auto& block : layers.blocks) {
    require("block width", width, block.width());
    require("attention width", width, block.attn().inner_features());
    require("number of heads", config.num_heads, block.attn().heads());
    require("mlp width", config.mlp_hidden, block.mlp().hidden_features());
  }
  optional("norm before the blocks", config.pre_norm, layers.norm_pre.has_value());
  optional("final norm", config.final_norm, layers.norm.has_value());
  optional("norm of the pooled vector", config.fc_norm, layers.fc_norm.has_value());
  optional("head", config.num_classes > 0, layers.head.has_value());
  optional("distillation head", config.dist_head, layers.head_dist.has_value());
  optional("pooler", config.pooler_hidden > 0, layers.pooler.has_value());
  for (const auto* norm : {&layers.norm_pre, &layers.norm, &layers.fc_norm}) {
    if (*norm) require("norm width", width, (*norm)->features());
  }
  for (const auto* head : {&layers.head, &layers.head_dist, &layers.pooler}) {
    if (!*head) continue;
    require("head inputs", width, (*head)->in_features());
    require("head outputs", head == &layers.pooler ? config.pooler_hidden : config.num_classes,
            (*head)->out_features());
  }
}

}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
