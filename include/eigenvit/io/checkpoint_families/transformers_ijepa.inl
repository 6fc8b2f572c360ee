/// transformers' I-JEPA: `IJepaModel`, `IJepaForImageClassification`.
#ifndef EIGENVIT_IO_CHECKPOINT_FAMILIES_TRANSFORMERS_IJEPA_INL
#define EIGENVIT_IO_CHECKPOINT_FAMILIES_TRANSFORMERS_IJEPA_INL

#include <eigenvit/io/checkpoint_families/transformers_vit_like.inl>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// ViT without CLS: the classifier reads the mean of the normed patches, which is the pooled vector
/// of the bare model too.
/// Source: transformers, models/ijepa; Assran et al., arXiv:2301.08243.
inline Checkpoint read_transformers_ijepa(const CheckpointFiles& files) {
  const JsonObject json(files.config, files.config_source);
  Checkpoint checkpoint;
  checkpoint.family = "transformers ijepa";
  checkpoint.architecture = transformers_architecture(json, "IJepaModel");
  checkpoint.config = transformers_vit_like_config(json);
  checkpoint.config.class_token = false;
  checkpoint.config.no_embed_class = true;
  checkpoint.config.global_pool = Pool::avg;
  checkpoint.names = transformers_vit_like_names(files.tensors, "ijepa.");
  checkpoint.names.pos_embed_prefix_rows = 0;
  transformers_classifier(json, files, checkpoint);
  transformers_preprocessing(files, "ViTImageProcessor", checkpoint);
  return checkpoint;
}

inline CheckpointFamily transformers_ijepa_family() {
  return {"transformers ijepa", "transformers model_type ijepa",
          [](const nlohmann::json& config) { return has_model_type(config, "ijepa"); },
          read_transformers_ijepa};
}

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
