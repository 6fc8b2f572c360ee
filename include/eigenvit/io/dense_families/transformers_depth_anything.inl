/// The decoder of transformers' Depth Anything, versions 1 and 2.
#ifndef EIGENVIT_IO_DENSE_FAMILIES_TRANSFORMERS_DEPTH_ANYTHING_INL
#define EIGENVIT_IO_DENSE_FAMILIES_TRANSFORMERS_DEPTH_ANYTHING_INL

#include <string>

#include <eigenvit/core/message.hpp>
#include <eigenvit/io/dense_families/transformers_dpt_levels.inl>
#include <eigenvit/io/dense_family.hpp>
#include <eigenvit/io/json_reader.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// Source: transformers, models/depth_anything; Yang et al., arXiv:2401.10891, arXiv:2406.09414.
inline DenseConfig read_transformers_depth_anything_head(const CheckpointFiles& files,
                                                         Checkpoint& checkpoint) {
  const VitConfig& encoder = checkpoint.config;
  const JsonObject json(files.config, files.config_source);
  const JsonObject backbone = json.object("backbone_config");
  if (json.integer_or("patch_size", 14, 1, 1 << 14) != encoder.patch_height) {
    json.fail("patch_size", message({encoder.patch_height, ", as that of the backbone"}));
  }
  DepthConfig head;
  head.neck = transformers_dpt_levels(json, 64, {48, 96, 192, 384});
  head.neck.blocks = transformers_out_blocks<DptNeckConfig::levels>(backbone, encoder.depth);
  head.neck.normed_tokens = backbone.boolean_or("apply_layernorm", true);
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
