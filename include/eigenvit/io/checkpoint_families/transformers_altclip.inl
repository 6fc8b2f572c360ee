/// transformers' AltCLIP: `AltCLIPVisionModel`, and the image side of `AltCLIPModel`.
#ifndef EIGENVIT_IO_CHECKPOINT_FAMILIES_TRANSFORMERS_ALTCLIP_INL
#define EIGENVIT_IO_CHECKPOINT_FAMILIES_TRANSFORMERS_ALTCLIP_INL

#include <eigenvit/io/checkpoint_families/transformers_tower.inl>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// CLIP's image model by other names, without classes for a projection or a classifier.
/// Source: transformers, models/altclip; Chen et al., arXiv:2211.06679.
inline constexpr ClipClasses altclip_classes = {"altclip",
                                                "altclip_vision_model",
                                                "AltCLIPModel",
                                                "AltCLIPVisionModel",
                                                "AltCLIPVisionModel",
                                                "CLIPImageProcessor",
                                                768};

inline CheckpointFamily transformers_altclip_family() {
  return {"transformers altclip", "transformers model_type altclip and altclip_vision_model",
          [](const nlohmann::json& config) { return altclip_classes.recognise(config); },
          [](const CheckpointFiles& files) { return read_clip_tower(files, altclip_classes); }};
}

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
