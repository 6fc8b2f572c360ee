/// transformers' Sapiens2: `Sapiens2Model`, and the encoder of its model classes for segmentation,
/// poses, normals, points and matting.
#ifndef EIGENVIT_IO_CHECKPOINT_FAMILIES_TRANSFORMERS_SAPIENS2_INL
#define EIGENVIT_IO_CHECKPOINT_FAMILIES_TRANSFORMERS_SAPIENS2_INL

#include <eigenvit/io/checkpoint_families/transformers_vit_like.inl>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// Heads of keys and values in each block: those that are stated, or else fewer than of queries in
/// all blocks but some of the first and the last.
inline std::vector<Index> sapiens2_kv_heads(const JsonObject& json, const VitConfig& config) {
  const auto depth = static_cast<std::size_t>(config.depth);
  std::vector<Index> heads(depth, config.num_heads);
  constexpr const char* stated = "num_key_value_heads_per_layer";
  if (json.has(stated)) {
    const std::vector<std::int64_t> values = json.integers(stated, depth, 1, 1 << 16);
    std::copy(values.begin(), values.end(), heads.begin());
    return heads;
  }
  const auto shared =
      static_cast<Index>(json.integer_or("num_key_value_attention_heads", 8, 1, 1 << 16));
  const std::int64_t first = json.integer_or("num_first_full_attention_layers", 8, 0, 1 << 12);
  const std::int64_t last = json.integer_or("num_last_full_attention_layers", 8, 0, 1 << 12);
  for (std::int64_t i = first; i < config.depth - last; ++i) {
    heads[static_cast<std::size_t>(i)] = shared;
  }
  return heads;
}

/// Names of the first release, whose task models have `backbone.` before them.
inline CheckpointNames sapiens2_original_names(const TensorStore& tensors) {
  CheckpointNames names;
  names.prefix = transformers_prefix(tensors, "backbone.", "patch_embed.projection.weight");
  names.reg_token = "storage_tokens";
  names.patch_embed = "patch_embed.projection";
  names.norm = names.norm1 = "ln1";
  names.norm2 = "ln2";
  names.qkv = {"attn.wq", "attn.wk", "attn.wv"};
  names.ls1 = "attn.gamma.weight";
  names.fc1 = "ffn.w12";
  names.fc2 = "ffn.w3";
  return names;
}

inline CheckpointNames sapiens2_names(const TensorStore& tensors, bool gated) {
  CheckpointNames names;
  names.prefix = transformers_prefix(tensors, "model.", "embeddings.cls_token");
  names.cls_token = "embeddings.cls_token";
  names.reg_token = "embeddings.register_tokens";
  names.patch_embed = "embeddings.patch_embeddings";
  names.block = "model.layer.{}.";
  names.qkv = {"attention.q_proj", "attention.k_proj", "attention.v_proj"};
  names.q_norm = "attention.q_norm";
  names.k_norm = "attention.k_norm";
  names.proj = "attention.o_proj";
  names.ls1 = "layer_scale1.lambda1";
  names.fc1 = gated ? "mlp.gate_proj" : "mlp.up_proj";
  if (gated) names.fc1_ungated = "mlp.up_proj";
  names.fc2 = "mlp.down_proj";
  return names;
}

/// Rotary positions of patch centres, RMSNorm, also of queries and keys, heads that share keys and
/// values in the middle blocks, a gated MLP, LayerScale of the attention alone. Heads of the model
/// classes are left alone. Files have the names of the first release or those of transformers.
/// Source: transformers, models/sapiens2.
inline Checkpoint read_transformers_sapiens2(const CheckpointFiles& files) {
  const JsonObject json(files.config, files.config_source);
  TransformersDefaults defaults;
  defaults.hidden_size = 1024;
  defaults.depth = 24;
  defaults.num_heads = 16;
  defaults.mlp_hidden = 4096;
  defaults.hidden_act = "silu";
  Checkpoint checkpoint;
  checkpoint.family = "transformers sapiens2";
  checkpoint.architecture = transformers_architecture(json, "Sapiens2Model");

  VitConfig& config = checkpoint.config;
  config = transformers_vit_like_config(json, defaults);
  config.num_classes = 0;
  config.norm = NormKind::rms_norm;
  config.norm_eps = json.number_or("rms_norm_eps", 1e-6, 1e-30, 1);
  config.reg_tokens = static_cast<Index>(json.integer_or("num_register_tokens", 8, 0, 1 << 12));
  config.pos_embed = false;
  config.rope.kind = RopeKind::centered;
  config.rope.rotate_half = true;
  config.rope.temperature = json.number_or("rope_theta", 100, 1e-3, 1e8);
  config.qk_norm = json.boolean_or("use_qk_norm", true);
  config.mlp_gate = json.boolean_or("use_gated_mlp", true);
  config.layer_scale = true;
  config.mlp_layer_scale = false;
  config.pooled_is_pooler_output = true;
  config.kv_heads = sapiens2_kv_heads(json, config);

  CheckpointNames& names = checkpoint.names;
  names = sapiens2_original_names(files.tensors);
  const bool original =
      files.tensors.find(message({names.prefix, names.patch_embed, ".weight"})) != nullptr;
  if (!original) names = sapiens2_names(files.tensors, config.mlp_gate);
  transformers_biases(
      json, true,
      original ? std::array<std::string_view, 3>{"attn.wq.bias", "attn.wk.bias", "attn.wv.bias"}
               : std::array<std::string_view, 3>{"attention.q_proj.bias", "attention.k_proj.bias",
                                                 "attention.v_proj.bias"},
      config, names);
  transformers_preprocessing(files, "Sapiens2ImageProcessor", checkpoint);
  return checkpoint;
}

inline CheckpointFamily transformers_sapiens2_family() {
  return {"transformers sapiens2", "transformers model_type sapiens2",
          [](const nlohmann::json& config) { return has_model_type(config, "sapiens2"); },
          read_transformers_sapiens2};
}

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
