/// transformers' OWL-ViT and OWLv2: `OwlViTVisionModel`, `Owlv2VisionModel`, and the image side of
/// `OwlViTModel`, `Owlv2Model` and of the detectors.
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
inline constexpr ClipClasses owlv2_classes = {"owlv2",
                                              "owlv2_vision_model",
                                              "Owlv2Model",
                                              "Owlv2VisionModel",
                                              "Owlv2VisionModel",
                                              "Owlv2ImageProcessor"};

/// CLIP's image model with larger images. A detector has the pair inside of it; its heads, which
/// compare patches with texts, are left alone.
/// Source: transformers, models/owlvit and models/owlv2; Minderer et al., arXiv:2205.06230 and
/// arXiv:2306.09683.
inline Checkpoint read_transformers_owlvit(const CheckpointFiles& files) {
  const bool second = owlv2_classes.recognise(files.config);
  ClipClasses classes = second ? owlv2_classes : owlvit_classes;
  classes.norm_pre = "pre_layernorm";
  TransformersDefaults defaults;
  defaults.layer_norm_eps = 1e-5;
  defaults.image_size = 768;
  defaults.patch_size = second ? 16 : 32;
  defaults.hidden_act = "quick_gelu";
  CheckpointNames names = transformers_tower_names(files.tensors);
  const char* const tower = second ? "owlv2.vision_model." : "owlvit.vision_model.";
  if (files.tensors.find(message({tower, "embeddings.patch_embedding.weight"})) != nullptr) {
    names.prefix = tower;
    names.projection = second ? "owlv2.visual_projection" : "owlvit.visual_projection";
    classes.outer = second ? "owlv2." : "owlvit.";
  }
  return read_clip_tower(files, classes, defaults, std::move(names));
}

inline CheckpointFamily transformers_owlvit_family() {
  return {"transformers owlvit",
          "transformers model_type owlvit, owlvit_vision_model, owlv2 and owlv2_vision_model",
          [](const nlohmann::json& config) {
            return owlvit_classes.recognise(config) || owlv2_classes.recognise(config);
          },
          read_transformers_owlvit};
}

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
