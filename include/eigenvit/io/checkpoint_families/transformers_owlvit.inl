/// transformers' OWL-ViT: `OwlViTVisionModel`, and the image side of `OwlViTModel` and
/// `OwlViTForObjectDetection`.
#ifndef EIGENVIT_IO_CHECKPOINT_FAMILIES_TRANSFORMERS_OWLVIT_INL
#define EIGENVIT_IO_CHECKPOINT_FAMILIES_TRANSFORMERS_OWLVIT_INL

#include <eigenvit/io/checkpoint_families/transformers_tower.inl>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

inline constexpr ClipClasses owlvit_classes = {"owlvit",
                                               "owlvit_vision_model",
                                               "OwlViTModel",
                                               "OwlViTVisionModel",
                                               "OwlViTVisionModel",
                                               "OwlViTImageProcessor"};

/// CLIP's image model with larger images. A detector has the pair inside of it; its heads, which
/// compare patches with texts, are left alone.
/// Source: transformers, models/owlvit; Minderer et al., arXiv:2205.06230.
inline Checkpoint read_transformers_owlvit(const CheckpointFiles& files) {
  ClipClasses classes = owlvit_classes;
  classes.norm_pre = "pre_layernorm";
  TransformersDefaults defaults;
  defaults.layer_norm_eps = 1e-5;
  defaults.image_size = 768;
  defaults.patch_size = 32;
  defaults.hidden_act = "quick_gelu";
  CheckpointNames names = transformers_tower_names(files.tensors);
  if (files.tensors.find("owlvit.vision_model.embeddings.patch_embedding.weight") != nullptr) {
    names.prefix = "owlvit.vision_model.";
    names.projection = "owlvit.visual_projection";
    classes.outer = "owlvit.";
  }
  return read_clip_tower(files, classes, defaults, std::move(names));
}

inline CheckpointFamily transformers_owlvit_family() {
  return {"transformers owlvit", "transformers model_type owlvit and owlvit_vision_model",
          [](const nlohmann::json& config) { return owlvit_classes.recognise(config); },
          read_transformers_owlvit};
}

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
