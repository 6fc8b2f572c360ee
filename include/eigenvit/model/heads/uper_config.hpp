/// What a UPerNet head is made of.
#ifndef EIGENVIT_MODEL_HEADS_UPER_CONFIG_HPP
#define EIGENVIT_MODEL_HEADS_UPER_CONFIG_HPP

#include <algorithm>
#include <array>
#include <cstddef>

#include <eigenvit/core/message.hpp>
#include <eigenvit/core/types.hpp>
#include <eigenvit/model/encoder_config.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {

/// A head that gives each pixel scores of classes, by a pyramid of four maps. All maps have the
/// width of the encoder.
struct UperConfig {
  static constexpr int levels = 4;
  static constexpr int most_scales = 8;

  Index classes = 0;
  std::array<Index, levels> blocks = {};  ///< whose tokens are read, from 0; no two are the same
  /// Sides of the maps that the last level is pooled to; after the last one 0.
  std::array<Index, most_scales> pool_scales = {1, 2, 3, 6};

  /// How many maps it is pooled to.
  Index scales() const noexcept {
    Index count = 0;
    while (count < Index{most_scales} && pool_scales[static_cast<std::size_t>(count)] != 0) ++count;
    return count;
  }
};

namespace detail {

/// Throws `ConfigError` unless the numbers make sense and fit the encoder.
inline void validate(const UperConfig& head, const EncoderConfig& encoder,
                     const ConfigCheck& check) {
  check.within("classes of a segmentation head", head.classes, 1, 1 << 16);
  for (std::size_t i = 0; i < UperConfig::levels; ++i) {
    const Index block = head.blocks[i];
    check.within("block of a segmentation level", block, 0, encoder.depth - 1);
    const auto end = head.blocks.begin() + static_cast<std::ptrdiff_t>(i);
    check.require(std::find(head.blocks.begin(), end, block) == end,
                  "another block for each segmentation level", message({block, " twice"}));
  }
  check.within("number of pool scales", head.scales(), 1, UperConfig::most_scales);
  for (std::size_t i = 0; i < UperConfig::most_scales; ++i) {
    const bool is_used = static_cast<Index>(i) < head.scales();
    check.within("pool scale", head.pool_scales[i], is_used ? 1 : 0, is_used ? 64 : 0);
  }
}

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
