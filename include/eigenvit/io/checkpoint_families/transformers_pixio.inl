/// transformers' Pixio: `PixioModel`.
#ifndef EIGENVIT_IO_CHECKPOINT_FAMILIES_TRANSFORMERS_PIXIO_INL
#define EIGENVIT_IO_CHECKPOINT_FAMILIES_TRANSFORMERS_PIXIO_INL

#include <eigenvit/io/checkpoint_families/transformers_vit_like.inl>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// ViT with several CLS tokens, which have positions; the pooled vector is the mean of all of them
/// after the norm. Positions are resampled at any other size.
/// Source: transformers, models/pixio; Yang et al., arXiv:2512.15715.
inline Checkpoint read_transformers_pixio(const CheckpointFiles& files) {
  const JsonObject json(files.config, files.config_source);
  TransformersDefaults defaults;
  defaults.image_size = 256;
  defaults.hidden_size = 1280;
  defaults.depth = 32;
  defaults.num_heads = 16;
  defaults.layer_norm_eps = 1e-6;
  Checkpoint checkpoint;
  checkpoint.family = "transformers pixio";
  checkpoint.architecture = transformers_architecture(json, "PixioModel");

  VitConfig& config = checkpoint.config;
  config = transformers_vit_like_config(json, defaults);
  require_square_image(json, config);
  config.num_classes = 0;
  config.mlp_hidden = transformers_mlp_width(json, config.embed_dim, false);
  config.reg_tokens = static_cast<Index>(json.integer_or("n_cls_tokens", 8, 1, 1 << 12)) - 1;
  config.global_pool = Pool::prefix_avg;
  config.pooled_is_pooler_output = true;

  CheckpointNames& names = checkpoint.names;
  names = transformers_vit_like_names(files.tensors, "pixio.");
  names.reg_token = names.cls_token;
  names.pos_embed_prefix_rows = static_cast<int>(config.prefix_tokens());
  if (files.tensors.find(message({names.prefix, "encoder.layer.0.norm1.weight"})) != nullptr) {
    names.norm1 = "norm1";
    names.norm2 = "norm2";
  }
  transformers_preprocessing(files, "BitImageProcessor", checkpoint);
  return checkpoint;
}

inline CheckpointFamily transformers_pixio_family() {
  return {"transformers pixio", "transformers model_type pixio",
          [](const nlohmann::json& config) { return has_model_type(config, "pixio"); },
          read_transformers_pixio};
}

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
