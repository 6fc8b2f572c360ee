/// transformers' ViT: `ViTModel`, `ViTForImageClassification`.
#ifndef EIGENVIT_IO_CHECKPOINT_FAMILIES_TRANSFORMERS_VIT_INL
#define EIGENVIT_IO_CHECKPOINT_FAMILIES_TRANSFORMERS_VIT_INL

#include <eigenvit/io/checkpoint_families/transformers_vit_like.inl>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// CLS, learned positions, pre-norm blocks; the classifier reads the normed CLS token.
/// Source: transformers, models/vit.
inline Checkpoint read_transformers_vit(const CheckpointFiles& files) {
  const JsonObject json(files.config, files.config_source);
  Checkpoint checkpoint;
  checkpoint.family = "transformers vit";
  checkpoint.architecture = transformers_architecture(json, "ViTModel");
  checkpoint.config = transformers_vit_like_config(json);
  checkpoint.names = transformers_vit_like_names(files.tensors, "vit.");
  transformers_classifier(json, files, checkpoint);
  transformers_pooler(json, files, checkpoint.names, checkpoint.config);
  transformers_preprocessing(files, "ViTImageProcessor", checkpoint);
  return checkpoint;
}

inline CheckpointFamily transformers_vit_family() {
  return {"transformers vit", "transformers model_type vit",
          [](const nlohmann::json& config) { return has_model_type(config, "vit"); },
          read_transformers_vit};
}

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
