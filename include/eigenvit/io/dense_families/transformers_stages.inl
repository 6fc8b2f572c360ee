/// The stages after which transformers' backbones give their tokens.
#ifndef EIGENVIT_IO_DENSE_FAMILIES_TRANSFORMERS_STAGES_INL
#define EIGENVIT_IO_DENSE_FAMILIES_TRANSFORMERS_STAGES_INL

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include <eigenvit/core/error.hpp>
#include <eigenvit/core/message.hpp>
#include <eigenvit/io/json_reader.hpp>
#include <eigenvit/model/vit_config.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// The stages that a backbone's configuration names, by number under `key` or by their names
/// `stageN` in `out_features`: 0 is what enters the first block, 1 what leaves it, negative numbers
/// count from the last one back. There must be `count`; where that is 0 there may be any number of
/// them, and none where the configuration names none. Source: transformers' `BackboneMixin`.
inline std::vector<std::int64_t> transformers_stages(const JsonObject& backbone, Index depth,
                                                     std::size_t count = 0,
                                                     const char* key = "out_indices") {
  std::vector<std::int64_t> stages;
  if (const nlohmann::json* const indices = backbone.find(key)) {
    const std::size_t stated = indices->is_array() ? indices->size() : 1;
    stages = backbone.integers(key, count > 0 ? count : stated, -depth - 1, depth);
    for (std::int64_t& stage : stages) {
      if (stage < 0) stage += depth + 1;
    }
  } else if (count > 0 || backbone.has("out_features")) {
    for (const std::string& name : backbone.strings("out_features")) {
      std::int64_t stage = -1;
      const char* const end = name.data() + name.size();
      const bool is_stage =
          name.rfind("stage", 0) == 0 &&
          std::from_chars(name.data() + std::min<std::size_t>(5, name.size()), end, stage).ptr ==
              end;
      // "stem" is what enters the first block.
      if (name == "stem") stage = 0;
      if ((!is_stage && name != "stem") || stage < 0 || stage > depth) {
        backbone.fail("out_features", message({"stem, or stage1 to stage", depth}));
      }
      stages.push_back(stage);
    }
    if (count > 0 && stages.size() != count) {
      backbone.fail("out_features", message({count, " stages"}));
    }
  }
  return stages;
}

/// Throws `UnsupportedError` where `tie_last_hidden_states` puts what has gone through the final
/// norm in the place of the tokens after the last block, and a decoder reads these: all its levels
/// are normed, or none. `last` is the last block that it reads. Source: transformers'
/// `capture_outputs`, whose argument the configuration overrides.
inline void refuse_normed_last_level(const JsonObject& json, const VitConfig& encoder, Index last) {
  if (last + 1 != encoder.depth || !encoder.final_norm) return;
  if (!json.boolean_or("tie_last_hidden_states", false)) return;
  raise<UnsupportedError>({json.place("tie_last_hidden_states"),
                           ": expected false, as the decoder reads the last block, found true"});
}

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
