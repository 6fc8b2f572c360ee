/// What DPT's decoders in transformers have in common.
#ifndef EIGENVIT_IO_DENSE_FAMILIES_TRANSFORMERS_DPT_LEVELS_INL
#define EIGENVIT_IO_DENSE_FAMILIES_TRANSFORMERS_DPT_LEVELS_INL

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include <eigenvit/core/error.hpp>
#include <eigenvit/core/message.hpp>
#include <eigenvit/io/dense_families/transformers_stages.inl>
#include <eigenvit/io/json_reader.hpp>
#include <eigenvit/model/heads/dpt_neck_config.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// The blocks after which a backbone gives its tokens: its stages, of which the first is what
/// enters the first block.
template <std::size_t count>
std::array<Index, count> transformers_out_blocks(const JsonObject& backbone, Index depth) {
  const std::vector<std::int64_t> stages = transformers_stages(backbone, depth, count);
  std::array<Index, count> blocks{};
  for (std::size_t i = 0; i < count; ++i) blocks[i] = static_cast<Index>(stages[i] - 1);
  return blocks;
}

/// The sizes of a DPT decoder: channels of its levels, and their sizes relative to the patch grid.
inline DptNeckConfig transformers_dpt_levels(
    const JsonObject& json, Index channels, const std::array<Index, DptNeckConfig::levels>& sizes) {
  constexpr std::size_t levels = DptNeckConfig::levels;
  DptNeckConfig neck;
  neck.channels = static_cast<Index>(json.integer_or("fusion_hidden_size", channels, 2, 1 << 14));
  neck.level_channels = sizes;
  if (json.has("neck_hidden_sizes")) {
    const auto stated = json.integers("neck_hidden_sizes", levels, 1, 1 << 14);
    std::copy(stated.begin(), stated.end(), neck.level_channels.begin());
  }
  if (json.has("reassemble_factors")) {
    const auto factors = json.numbers("reassemble_factors", levels, 0.125, 8);
    for (std::size_t i = 0; i < levels; ++i) {
      const double factor = factors[i] < 1 ? -1 / factors[i] : factors[i];
      neck.factors[i] = static_cast<Index>(factor);
      if (static_cast<double>(neck.factors[i]) != factor) {
        json.fail("reassemble_factors", "whole numbers or one over such");
      }
    }
  }
  // The last maps are those that the decoder ends with.
  if (json.integer_or("head_in_index", -1, -DptNeckConfig::levels, DptNeckConfig::levels - 1) !=
      -1) {
    raise<UnsupportedError>({json.place("head_in_index"), ": expected -1, found another"});
  }
  return neck;
}

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
