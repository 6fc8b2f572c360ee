/// transformers' CLIP: `CLIPVisionModel`, `CLIPVisionModelWithProjection`, and the image side of
/// `CLIPModel` and `CLIPForImageClassification`.
#ifndef EIGENVIT_IO_CHECKPOINT_FAMILIES_TRANSFORMERS_CLIP_INL
#define EIGENVIT_IO_CHECKPOINT_FAMILIES_TRANSFORMERS_CLIP_INL

#include <eigenvit/io/checkpoint_families/transformers_tower.inl>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// Source: transformers, models/clip; Radford et al., arXiv:2103.00020.
inline constexpr ClipClasses clip_classes = {"clip",
                                             "clip_vision_model",
                                             "CLIPModel",
                                             "CLIPVisionModel",
                                             "CLIPVisionModelWithProjection",
                                             "CLIPImageProcessor"};

inline CheckpointFamily transformers_clip_family() {
  return {"transformers clip", "transformers model_type clip and clip_vision_model",
          [](const nlohmann::json& config) { return clip_classes.recognise(config); },
          [](const CheckpointFiles& files) { return read_clip_tower(files, clip_classes); }};
}

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
