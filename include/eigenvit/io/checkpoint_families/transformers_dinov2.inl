/// transformers' DINOv2: `Dinov2Model`, `Dinov2ForImageClassification`, and the same with
/// registers.
#ifndef EIGENVIT_IO_CHECKPOINT_FAMILIES_TRANSFORMERS_DINOV2_INL
#define EIGENVIT_IO_CHECKPOINT_FAMILIES_TRANSFORMERS_DINOV2_INL

#include <eigenvit/io/checkpoint_families/transformers_vit_like.inl>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// In which words a folder with DINOv2 in it differs.
struct Dinov2Words {
  bool registers = false;
  const char* prefix = "dinov2.";
  const char* processor = "BitImageProcessor";
};

/// ViT with LayerScale, the width of the MLP as a ratio and, in the giant, a gated MLP. The
/// classifier reads CLS and the mean of the patches side by side. With registers, which have no
/// positions, the table is resampled with antialiasing.
/// Source: transformers, models/dinov2 and models/dinov2_with_registers; Oquab et al.,
/// arXiv:2304.07193; Darcet et al., arXiv:2309.16588.
inline Checkpoint read_transformers_dinov2(const CheckpointFiles& files, const Dinov2Words& words) {
  const bool registers = words.registers;
  const JsonObject json(files.config, files.config_source);
  TransformersDefaults defaults;
  defaults.layer_norm_eps = 1e-6;
  defaults.patch_size = registers ? 16 : 14;
  Checkpoint checkpoint;
  checkpoint.family = registers ? "transformers dinov2_with_registers" : "transformers dinov2";
  checkpoint.architecture =
      transformers_architecture(json, registers ? "Dinov2WithRegistersModel" : "Dinov2Model");

  VitConfig& config = checkpoint.config;
  config = transformers_vit_like_config(json, defaults);
  require_square_image(json, config);
  config.layer_scale = true;
  config.mlp_gate = json.boolean_or("use_swiglu_ffn", false);
  config.mlp_hidden = transformers_mlp_width(json, config.embed_dim, config.mlp_gate);
  if (config.mlp_gate) config.act = Activation::silu;
  if (registers) {
    config.reg_tokens = static_cast<Index>(json.integer_or("num_register_tokens", 4, 0, 1 << 12));
    config.pos_interpolation.antialias = true;
  }

  CheckpointNames& names = checkpoint.names;
  names = transformers_vit_like_names(files.tensors, words.prefix);
  names.reg_token = "embeddings.register_tokens";
  names.block = "encoder.layer.{}.";
  names.norm1 = "norm1";
  names.norm2 = "norm2";
  names.ls1 = "layer_scale1.lambda1";
  names.ls2 = "layer_scale2.lambda1";
  names.fc1 = "mlp.fc1";
  names.fc2 = "mlp.fc2";
  const bool named_anew =
      files.tensors.find(message({names.prefix, "encoder.layer.0.attention.q_proj.weight"})) !=
      nullptr;
  if (config.mlp_gate) {
    names.fc1 = named_anew ? "mlp.gate_proj" : "mlp.weights_in";
    if (named_anew) names.fc1_ungated = "mlp.up_proj";
    names.fc2 = named_anew ? "mlp.down_proj" : "mlp.weights_out";
  }
  if (named_anew) {
    names.qkv = {"attention.q_proj", "attention.k_proj", "attention.v_proj"};
    names.proj = "attention.o_proj";
  }
  transformers_classifier(json, files, checkpoint);
  config.global_pool = config.num_classes > 0 ? Pool::token_avg : Pool::token;
  config.pooled_is_pooler_output = config.num_classes == 0;
  transformers_preprocessing(files, words.processor, checkpoint);
  return checkpoint;
}

inline CheckpointFamily transformers_dinov2_family() {
  return {"transformers dinov2", "transformers model_type dinov2",
          [](const nlohmann::json& config) { return has_model_type(config, "dinov2"); },
          [](const CheckpointFiles& files) { return read_transformers_dinov2(files, {}); }};
}

inline CheckpointFamily transformers_dinov2_with_registers_family() {
  return {
      "transformers dinov2_with_registers", "transformers model_type dinov2_with_registers",
      [](const nlohmann::json& config) { return has_model_type(config, "dinov2_with_registers"); },
      [](const CheckpointFiles& files) {
        return read_transformers_dinov2(files,
                                        {true, "dinov2_with_registers.", "BitImageProcessor"});
      }};
}

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
