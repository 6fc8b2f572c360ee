/// transformers' CLIP: `CLIPVisionModel`, `CLIPVisionModelWithProjection`, and the image side of
/// `CLIPModel` and `CLIPForImageClassification`.
#ifndef EIGENVIT_IO_CHECKPOINT_FAMILIES_TRANSFORMERS_CLIP_INL
#define EIGENVIT_IO_CHECKPOINT_FAMILIES_TRANSFORMERS_CLIP_INL

#include <eigenvit/io/checkpoint_families/transformers_tower.inl>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// A norm before the blocks, none after them: tokens are not normed, the pooled CLS is.
/// `image_embeds` are its projection, scaled to length 1 by `CLIPModel` alone. The classifier reads
/// the mean of the patches as they leave the last block. The text side is left alone. Source:
/// transformers, models/clip; Radford et al., arXiv:2103.00020.
inline Checkpoint read_transformers_clip(const CheckpointFiles& files) {
  const JsonObject json(files.config, files.config_source);
  const bool pair = has_model_type(files.config, "clip");
  const JsonObject vision = transformers_vision_config(json);
  TransformersDefaults defaults;
  defaults.layer_norm_eps = 1e-5;
  defaults.patch_size = 32;
  defaults.hidden_act = "quick_gelu";
  const bool projects = files.tensors.find("visual_projection.weight") != nullptr;
  const bool classifies = files.tensors.find("classifier.weight") != nullptr;

  Checkpoint checkpoint;
  checkpoint.family = pair ? "transformers clip" : "transformers clip_vision_model";
  checkpoint.architecture =
      transformers_architecture(json, pair       ? "CLIPModel"
                                      : projects ? "CLIPVisionModelWithProjection"
                                                 : "CLIPVisionModel");
  CheckpointNames& names = checkpoint.names;
  names = transformers_tower_names(files.tensors);
  names.norm_pre = "pre_layrnorm";
  names.fc_norm = "post_layernorm";

  VitConfig& config = checkpoint.config;
  config = transformers_vit_like_config(vision, defaults);
  config.qkv_bias = true;
  config.patch_bias = false;
  config.pre_norm = true;
  config.final_norm = false;
  transformers_classifier(json, files, checkpoint);
  config.fc_norm = !classifies;
  if (classifies) {
    config.global_pool = Pool::avg;
  } else {
    config.pooled_is_pooler_output = true;
    config.image_embeds = projects;
    config.normalize_embeds = pair && checkpoint.architecture != "CLIPVisionModelWithProjection";
    if (projects) {
      // A pair states the width of its projections itself.
      config.projection_dim =
          static_cast<Index>((pair ? json : vision).integer_or("projection_dim", 512, 1, 1 << 16));
    }
  }
  checkpoint.contrastive = contrastive_logits(files.tensors, TextScore::softmax);
  transformers_preprocessing(files, "CLIPImageProcessor", checkpoint);
  return checkpoint;
}

inline CheckpointFamily transformers_clip_family() {
  return {"transformers clip", "transformers model_type clip and clip_vision_model",
          [](const nlohmann::json& config) {
            return has_model_type(config, "clip") || has_model_type(config, "clip_vision_model");
          },
          read_transformers_clip};
}

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
