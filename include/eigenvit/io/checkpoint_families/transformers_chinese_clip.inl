/// transformers' Chinese-CLIP: `ChineseCLIPVisionModel`, and the image side of `ChineseCLIPModel`.
#ifndef EIGENVIT_IO_CHECKPOINT_FAMILIES_TRANSFORMERS_CHINESE_CLIP_INL
#define EIGENVIT_IO_CHECKPOINT_FAMILIES_TRANSFORMERS_CHINESE_CLIP_INL

#include <eigenvit/io/checkpoint_families/transformers_tower.inl>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// CLIP's image model by other names, without classes for a projection or a classifier.
/// Source: transformers, models/chinese_clip; Yang et al., arXiv:2211.01335.
inline constexpr ClipClasses chinese_clip_classes = {
    "chinese_clip",           "chinese_clip_vision_model", "ChineseCLIPModel",
    "ChineseCLIPVisionModel", "ChineseCLIPVisionModel",    "ChineseCLIPImageProcessor"};

inline CheckpointFamily transformers_chinese_clip_family() {
  return {
      "transformers chinese_clip",
      "transformers model_type chinese_clip and chinese_clip_vision_model",
      [](const nlohmann::json& config) { return chinese_clip_classes.recognise(config); },
      [](const CheckpointFiles& files) { return read_clip_tower(files, chinese_clip_classes); }};
}

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
