/// transformers' ViTMSN: `ViTMSNModel`, `ViTMSNForImageClassification`.
#ifndef EIGENVIT_IO_CHECKPOINT_FAMILIES_TRANSFORMERS_VIT_MSN_INL
#define EIGENVIT_IO_CHECKPOINT_FAMILIES_TRANSFORMERS_VIT_MSN_INL

#include <eigenvit/io/checkpoint_families/transformers_vit_like.inl>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// ViT without a pooler, with an epsilon of 1e-6.
/// Source: transformers, models/vit_msn; Assran et al., arXiv:2204.07141.
inline Checkpoint read_transformers_vit_msn(const CheckpointFiles& files) {
  const JsonObject json(files.config, files.config_source);
  TransformersDefaults defaults;
  defaults.layer_norm_eps = 1e-6;
  Checkpoint checkpoint;
  checkpoint.family = "transformers vit_msn";
  checkpoint.architecture = transformers_architecture(json, "ViTMSNModel");
  checkpoint.config = transformers_vit_like_config(json, defaults);
  checkpoint.names = transformers_vit_like_names(files.tensors, "vit.");
  transformers_classifier(json, files, checkpoint);
  transformers_preprocessing(files, "ViTImageProcessor", checkpoint);
  return checkpoint;
}

inline CheckpointFamily transformers_vit_msn_family() {
  return {"transformers vit_msn", "transformers model_type vit_msn",
          [](const nlohmann::json& config) { return has_model_type(config, "vit_msn"); },
          read_transformers_vit_msn};
}

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
