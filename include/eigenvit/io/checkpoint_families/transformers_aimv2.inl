/// transformers' AIMv2: `Aimv2VisionModel`, and the image side of `Aimv2Model`.
#ifndef EIGENVIT_IO_CHECKPOINT_FAMILIES_TRANSFORMERS_AIMV2_INL
#define EIGENVIT_IO_CHECKPOINT_FAMILIES_TRANSFORMERS_AIMV2_INL

#include <eigenvit/io/checkpoint_families/transformers_aimv2_encoder.inl>
#include <eigenvit/io/checkpoint_families/transformers_tower.inl>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// No CLS; RMSNorm, also of the patches before their positions are added, and gated MLPs. The
/// pooled vector is that of a learned query's attention over the normed patches. The text side is
/// left alone. Source: transformers, models/aimv2; Fini et al., arXiv:2411.14402.
inline Checkpoint read_transformers_aimv2(const CheckpointFiles& files) {
  const JsonObject json(files.config, files.config_source);
  const bool pair = has_model_type(files.config, "aimv2");
  const JsonObject vision = transformers_vision_config(json);
  TransformersDefaults defaults;
  defaults.patch_size = 14;
  defaults.hidden_size = 1024;
  defaults.depth = 24;
  defaults.num_heads = 8;
  defaults.mlp_hidden = 2816;
  defaults.hidden_act = "silu";
  Checkpoint checkpoint;
  checkpoint.family = pair ? "transformers aimv2" : "transformers aimv2_vision_model";
  checkpoint.architecture =
      transformers_architecture(json, pair ? "Aimv2Model" : "Aimv2VisionModel");

  CheckpointNames& names = checkpoint.names;
  names = transformers_tower_names(files.tensors);
  names.prefix =
      transformers_prefix(files.tensors, "vision_model.", "embeddings.patch_embed.weight");
  names.pos_embed_prefix_rows = 0;
  names.patch_embed = "embeddings.patch_embed";
  names.patch_norm = "embeddings.rms_norm";
  names.pool_latent = "head.cls_token";
  names.pool_q = "";
  names.pool_kv = "head.k_proj";
  names.pool_v = "head.v_proj";
  names.pool_proj = "head.output_proj";

  VitConfig& config = checkpoint.config;
  config = transformers_vit_like_config(vision, defaults);
  config.num_classes = 0;
  read_aimv2_encoder(vision, names, config);
  config.patch_norm = true;
  config.class_token = false;
  config.no_embed_class = true;
  // Only a native network takes other sizes: the class does not fit a table to them.
  config.sine_positions = vision.boolean_or("is_native", false);
  config.pos_embed = !config.sine_positions;
  config.dynamic_image_size = config.sine_positions;
  if (vision.boolean_or("use_head", true)) {
    config.global_pool = Pool::map;
    config.attn_pool_heads = config.num_heads;
    config.attn_pool_hidden = 0;
    config.pooled_is_pooler_output = true;
  } else {
    config.global_pool = Pool::avg;
  }
  if (pair) {
    config.image_embeds = config.normalize_embeds = true;
    config.projection_dim = static_cast<Index>(json.integer_or("projection_dim", 512, 1, 1 << 16));
  }
  checkpoint.contrastive = aimv2_logits(json, files.tensors);
  transformers_preprocessing(files, "CLIPImageProcessor", checkpoint);
  return checkpoint;
}

inline CheckpointFamily transformers_aimv2_family() {
  return {"transformers aimv2", "transformers model_type aimv2 and aimv2_vision_model",
          [](const nlohmann::json& config) {
            return has_model_type(config, "aimv2") || has_model_type(config, "aimv2_vision_model");
          },
          read_transformers_aimv2};
}

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
