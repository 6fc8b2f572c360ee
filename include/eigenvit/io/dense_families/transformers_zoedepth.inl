/// The head of transformers' `ZoeDepthForDepthEstimation`.
#ifndef EIGENVIT_IO_DENSE_FAMILIES_TRANSFORMERS_ZOEDEPTH_INL
#define EIGENVIT_IO_DENSE_FAMILIES_TRANSFORMERS_ZOEDEPTH_INL

#include <algorithm>
#include <cstddef>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include <eigenvit/core/error.hpp>
#include <eigenvit/core/message.hpp>
#include <eigenvit/io/dense_families/transformers_dpt.inl>
#include <eigenvit/io/dense_family.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// The name of a domain, which is one part of its tensors' names.
inline std::string read_zoe_name(const JsonObject& domain) {
  std::string name = domain.string("name");
  const auto is_plain = [](char c) { return c > ' ' && c < 127 && c != '.'; };
  if (name.empty() || !std::all_of(name.begin(), name.end(), is_plain)) {
    domain.fail("name", "printable ASCII without spaces and dots");
  }
  return name;
}

/// `bin_configurations`, of which the class chooses between the first two.
inline void read_zoe_domains(const JsonObject& json, ZoeDepthConfig& head) {
  constexpr const char* key = "bin_configurations";
  const nlohmann::json* const list = json.find(key);
  // Python takes an empty list for none.
  if (list == nullptr || (list->is_array() && list->empty())) return;
  if (!list->is_array()) json.fail(key, "an array of objects");
  const std::size_t count = std::min(list->size(), ZoeDepthConfig::most_domains);
  head.domain_count = static_cast<Index>(count);
  for (std::size_t i = 0; i < count; ++i) {
    const JsonObject stated((*list)[i], json.source(), message({key, ".", i}));
    ZoeDomain& domain = head.domains[i];
    if (count > 1) domain.name = read_zoe_name(stated);
    domain.bins = static_cast<Index>(stated.integer("n_bins", 1, 1 << 12));
    domain.min_depth = stated.number("min_depth", 0, 1e6);
    domain.max_depth = stated.number("max_depth", 0, 1e6);
  }
  if (count > 1 && head.domains[0].name == head.domains[1].name) {
    json.fail(key, "domains with different names");
  }
}

/// What chooses between domains. The class builds its classifier for one width and runs four
/// blocks, whatever is stated.
inline void read_zoe_router(const JsonObject& json, ZoeDepthConfig& head) {
  constexpr Index width = ZoeDepthConfig::router_width;
  constexpr Index blocks = ZoeDepthConfig::router_blocks;
  if (json.integer("patch_transformer_hidden_size", 1, 1 << 14) != width) {
    json.fail("patch_transformer_hidden_size", message({width}));
  }
  if (json.integer("num_patch_transformer_layers", 0, 1 << 12) < blocks) {
    json.fail("num_patch_transformer_layers", message({"at least ", blocks}));
  }
  head.router_hidden =
      static_cast<Index>(json.integer("patch_transformer_intermediate_size", 1, 1 << 16));
  head.router_heads =
      static_cast<Index>(json.integer("patch_transformer_num_attention_heads", 1, width));
}

/// Source: transformers, models/zoedepth; Bhat et al., arXiv:2302.12288.
inline DenseConfig read_transformers_zoedepth_head(const CheckpointFiles& files,
                                                   Checkpoint& checkpoint) {
  const JsonObject json(files.config, files.config_source);
  ZoeDepthConfig head;
  head.neck = transformers_dpt_neck(json, checkpoint.config);
  head.neck.batch_norm_eps = json.number_or("batch_norm_eps", 1e-5, 1e-30, 1);
  if (head.neck.readout != Readout::project) {
    // The class permutes three axes of a map that has four.
    raise<UnsupportedError>({json.place("readout_type"), ": expected project, found ",
                             json.string_or("readout_type", "project")});
  }
  if (json.integer_or("bottleneck_features", 256, 1, 1 << 14) != head.neck.channels) {
    json.fail("bottleneck_features", message({head.neck.channels, ", as fusion_hidden_size"}));
  }
  head.add_projection = json.boolean_or("add_projection", false);
  head.relative_channels =
      static_cast<Index>(json.integer_or("num_relative_features", 32, 1, 1 << 12));
  head.embedding = static_cast<Index>(json.integer_or("bin_embedding_dim", 128, 4, 1 << 12));
  const std::string kind = json.string_or("attractor_kind", "mean");
  if (kind != "mean" && kind != "sum") json.fail("attractor_kind", "mean or sum");
  head.sums_attraction = kind == "sum";
  const std::string bins = json.string_or("bin_centers_type", "softplus");
  if (bins != "softplus" && bins != "normed") {
    json.fail("bin_centers_type", "softplus or normed");
  }
  head.bounded_bins = bins == "normed";
  head.min_temperature = json.number_or("min_temp", 0.0212, 1e-6, 1e6);
  head.max_temperature = json.number_or("max_temp", 50, 1e-6, 1e6);
  read_zoe_domains(json, head);
  // Python takes the first four of a longer list; with two domains its length alone counts.
  if (json.has("num_attractors")) {
    const auto stated = json.integers("num_attractors", ZoeDepthConfig::levels, 1, 1 << 12);
    std::copy(stated.begin(), stated.end(), head.attractors.begin());
  }
  if (head.has_router()) {
    read_zoe_router(json, head);
    // The class leaves them at its layer's default.
    head.attractors.fill(16);
  }
  return head;
}

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
