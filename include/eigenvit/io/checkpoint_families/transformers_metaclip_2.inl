/// transformers' Meta CLIP 2: `MetaClip2VisionModel`, `MetaClip2VisionModelWithProjection`, and the
/// image side of `MetaClip2Model` and `MetaClip2ForImageClassification`.
#ifndef EIGENVIT_IO_CHECKPOINT_FAMILIES_TRANSFORMERS_METACLIP_2_INL
#define EIGENVIT_IO_CHECKPOINT_FAMILIES_TRANSFORMERS_METACLIP_2_INL

#include <eigenvit/io/checkpoint_families/transformers_tower.inl>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// CLIP's image model by other names.
/// Source: transformers, models/metaclip_2; Chuang et al., arXiv:2507.22062.
inline constexpr ClipClasses metaclip_2_classes = {"metaclip_2",
                                                   "metaclip_2_vision_model",
                                                   "MetaClip2Model",
                                                   "MetaClip2VisionModel",
                                                   "MetaClip2VisionModelWithProjection",
                                                   "CLIPImageProcessor"};

inline CheckpointFamily transformers_metaclip_2_family() {
  return {"transformers metaclip_2",
          "transformers model_type metaclip_2 and metaclip_2_vision_model",
          [](const nlohmann::json& config) { return metaclip_2_classes.recognise(config); },
          [](const CheckpointFiles& files) { return read_clip_tower(files, metaclip_2_classes); }};
}

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
