/// transformers' Depth Anything, versions 1 and 2: `DepthAnythingForDepthEstimation`.
#ifndef EIGENVIT_IO_CHECKPOINT_FAMILIES_TRANSFORMERS_DEPTH_ANYTHING_INL
#define EIGENVIT_IO_CHECKPOINT_FAMILIES_TRANSFORMERS_DEPTH_ANYTHING_INL

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include <eigenvit/io/checkpoint_families/transformers_dinov2.inl>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// The blocks after which a backbone gives its tokens: `out_indices`, which count what enters the
/// first block as 0, or their names `stageN` in `out_features`.
template <std::size_t count>
std::array<Index, count> transformers_out_blocks(const JsonObject& backbone, Index depth) {
  std::vector<std::int64_t> indices;
  if (backbone.has("out_indices")) {
    indices = backbone.integers("out_indices", count, -depth - 1, depth);
  } else {
    for (const std::string& name : backbone.strings("out_features")) {
      indices.push_back(name.rfind("stage", 0) == 0 ? std::atol(name.c_str() + 5) : 0);
    }
    if (indices.size() != count) backbone.fail("out_features", message({count, " stages"}));
  }
  std::array<Index, count> blocks{};
  for (std::size_t i = 0; i < count; ++i) {
    blocks[i] = static_cast<Index>(indices[i] < 0 ? depth + indices[i] : indices[i] - 1);
  }
  return blocks;
}

/// The sizes of a DPT decoder: channels of its levels, and their sizes relative to the patch grid.
inline DepthConfig transformers_dpt_levels(const JsonObject& json) {
  constexpr std::size_t levels = DepthConfig::levels;
  DepthConfig head;
  head.channels = static_cast<Index>(json.integer_or("fusion_hidden_size", 64, 2, 1 << 14));
  head.level_channels = {48, 96, 192, 384};
  if (json.has("neck_hidden_sizes")) {
    const auto sizes = json.integers("neck_hidden_sizes", levels, 1, 1 << 14);
    std::copy(sizes.begin(), sizes.end(), head.level_channels.begin());
  }
  if (json.has("reassemble_factors")) {
    const auto factors = json.numbers("reassemble_factors", levels, 0.125, 8);
    for (std::size_t i = 0; i < levels; ++i) {
      const double factor = factors[i] < 1 ? -1 / factors[i] : factors[i];
      head.factors[i] = static_cast<Index>(factor);
      if (static_cast<double>(head.factors[i]) != factor) {
        json.fail("reassemble_factors", "whole numbers or one over such");
      }
    }
  }
  return head;
}

/// A DINOv2 of whose normed patches after four blocks a decoder makes a map of depths.
/// Source: transformers, models/depth_anything; Yang et al., arXiv:2401.10891, arXiv:2406.09414.
inline Checkpoint read_transformers_depth_anything(const CheckpointFiles& files) {
  const JsonObject json(files.config, files.config_source);
  const JsonObject backbone = json.object("backbone_config");
  const std::string type = backbone.string_or("model_type", "dinov2");
  if (type != "dinov2") {
    raise<UnsupportedError>({backbone.place("model_type"), ": expected dinov2, found ", type});
  }
  if (!backbone.boolean_or("apply_layernorm", true)) {
    raise<UnsupportedError>({backbone.place("apply_layernorm"), ": expected true, found false"});
  }
  if (json.integer_or("head_in_index", -1, -DepthConfig::levels, DepthConfig::levels - 1) != -1) {
    raise<UnsupportedError>({json.place("head_in_index"), ": expected -1, found another"});
  }
  const CheckpointFiles backbone_files{
      backbone.json(), files.preprocessor, files.config_source, files.preprocessor_source,
      files.tensors,   files.image_size,   files.release};
  Checkpoint checkpoint =
      read_transformers_dinov2(backbone_files, {false, "backbone.", "DPTImageProcessor"});
  checkpoint.family = "transformers depth_anything";
  checkpoint.architecture = transformers_architecture(json, "DepthAnythingForDepthEstimation");
  VitConfig& config = checkpoint.config;
  config.pooled_is_pooler_output = false;
  if (json.integer_or("patch_size", 14, 1, 1 << 14) != config.patch_height) {
    json.fail("patch_size", message({config.patch_height, ", as that of the backbone"}));
  }
  DepthConfig& head = config.depth_head = transformers_dpt_levels(json);
  head.blocks = transformers_out_blocks<DepthConfig::levels>(backbone, config.depth);
  head.head_channels = static_cast<Index>(json.integer_or("head_hidden_size", 32, 1, 1 << 14));
  const std::string kind = json.string_or("depth_estimation_type", "relative");
  if (kind != "relative" && kind != "metric") {
    json.fail("depth_estimation_type", "relative or metric");
  }
  head.is_metric = kind == "metric";
  head.max_depth = static_cast<float>(json.number_or("max_depth", 1, 1e-6, 1e6));
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
