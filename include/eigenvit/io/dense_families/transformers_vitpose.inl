/// The decoders of transformers' ViTPose.
#ifndef EIGENVIT_IO_DENSE_FAMILIES_TRANSFORMERS_VITPOSE_INL
#define EIGENVIT_IO_DENSE_FAMILIES_TRANSFORMERS_VITPOSE_INL

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include <eigenvit/core/error.hpp>
#include <eigenvit/core/message.hpp>
#include <eigenvit/io/checkpoint_families/transformers_vit_like.inl>
#include <eigenvit/io/dense_families/transformers_stages.inl>
#include <eigenvit/io/dense_family.hpp>
#include <eigenvit/io/json_reader.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// The last block whose tokens a backbone gives: its last one where the configuration names none.
inline Index transformers_last_block(const JsonObject& backbone, Index depth) {
  const std::vector<std::int64_t> stages = transformers_stages(backbone, depth);
  const std::int64_t last =
      stages.empty() ? depth : *std::max_element(stages.begin(), stages.end());
  if (last < 1) backbone.fail("out_indices", "the output of a block");
  return static_cast<Index>(last - 1);
}

/// `edges`, where the configuration has them: pairs of keypoints. One that comes again, in either
/// direction, counts once.
inline std::vector<std::array<Index, 2>> transformers_edges(const JsonObject& json,
                                                            Index keypoints) {
  std::vector<std::array<Index, 2>> edges;
  std::set<std::array<Index, 2>> known;
  const nlohmann::json* const given = json.find("edges");
  if (given == nullptr) return edges;
  constexpr const char* expected = "pairs of keypoints";
  if (!given->is_array()) json.fail("edges", expected);
  for (const nlohmann::json& pair : *given) {
    if (!pair.is_array() || pair.size() != 2) json.fail("edges", expected);
    std::array<Index, 2> edge{};
    for (std::size_t end = 0; end < 2; ++end) {
      const std::optional<std::int64_t> number = json_integer(pair[end]);
      if (!number || *number < 0 || *number >= keypoints) json.fail("edges", expected);
      edge[end] = static_cast<Index>(*number);
    }
    if (!known.insert({std::min(edge[0], edge[1]), std::max(edge[0], edge[1])}).second) continue;
    if (edges.size() == static_cast<std::size_t>(PoseConfig::most_edges)) {
      json.fail("edges", message({"at most ", PoseConfig::most_edges, " pairs of keypoints"}));
    }
    edges.push_back(edge);
  }
  return edges;
}

/// Source: transformers, models/vitpose; Xu et al., arXiv:2204.12484.
inline DenseConfig read_transformers_vitpose_head(const CheckpointFiles& files,
                                                  Checkpoint& checkpoint) {
  const JsonObject json(files.config, files.config_source);
  // The backbone alone has no head.
  if (!json.has("backbone_config")) return {};
  PoseConfig head;
  head.keypoints = classifier_rows(json, files.tensors, "head.conv.weight");
  head.block = transformers_last_block(json.object("backbone_config"), checkpoint.config.depth);
  const bool simple = json.boolean_or("use_simple_decoder", true);
  head.factor = simple ? static_cast<Index>(json.integer_or("scale_factor", 4, 1, 16)) : 0;
  head.edges = transformers_edges(json, head.keypoints);
  checkpoint.labels =
      transformers_labels(json, static_cast<std::size_t>(head.keypoints), checkpoint);
  return head;
}

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
