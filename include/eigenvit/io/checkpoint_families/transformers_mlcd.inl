/// transformers' MLCD: `MLCDVisionModel`.
#ifndef EIGENVIT_IO_CHECKPOINT_FAMILIES_TRANSFORMERS_MLCD_INL
#define EIGENVIT_IO_CHECKPOINT_FAMILIES_TRANSFORMERS_MLCD_INL

#include <eigenvit/io/checkpoint_families/transformers_tower.inl>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// CLIP's image model with rotary positions in place of a table. CLS is rotated too, by learned
/// angles. Source: transformers, models/mlcd; An et al., arXiv:2407.17331.
inline Checkpoint read_transformers_mlcd(const CheckpointFiles& files) {
  const JsonObject json(files.config, files.config_source);
  TransformersDefaults defaults;
  defaults.image_size = 336;
  defaults.patch_size = 14;
  defaults.hidden_size = 1664;
  defaults.depth = 48;
  defaults.num_heads = 16;
  defaults.mlp_hidden = 8192;
  defaults.layer_norm_eps = 1e-5;
  if (json.integer_or("num_key_value_groups", 1, 1, 1 << 16) != 1) {
    json.fail("num_key_value_groups", "1");
  }
  Checkpoint checkpoint;
  checkpoint.family = "transformers mlcd_vision_model";
  checkpoint.architecture = transformers_architecture(json, "MLCDVisionModel");
  CheckpointNames& names = checkpoint.names;
  names = transformers_tower_names(files.tensors);
  names.norm_pre = "pre_layrnorm";
  names.fc_norm = "post_layernorm";
  names.rope_freqs = "class_pos_emb";

  VitConfig& config = checkpoint.config;
  config = transformers_vit_like_config(json, defaults);
  config.num_classes = 0;
  config.qkv_bias = true;
  config.patch_bias = false;
  config.pre_norm = true;
  config.pos_embed = false;
  config.rope.kind = RopeKind::axial;
  config.rope.rotate_half = true;
  config.rope.class_token = true;
  if (const auto rope = json.find_object("rope_parameters")) {
    config.rope.temperature = rope->number_or("rope_theta", 10000, 1e-3, 1e8);
  }
  config.final_norm = false;
  config.fc_norm = true;
  config.pooled_is_pooler_output = true;
  transformers_preprocessing(files, "CLIPImageProcessor", checkpoint);
  return checkpoint;
}

inline CheckpointFamily transformers_mlcd_family() {
  return {"transformers mlcd", "transformers model_type mlcd_vision_model",
          [](const nlohmann::json& config) { return has_model_type(config, "mlcd_vision_model"); },
          read_transformers_mlcd};
}

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
