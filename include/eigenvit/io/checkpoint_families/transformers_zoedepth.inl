/// transformers' ZoeDepth: the encoder of `ZoeDepthForDepthEstimation`.
#ifndef EIGENVIT_IO_CHECKPOINT_FAMILIES_TRANSFORMERS_ZOEDEPTH_INL
#define EIGENVIT_IO_CHECKPOINT_FAMILIES_TRANSFORMERS_ZOEDEPTH_INL

#include <eigenvit/io/checkpoint_families/transformers_dpt.inl>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// A BEiT (or DINOv2), whose tokens after four blocks the dense head reads.
/// Source: transformers, models/zoedepth; Bhat et al., arXiv:2302.12288.
inline Checkpoint read_transformers_zoedepth(const CheckpointFiles& files) {
  const JsonObject json(files.config, files.config_source);
  Checkpoint checkpoint = read_transformers_dpt_backbone(files, json.object("backbone_config"),
                                                         "ZoeDepthImageProcessor");
  checkpoint.family = "transformers zoedepth";
  checkpoint.architecture = transformers_architecture(json, "ZoeDepthForDepthEstimation");
  checkpoint.config.pooled_is_pooler_output = false;
  return checkpoint;
}

inline CheckpointFamily transformers_zoedepth_family() {
  return {"transformers zoedepth", "transformers model_type zoedepth",
          [](const nlohmann::json& config) { return has_model_type(config, "zoedepth"); },
          read_transformers_zoedepth};
}

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
