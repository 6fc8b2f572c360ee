/// transformers' SigLIP, and SigLIP 2 of fixed resolution, which calls itself so too:
/// `SiglipVisionModel`, and the image side of `SiglipModel` and `SiglipForImageClassification`.
/// SigLIP 2 NaFlex: the same of `Siglip2VisionModel`, `Siglip2Model` and
/// `Siglip2ForImageClassification`.
#ifndef EIGENVIT_IO_CHECKPOINT_FAMILIES_TRANSFORMERS_SIGLIP_INL
#define EIGENVIT_IO_CHECKPOINT_FAMILIES_TRANSFORMERS_SIGLIP_INL

#include <eigenvit/io/checkpoint_families/transformers_tower.inl>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// SigLIP 2 NaFlex: images keep their aspect, the position embeddings follow that of each.
inline bool is_siglip2(const nlohmann::json& config) {
  return has_model_type(config, "siglip2") || has_model_type(config, "siglip2_vision_model");
}

/// The size of the square that the position table is made for, of a number of patches.
inline void siglip2_size(const JsonObject& vision, VitConfig& config) {
  const Index patches = static_cast<Index>(vision.integer_or("num_patches", 256, 1, 1 << 20));
  Index side = 1;
  while (side * side < patches) ++side;
  if (side * side != patches) vision.fail("num_patches", "the square of a number");
  config.image_height = side * config.patch_height;
  config.image_width = side * config.patch_width;
  config.pos_interpolation = {GridInterpolation::Kernel::bilinear, true, 0};
}

/// The preprocessing by the folder's file or, without one, as the image processor does it for as
/// many patches as the position table has.
inline void siglip2_preprocessing(const CheckpointFiles& files, Checkpoint& checkpoint) {
  constexpr const char* processor = "Siglip2ImageProcessor";
  const VitConfig& config = checkpoint.config;
  PreprocessConfig& recipe = checkpoint.preprocessing;
  if (files.preprocessor == nullptr && !files.image_size) {
    recipe = transformers_preprocess_config(nlohmann::json::object(), processor,
                                            files.config_source, {}, config.in_chans);
    recipe.size_multiple = config.patch_height;
    recipe.max_patches = config.grid_height() * config.grid_width();
    checkpoint.notes.push_back(
        message({files.config_source, ": no preprocessor_config.json beside it: the defaults of ",
                 processor, ", for ", recipe.max_patches, " patches"}));
    return;
  }
  transformers_preprocessing(files, processor, checkpoint);
  if (recipe.resize_mode == ResizeMode::patches && recipe.size_multiple != config.patch_height) {
    raise<ConfigError>({files.preprocessor_source, ": key 'patch_size': expected ",
                        config.patch_height, ", as the model has it, found ",
                        recipe.size_multiple});
  }
}

/// No CLS; the pooled vector is that of a learned query's attention over the normed patches. The
/// classifier reads their mean instead. `image_embeds` are the pooled vector, scaled to length 1.
/// The text side is left alone. Source: transformers, models/siglip; Zhai et al., arXiv:2303.15343;
/// Tschannen et al., arXiv:2502.14786.
inline Checkpoint read_transformers_siglip(const CheckpointFiles& files) {
  const JsonObject json(files.config, files.config_source);
  const bool naflex = is_siglip2(files.config);
  const bool pair =
      has_model_type(files.config, "siglip") || has_model_type(files.config, "siglip2");
  const JsonObject vision = transformers_vision_config(json);
  TransformersDefaults defaults;
  defaults.layer_norm_eps = 1e-6;
  defaults.hidden_act = "gelu_pytorch_tanh";

  Checkpoint checkpoint;
  const char* const kind = naflex ? "2" : "";
  checkpoint.family = message({"transformers siglip", kind, pair ? "" : "_vision_model"});
  checkpoint.architecture = transformers_architecture(
      json, message({"Siglip", kind, pair ? "Model" : "VisionModel"}).c_str());
  CheckpointNames& names = checkpoint.names;
  names = transformers_tower_names(files.tensors);
  names.pos_embed_prefix_rows = 0;
  if (naflex) names.patch_layout = PatchLayout::pixel_major;
  names.pool_latent = "head.probe";
  names.pool_q = names.pool_kv = "head.attention.in_proj_";
  names.pool_proj = "head.attention.out_proj";
  names.pool_norm = "head.layernorm";
  names.pool_fc1 = "head.mlp.fc1";
  names.pool_fc2 = "head.mlp.fc2";

  VitConfig& config = checkpoint.config;
  config = transformers_vit_like_config(vision, defaults);
  if (naflex) siglip2_size(vision, config);
  config.qkv_bias = true;
  config.class_token = false;
  config.no_embed_class = true;
  transformers_classifier(json, files, checkpoint);
  if (config.num_classes > 0 || !vision.boolean_or("vision_use_head", true)) {
    config.global_pool = Pool::avg;
  } else {
    config.global_pool = Pool::map;
    config.attn_pool_heads = config.num_heads;
    config.attn_pool_hidden = config.mlp_hidden;
    config.attn_pool_act = config.act;
    config.pooled_is_pooler_output = true;
    config.image_embeds = config.normalize_embeds = pair;
  }
  checkpoint.contrastive = contrastive_logits(files.tensors, TextScore::sigmoid);
  if (naflex) {
    siglip2_preprocessing(files, checkpoint);
  } else {
    transformers_preprocessing(files, "SiglipImageProcessor", checkpoint);
  }
  return checkpoint;
}

inline CheckpointFamily transformers_siglip_family() {
  return {"transformers siglip",
          "transformers model_type siglip, siglip_vision_model, siglip2 and siglip2_vision_model",
          [](const nlohmann::json& config) {
            return has_model_type(config, "siglip") ||
                   has_model_type(config, "siglip_vision_model") || is_siglip2(config);
          },
          read_transformers_siglip};
}

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
