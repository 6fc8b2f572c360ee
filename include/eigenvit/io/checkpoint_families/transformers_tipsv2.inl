/// transformers' TIPSv2: `Tipsv2VisionModel`, and the image side of `Tipsv2Model`.
#ifndef EIGENVIT_IO_CHECKPOINT_FAMILIES_TRANSFORMERS_TIPSV2_INL
#define EIGENVIT_IO_CHECKPOINT_FAMILIES_TRANSFORMERS_TIPSV2_INL

#include <cmath>

#include <eigenvit/io/checkpoint_families/transformers_tower.inl>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// Logits are divided by a temperature, which published files leave to the configuration.
inline ContrastiveLogits tipsv2_logits(const JsonObject& json, const TensorStore& tensors) {
  const double temperature =
      single_number(tensors, "temperature")
          .value_or(json.number_or("temperature_init_value", 0.005065968260169029, 1e-12, 1e12));
  if (!(temperature > 0)) {
    raise<FormatError>(
        {tensors.source(), ": tensor 'temperature': expected a positive value, found another"});
  }
  return {TextScore::softmax, -std::log(temperature), std::nullopt};
}

/// Names of the first release, in whose pairs they have `vision_encoder.` before them.
inline CheckpointNames tipsv2_original_names(const TensorStore& tensors, bool gated) {
  CheckpointNames names;
  names.prefix = transformers_prefix(tensors, "vision_encoder.", "patch_embed.proj.weight");
  names.reg_token = "register_tokens";
  names.fc1 = gated ? "mlp.w12" : "mlp.c_fc";
  names.fc2 = gated ? "mlp.w3" : "mlp.c_proj";
  return names;
}

inline CheckpointNames tipsv2_names(const TensorStore& tensors, bool gated) {
  CheckpointNames names = transformers_vit_like_names(tensors, "vision_model.");
  names.reg_token = "embeddings.register_tokens";
  names.norm1 = "norm1";
  names.norm2 = "norm2";
  names.qkv = {"attention.q_proj", "attention.k_proj", "attention.v_proj"};
  names.proj = "attention.o_proj";
  names.ls1 = "layer_scale1.lambda1";
  names.ls2 = "layer_scale2.lambda1";
  names.fc1 = gated ? "mlp.gate_proj" : "mlp.fc1";
  if (gated) names.fc1_ungated = "mlp.up_proj";
  names.fc2 = gated ? "mlp.down_proj" : "mlp.fc2";
  return names;
}

/// DINOv2 with registers by other names, but for positions, which are resampled bilinearly.
/// `image_embeds` are the normed CLS, scaled to length 1. The text side is left alone. Files have
/// the names of the first release or those of transformers. Source: transformers, models/tipsv2.
inline Checkpoint read_transformers_tipsv2(const CheckpointFiles& files) {
  const JsonObject json(files.config, files.config_source);
  const bool pair = has_model_type(files.config, "tipsv2");
  const JsonObject vision = transformers_vision_config(json);
  TransformersDefaults defaults;
  defaults.image_size = 448;
  defaults.patch_size = 14;
  defaults.layer_norm_eps = 1e-6;
  Checkpoint checkpoint;
  checkpoint.family = pair ? "transformers tipsv2" : "transformers tipsv2_vision_model";
  checkpoint.architecture =
      transformers_architecture(json, pair ? "Tipsv2Model" : "Tipsv2VisionModel");

  VitConfig& config = checkpoint.config;
  config = transformers_vit_like_config(vision, defaults);
  require_square_image(vision, config);
  config.num_classes = 0;
  config.layer_scale = true;
  config.mlp_gate = vision.boolean_or("use_swiglu_ffn", false);
  config.mlp_hidden = transformers_mlp_width(vision, config.embed_dim, config.mlp_gate);
  if (config.mlp_gate) config.act = Activation::silu;
  config.reg_tokens = static_cast<Index>(vision.integer_or("num_register_tokens", 1, 0, 1 << 12));
  config.pos_interpolation = {GridInterpolation::Kernel::bilinear, true, 0};
  config.pooled_is_pooler_output = true;
  config.image_embeds = config.normalize_embeds = pair;

  CheckpointNames& names = checkpoint.names;
  names = tipsv2_original_names(files.tensors, config.mlp_gate);
  if (files.tensors.find(message({names.prefix, names.patch_embed, ".weight"})) == nullptr) {
    names = tipsv2_names(files.tensors, config.mlp_gate);
  }
  if (pair) {
    checkpoint.contrastive = tipsv2_logits(json, files.tensors);
  } else {
    checkpoint.contrastive.score = TextScore::softmax;
  }
  transformers_preprocessing(files, "Tipsv2ImageProcessor", checkpoint);
  return checkpoint;
}

inline CheckpointFamily transformers_tipsv2_family() {
  return {"transformers tipsv2", "transformers model_type tipsv2 and tipsv2_vision_model",
          [](const nlohmann::json& config) {
            return has_model_type(config, "tipsv2") ||
                   has_model_type(config, "tipsv2_vision_model");
          },
          read_transformers_tipsv2};
}

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
