/// The decoder of transformers' Depth Anything, versions 1 and 2.
#ifndef EIGENVIT_IO_DENSE_FAMILIES_TRANSFORMERS_DEPTH_ANYTHING_INL
#define EIGENVIT_IO_DENSE_FAMILIES_TRANSFORMERS_DEPTH_ANYTHING_INL

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include <eigenvit/core/error.hpp>
#include <eigenvit/core/message.hpp>
#include <eigenvit/io/dense_family.hpp>
#include <eigenvit/io/json_reader.hpp>

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

/// Source: transformers, models/depth_anything; Yang et al., arXiv:2401.10891, arXiv:2406.09414.
inline DenseConfig read_transformers_depth_anything_head(const CheckpointFiles& files,
                                                         Checkpoint& checkpoint) {
  const VitConfig& encoder = checkpoint.config;
  const JsonObject json(files.config, files.config_source);
  const JsonObject backbone = json.object("backbone_config");
  if (!backbone.boolean_or("apply_layernorm", true)) {
    raise<UnsupportedError>({backbone.place("apply_layernorm"), ": expected true, found false"});
  }
  if (json.integer_or("head_in_index", -1, -DepthConfig::levels, DepthConfig::levels - 1) != -1) {
    raise<UnsupportedError>({json.place("head_in_index"), ": expected -1, found another"});
  }
  if (json.integer_or("patch_size", 14, 1, 1 << 14) != encoder.patch_height) {
    json.fail("patch_size", message({encoder.patch_height, ", as that of the backbone"}));
  }
  DepthConfig head = transformers_dpt_levels(json);
  head.blocks = transformers_out_blocks<DepthConfig::levels>(backbone, encoder.depth);
  head.head_channels = static_cast<Index>(json.integer_or("head_hidden_size", 32, 1, 1 << 14));
  const std::string kind = json.string_or("depth_estimation_type", "relative");
  if (kind != "relative" && kind != "metric") {
    json.fail("depth_estimation_type", "relative or metric");
  }
  head.is_metric = kind == "metric";
  head.max_depth = static_cast<float>(json.number_or("max_depth", 1, 1e-6, 1e6));
  return head;
}

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
