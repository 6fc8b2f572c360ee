/// What DPT's decoders in transformers have in common.
#ifndef EIGENVIT_IO_DENSE_FAMILIES_TRANSFORMERS_DPT_LEVELS_INL
#define EIGENVIT_IO_DENSE_FAMILIES_TRANSFORMERS_DPT_LEVELS_INL

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include <eigenvit/core/error.hpp>
#include <eigenvit/core/message.hpp>
#include <eigenvit/io/json_reader.hpp>
#include <eigenvit/model/heads/depth_config.hpp>

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
inline DepthConfig transformers_dpt_levels(const JsonObject& json, Index channels,
                                           const std::array<Index, DepthConfig::levels>& sizes) {
  constexpr std::size_t levels = DepthConfig::levels;
  DepthConfig head;
  head.channels = static_cast<Index>(json.integer_or("fusion_hidden_size", channels, 2, 1 << 14));
  head.level_channels = sizes;
  if (json.has("neck_hidden_sizes")) {
    const auto stated = json.integers("neck_hidden_sizes", levels, 1, 1 << 14);
    std::copy(stated.begin(), stated.end(), head.level_channels.begin());
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
  // The last maps are those that the decoder ends with.
  if (json.integer_or("head_in_index", -1, -DepthConfig::levels, DepthConfig::levels - 1) != -1) {
    raise<UnsupportedError>({json.place("head_in_index"), ": expected -1, found another"});
  }
  return head;
}

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
