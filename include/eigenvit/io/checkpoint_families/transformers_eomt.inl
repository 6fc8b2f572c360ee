/// transformers' EoMT: `EomtForUniversalSegmentation`, `EomtDinov3ForUniversalSegmentation`.
#ifndef EIGENVIT_IO_CHECKPOINT_FAMILIES_TRANSFORMERS_EOMT_INL
#define EIGENVIT_IO_CHECKPOINT_FAMILIES_TRANSFORMERS_EOMT_INL

#include <optional>

#include <eigenvit/io/checkpoint_families/transformers_vit_like.inl>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// What the blocks of the class on DINOv2 are: with a position for each patch.
inline void read_eomt_dinov2(const JsonObject& json, VitConfig& config, CheckpointNames& names) {
  config.no_embed_class = true;
  config.mlp_gate = json.boolean_or("use_swiglu_ffn", false);
  config.mlp_hidden = transformers_mlp_width(json, config.embed_dim, config.mlp_gate);
  if (config.mlp_gate) config.act = Activation::silu;
  names.patch_embed = "embeddings.patch_embeddings.projection";
  names.pos_embed = "embeddings.position_embeddings.weight";
  names.pos_embed_prefix_rows = 0;
  names.proj = "attention.out_proj";
  names.fc1 = "mlp.fc1";
  names.fc2 = "mlp.fc2";
}

/// What those of the class on DINOv3 are: with rotary positions.
inline void read_eomt_dinov3(const JsonObject& json, VitConfig& config, CheckpointNames& names) {
  const std::optional<JsonObject> nested = json.find_object("rope_parameters");
  const JsonObject& rope = nested ? *nested : json;
  if (const std::string type = rope.string_or("rope_type", "default"); type != "default") {
    raise<UnsupportedError>({rope.place("rope_type"), ": expected default, found ", Quoted{type}});
  }
  config.pos_embed = false;
  config.rope.kind = RopeKind::centered;
  config.rope.rotate_half = true;
  config.rope.temperature = rope.number_or("rope_theta", 100, 1e-3, 1e8);
  config.mlp_gate = json.boolean_or("use_gated_mlp", false);
  transformers_biases(json, false,
                      {"attention.q_proj.bias", "attention.k_proj.bias", "attention.v_proj.bias"},
                      config, names);
  names.patch_embed = "embeddings.patch_embeddings";
  names.proj = "attention.o_proj";
  names.fc1 = "mlp.up_proj";
  names.fc2 = "mlp.down_proj";
}

/// DINOv2 with registers or DINOv3, whose last blocks have queries beside the patches: each stands
/// for a thing that may be there. No other image size is taken. Source: transformers, models/eomt
/// and models/eomt_dinov3; Kerssies et al., arXiv:2503.19108.
inline Checkpoint read_transformers_eomt(const CheckpointFiles& files) {
  const JsonObject json(files.config, files.config_source);
  const bool dinov3 = has_model_type(files.config, "eomt_dinov3");
  TransformersDefaults defaults;
  defaults.image_size = 640;
  defaults.hidden_size = 1024;
  defaults.depth = 24;
  defaults.num_heads = 16;
  defaults.mlp_hidden = 4096;
  defaults.layer_norm_eps = 1e-6;
  Checkpoint checkpoint;
  checkpoint.family = "transformers eomt";
  checkpoint.architecture = transformers_architecture(
      json, dinov3 ? "EomtDinov3ForUniversalSegmentation" : "EomtForUniversalSegmentation");

  VitConfig& config = checkpoint.config;
  config = transformers_vit_like_config(json, defaults);
  require_square_image(json, config);
  config.dynamic_image_size = false;
  config.num_classes = 0;
  config.layer_scale = true;
  config.reg_tokens = static_cast<Index>(json.integer_or("num_register_tokens", 4, 0, 1 << 12));
  config.query_tokens = static_cast<Index>(json.integer_or("num_queries", 200, 1, 1 << 12));
  config.query_block =
      config.depth - static_cast<Index>(json.integer_or("num_blocks", 4, 1, config.depth));

  CheckpointNames& names = checkpoint.names;
  names.cls_token = "embeddings.cls_token";
  names.reg_token = "embeddings.register_tokens";
  names.query_token = "query.weight";
  names.norm = "layernorm";
  names.block = "layers.{}.";
  names.qkv = {"attention.q_proj", "attention.k_proj", "attention.v_proj"};
  names.ls1 = "layer_scale1.lambda1";
  names.ls2 = "layer_scale2.lambda1";
  dinov3 ? read_eomt_dinov3(json, config, names) : read_eomt_dinov2(json, config, names);
  if (config.mlp_gate) {
    names.fc1 = "mlp.gate_proj";
    names.fc1_ungated = "mlp.up_proj";
    names.fc2 = "mlp.down_proj";
  }
  transformers_preprocessing(files, "EomtImageProcessor", checkpoint);
  return checkpoint;
}

inline CheckpointFamily transformers_eomt_family() {
  return {"transformers eomt", "transformers model_type eomt or eomt_dinov3",
          [](const nlohmann::json& config) {
            return has_model_type(config, "eomt") || has_model_type(config, "eomt_dinov3");
          },
          read_transformers_eomt};
}

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
