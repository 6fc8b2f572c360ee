/// transformers' DeiT: `DeiTModel`, `DeiTForImageClassification`,
/// `DeiTForImageClassificationWithTeacher`.
#ifndef EIGENVIT_IO_CHECKPOINT_FAMILIES_TRANSFORMERS_DEIT_INL
#define EIGENVIT_IO_CHECKPOINT_FAMILIES_TRANSFORMERS_DEIT_INL

#include <eigenvit/io/checkpoint_families/transformers_vit_like.inl>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// As ViT with a distillation token after CLS. With a teacher there are two classifiers, of CLS and
/// of the distillation token, whose logits are averaged.
/// Source: transformers, models/deit; Touvron et al., arXiv:2012.12877.
inline Checkpoint read_transformers_deit(const CheckpointFiles& files) {
  const JsonObject json(files.config, files.config_source);
  Checkpoint checkpoint;
  checkpoint.family = "transformers deit";
  checkpoint.architecture = transformers_architecture(json, "DeiTModel");
  checkpoint.config = transformers_vit_like_config(json);
  checkpoint.config.dist_token = true;
  checkpoint.names = transformers_vit_like_names(files.tensors, "deit.");
  checkpoint.names.pos_embed_prefix_rows = 2;
  const bool teacher = files.tensors.find("cls_classifier.weight") != nullptr;
  if (teacher) {
    checkpoint.names.head = "cls_classifier";
    checkpoint.names.head_dist = "distillation_classifier";
    checkpoint.config.dist_head = true;
    checkpoint.config.global_pool = Pool::token_pair;
  }
  transformers_classifier(json, files, checkpoint);
  transformers_pooler(json, files, checkpoint.names, checkpoint.config);
  transformers_preprocessing(files, "DeiTImageProcessor", checkpoint);
  return checkpoint;
}

inline CheckpointFamily transformers_deit_family() {
  return {"transformers deit", "transformers model_type deit",
          [](const nlohmann::json& config) { return has_model_type(config, "deit"); },
          read_transformers_deit};
}

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
