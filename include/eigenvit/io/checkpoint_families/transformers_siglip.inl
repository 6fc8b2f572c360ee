/// transformers' SigLIP, and SigLIP 2 of fixed resolution, which calls itself so too:
/// `SiglipVisionModel`, and the image side of `SiglipModel` and `SiglipForImageClassification`.
#ifndef EIGENVIT_IO_CHECKPOINT_FAMILIES_TRANSFORMERS_SIGLIP_INL
#define EIGENVIT_IO_CHECKPOINT_FAMILIES_TRANSFORMERS_SIGLIP_INL

#include <eigenvit/io/checkpoint_families/transformers_tower.inl>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// SigLIP 2 NaFlex: its position embeddings follow the aspect of each image.
inline bool is_siglip2(const nlohmann::json& config) {
  return has_model_type(config, "siglip2") || has_model_type(config, "siglip2_vision_model");
}

/// No CLS; the pooled vector is that of a learned query's attention over the normed patches. The
/// classifier reads their mean instead. `image_embeds` are the pooled vector, scaled to length 1.
/// The text side is left alone. Source: transformers, models/siglip; Zhai et al., arXiv:2303.15343;
/// Tschannen et al., arXiv:2502.14786.
inline Checkpoint read_transformers_siglip(const CheckpointFiles& files) {
  const JsonObject json(files.config, files.config_source);
  if (is_siglip2(files.config)) {
    raise<UnsupportedError>(
        {json.place("model_type"),
         ": expected 'siglip' or 'siglip_vision_model', which SigLIP 2 of a fixed resolution has "
         "too, found ",
         Quoted{json.string("model_type")},
         ", SigLIP 2 NaFlex, which takes images as lists of patches"});
  }
  const bool pair = has_model_type(files.config, "siglip");
  const JsonObject vision = transformers_vision_config(json);
  TransformersDefaults defaults;
  defaults.layer_norm_eps = 1e-6;
  defaults.hidden_act = "gelu_pytorch_tanh";

  Checkpoint checkpoint;
  checkpoint.family = pair ? "transformers siglip" : "transformers siglip_vision_model";
  checkpoint.architecture =
      transformers_architecture(json, pair ? "SiglipModel" : "SiglipVisionModel");
  CheckpointNames& names = checkpoint.names;
  names = transformers_tower_names(files.tensors);
  names.pos_embed_prefix_rows = 0;
  names.pool_latent = "head.probe";
  names.pool_q = names.pool_kv = "head.attention.in_proj_";
  names.pool_proj = "head.attention.out_proj";
  names.pool_norm = "head.layernorm";
  names.pool_fc1 = "head.mlp.fc1";
  names.pool_fc2 = "head.mlp.fc2";

  VitConfig& config = checkpoint.config;
  config = transformers_vit_like_config(vision, defaults);
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
  transformers_preprocessing(files, "SiglipImageProcessor", checkpoint);
  return checkpoint;
}

inline CheckpointFamily transformers_siglip_family() {
  return {"transformers siglip", "transformers model_type siglip and siglip_vision_model",
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
