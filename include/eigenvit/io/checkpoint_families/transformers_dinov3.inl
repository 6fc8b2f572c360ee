/// transformers' DINOv3 ViT: `DINOv3ViTModel`.
#ifndef EIGENVIT_IO_CHECKPOINT_FAMILIES_TRANSFORMERS_DINOV3_INL
#define EIGENVIT_IO_CHECKPOINT_FAMILIES_TRANSFORMERS_DINOV3_INL

#include <eigenvit/io/checkpoint_families/transformers_vit_like.inl>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// Rotary positions of patch centres, no table; registers, LayerScale, keys without bias, in the
/// larger models a gated MLP.
/// Source: transformers, models/dinov3_vit; Siméoni et al., arXiv:2508.10104.
inline Checkpoint read_transformers_dinov3(const CheckpointFiles& files) {
  const JsonObject json(files.config, files.config_source);
  TransformersDefaults defaults;
  defaults.layer_norm_eps = 1e-5;
  defaults.hidden_size = 384;
  defaults.num_heads = 6;
  defaults.mlp_hidden = 1536;
  Checkpoint checkpoint;
  checkpoint.family = "transformers dinov3_vit";
  checkpoint.architecture = transformers_architecture(json, "DINOv3ViTModel");

  VitConfig& config = checkpoint.config;
  config = transformers_vit_like_config(json, defaults);
  config.num_classes = 0;
  config.reg_tokens = static_cast<Index>(json.integer_or("num_register_tokens", 0, 0, 1 << 12));
  config.pos_embed = false;
  config.rope.kind = RopeKind::centered;
  config.rope.rotate_half = true;
  config.rope.temperature = json.number_or("rope_theta", 100, 1e-3, 1e8);
  config.layer_scale = true;
  config.pooled_is_pooler_output = true;
  const bool gated = json.boolean_or("use_gated_mlp", false);
  config.mlp_gate = gated;

  CheckpointNames& names = checkpoint.names;
  names.prefix = transformers_prefix(files.tensors, "dinov3_vit.", "embeddings.cls_token");
  names.cls_token = "embeddings.cls_token";
  names.reg_token = "embeddings.register_tokens";
  names.patch_embed = "embeddings.patch_embeddings";
  names.block = files.tensors.find(message({names.prefix, "model.layer.0.norm1.weight"})) != nullptr
                    ? "model.layer.{}."
                    : "layer.{}.";
  names.qkv = {"attention.q_proj", "attention.k_proj", "attention.v_proj"};
  transformers_biases(json, false,
                      {"attention.q_proj.bias", "attention.k_proj.bias", "attention.v_proj.bias"},
                      config, names);
  names.proj = "attention.o_proj";
  names.ls1 = "layer_scale1.lambda1";
  names.ls2 = "layer_scale2.lambda1";
  names.fc1 = gated ? "mlp.gate_proj" : "mlp.up_proj";
  if (gated) names.fc1_ungated = "mlp.up_proj";
  names.fc2 = "mlp.down_proj";
  transformers_preprocessing(files, "DINOv3ViTImageProcessor", checkpoint);
  return checkpoint;
}

inline CheckpointFamily transformers_dinov3_family() {
  return {"transformers dinov3_vit", "transformers model_type dinov3_vit",
          [](const nlohmann::json& config) { return has_model_type(config, "dinov3_vit"); },
          read_transformers_dinov3};
}

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
