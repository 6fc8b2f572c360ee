/// transformers' BLIP: `BlipVisionModel`, and the image side of `BlipModel`,
/// `BlipForImageTextRetrieval`, `BlipForConditionalGeneration` and `BlipForQuestionAnswering`.
#ifndef EIGENVIT_IO_CHECKPOINT_FAMILIES_TRANSFORMERS_BLIP_INL
#define EIGENVIT_IO_CHECKPOINT_FAMILIES_TRANSFORMERS_BLIP_INL

#include <eigenvit/io/checkpoint_families/transformers_tower.inl>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// The last norm is applied to all tokens and, for the pooled vector, a second time to the normed
/// CLS. Retrieval projects the CLS that was normed once. The text side is left alone.
/// Source: transformers, models/blip; Li et al., arXiv:2201.12086.
inline Checkpoint read_transformers_blip(const CheckpointFiles& files) {
  const JsonObject json(files.config, files.config_source);
  const bool whole = has_model_type(files.config, "blip");
  const JsonObject vision = transformers_vision_config(json);
  TransformersDefaults defaults;
  defaults.layer_norm_eps = 1e-5;
  defaults.image_size = 384;

  Checkpoint checkpoint;
  checkpoint.family = whole ? "transformers blip" : "transformers blip_vision_model";
  checkpoint.architecture =
      transformers_architecture(json, whole ? "BlipModel" : "BlipVisionModel");
  CheckpointNames& names = checkpoint.names;
  names = transformers_tower_names(files.tensors);
  names.pos_embed = "embeddings.position_embedding";
  names.qkv = {"self_attn.qkv"};
  names.proj = "self_attn.projection";
  names.fc_norm = names.norm;

  VitConfig& config = checkpoint.config;
  config = transformers_vit_like_config(vision, defaults);
  config.qkv_bias = true;
  config.num_classes = 0;
  const bool retrieves = files.tensors.find("vision_proj.weight") != nullptr;
  config.fc_norm = config.pooled_is_pooler_output = !retrieves;
  if (retrieves) {
    names.projection = "vision_proj";
    config.projection_bias = true;
    config.projection_dim =
        static_cast<Index>(json.integer_or("image_text_hidden_size", 256, 1, 1 << 16));
  } else if (files.tensors.find("visual_projection.weight") != nullptr) {
    config.projection_dim = static_cast<Index>(json.integer_or("projection_dim", 512, 1, 1 << 16));
  }
  config.image_embeds = config.normalize_embeds = config.projection_dim > 0;
  checkpoint.contrastive = contrastive_logits(files.tensors, TextScore::softmax);
  transformers_preprocessing(files, "BlipImageProcessor", checkpoint);
  return checkpoint;
}

inline CheckpointFamily transformers_blip_family() {
  return {"transformers blip", "transformers model_type blip and blip_vision_model",
          [](const nlohmann::json& config) {
            return has_model_type(config, "blip") || has_model_type(config, "blip_vision_model");
          },
          read_transformers_blip};
}

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
