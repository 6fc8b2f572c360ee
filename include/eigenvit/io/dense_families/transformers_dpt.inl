/// The decoder of transformers' `DPTForDepthEstimation`.
#ifndef EIGENVIT_IO_DENSE_FAMILIES_TRANSFORMERS_DPT_INL
#define EIGENVIT_IO_DENSE_FAMILIES_TRANSFORMERS_DPT_INL

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <eigenvit/core/error.hpp>
#include <eigenvit/core/message.hpp>
#include <eigenvit/io/checkpoint_families/transformers_vit_like.inl>
#include <eigenvit/io/dense_families/transformers_dpt_levels.inl>
#include <eigenvit/io/dense_family.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

inline Readout transformers_readout(const JsonObject& json) {
  const std::string type = json.string_or("readout_type", "project");
  if (type == "ignore") return Readout::ignore;
  if (type == "add") return Readout::add;
  if (type != "project") json.fail("readout_type", "ignore, add or project");
  return Readout::project;
}

/// The blocks whose tokens the levels read, of a plain ViT: the class takes those that are in the
/// list, in the network's order.
inline std::array<Index, DptNeckConfig::levels> transformers_dpt_blocks(const JsonObject& json,
                                                                        Index depth) {
  const char* const key = "backbone_out_indices";
  std::array<Index, DptNeckConfig::levels> blocks = {2, 5, 8, 11};
  if (!json.has(key)) return blocks;
  std::vector<std::int64_t> stated = json.integers(key, blocks.size(), 0, depth - 1);
  std::sort(stated.begin(), stated.end());
  if (std::adjacent_find(stated.begin(), stated.end()) != stated.end()) {
    json.fail(key, message({blocks.size(), " different blocks"}));
  }
  for (std::size_t i = 0; i < blocks.size(); ++i) blocks[i] = static_cast<Index>(stated[i]);
  return blocks;
}

/// The decoder up to its head, on a plain ViT or on a backbone.
inline DptNeckConfig transformers_dpt_neck(const JsonObject& json, const VitConfig& config) {
  const Index depth = config.depth;
  constexpr std::size_t levels = DptNeckConfig::levels;
  DptNeckConfig neck = transformers_dpt_levels(json, 256, {96, 192, 384, 768});
  neck.doubles = true;
  neck.readout = transformers_readout(json);
  neck.readout_act = transformers_activation(json, "hidden_act", "gelu");
  neck.batch_norm = json.boolean_or("use_batch_norm_in_fusion_residual", false);
  neck.unit_bias = json.boolean_or("use_bias_in_fusion_residual", !neck.batch_norm);
  const std::optional<JsonObject> backbone = json.find_object("backbone_config");
  if (backbone) {
    neck.blocks = transformers_out_blocks<levels>(*backbone, depth);
    neck.normed_tokens = backbone->string_or("model_type", "") == "dinov2" &&
                         backbone->boolean_or("apply_layernorm", true);
    if (backbone->boolean_or("reshape_hidden_states", true)) {
      raise<UnsupportedError>(
          {backbone->place("reshape_hidden_states"), ": expected false, found true"});
    }
    if (backbone->boolean_or("add_fpn", false)) {
      raise<UnsupportedError>({backbone->place("add_fpn"), ": expected false, found true"});
    }
  } else {
    neck.normed_tokens = false;
    neck.blocks = transformers_dpt_blocks(json, depth);
  }
  // DINOv2 has the final norm outside of what the key is about.
  const bool is_dinov2 = backbone && backbone->string_or("model_type", "") == "dinov2";
  const JsonObject& encoder = backbone ? *backbone : json;
  if (!is_dinov2) refuse_normed_last_level(encoder, config, neck.blocks.back());
  return neck;
}

/// Nothing where the folder has no such head. The auxiliary head, which only training reads, is
/// left alone. Source: transformers, models/dpt; Ranftl et al., arXiv:2103.13413.
inline DenseConfig read_transformers_dpt_head(const CheckpointFiles& files,
                                              Checkpoint& checkpoint) {
  const JsonObject json(files.config, files.config_source);
  if (checkpoint.architecture == "DPTForDepthEstimation") {
    DepthConfig head;
    head.neck = transformers_dpt_neck(json, checkpoint.config);
    head.add_projection = json.boolean_or("add_projection", false);
    return head;
  }
  if (checkpoint.architecture == "DPTForSemanticSegmentation") {
    DptSegmentationConfig head;
    head.neck = transformers_dpt_neck(json, checkpoint.config);
    head.classes = classifier_rows(json, files.tensors, "head.head.4.weight");
    checkpoint.labels =
        transformers_labels(json, static_cast<std::size_t>(head.classes), checkpoint);
    return head;
  }
  return {};
}

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
