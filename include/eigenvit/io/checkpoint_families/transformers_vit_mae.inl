/// transformers' ViTMAE: `ViTMAEModel`, and the encoder of `ViTMAEForPreTraining`.
#ifndef EIGENVIT_IO_CHECKPOINT_FAMILIES_TRANSFORMERS_VIT_MAE_INL
#define EIGENVIT_IO_CHECKPOINT_FAMILIES_TRANSFORMERS_VIT_MAE_INL

#include <eigenvit/io/checkpoint_families/transformers_vit_like.inl>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// ViT without pooler and classifier; its positions are sines and cosines, which the file holds as
/// any table. The model class drops patches at random and shuffles the others, also outside
/// training; here none is dropped, as with `mask_ratio` 0 and ascending noise. The decoder is left
/// alone.
/// Source: transformers, models/vit_mae; He et al., arXiv:2111.06377.
inline Checkpoint read_transformers_vit_mae(const CheckpointFiles& files) {
  const JsonObject json(files.config, files.config_source);
  Checkpoint checkpoint;
  checkpoint.family = "transformers vit_mae";
  checkpoint.architecture = transformers_architecture(json, "ViTMAEModel");
  checkpoint.config = transformers_vit_like_config(json);
  checkpoint.config.num_classes = 0;
  checkpoint.names = transformers_vit_like_names(files.tensors, "vit.");
  transformers_preprocessing(files, "ViTImageProcessor", checkpoint);
  return checkpoint;
}

inline CheckpointFamily transformers_vit_mae_family() {
  return {"transformers vit_mae", "transformers model_type vit_mae",
          [](const nlohmann::json& config) { return has_model_type(config, "vit_mae"); },
          read_transformers_vit_mae};
}

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
