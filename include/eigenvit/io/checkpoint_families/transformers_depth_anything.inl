/// transformers' Depth Anything, versions 1 and 2: `DepthAnythingForDepthEstimation`.
#ifndef EIGENVIT_IO_CHECKPOINT_FAMILIES_TRANSFORMERS_DEPTH_ANYTHING_INL
#define EIGENVIT_IO_CHECKPOINT_FAMILIES_TRANSFORMERS_DEPTH_ANYTHING_INL

#include <string>

#include <nlohmann/json.hpp>

#include <eigenvit/io/checkpoint_families/transformers_dinov2.inl>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// A DINOv2, whose patches after four blocks the dense head reads.
/// Source: transformers, models/depth_anything; Yang et al., arXiv:2401.10891, arXiv:2406.09414.
inline Checkpoint read_transformers_depth_anything(const CheckpointFiles& files) {
  const JsonObject json(files.config, files.config_source);
  const JsonObject backbone = json.object("backbone_config");
  const std::string type = backbone.string_or("model_type", "dinov2");
  if (type != "dinov2") {
    raise<UnsupportedError>({backbone.place("model_type"), ": expected dinov2, found ", type});
  }
  const CheckpointFiles backbone_files{
      backbone.json(), files.preprocessor, files.config_source, files.preprocessor_source,
      files.tensors,   files.image_size,   files.release,       files.dataset_index};
  Checkpoint checkpoint =
      read_transformers_dinov2(backbone_files, {false, "backbone.", "DPTImageProcessor"});
  checkpoint.family = "transformers depth_anything";
  checkpoint.architecture = transformers_architecture(json, "DepthAnythingForDepthEstimation");
  checkpoint.config.pooled_is_pooler_output = false;
  return checkpoint;
}

inline CheckpointFamily transformers_depth_anything_family() {
  return {"transformers depth_anything", "transformers model_type depth_anything",
          [](const nlohmann::json& config) { return has_model_type(config, "depth_anything"); },
          read_transformers_depth_anything};
}

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
