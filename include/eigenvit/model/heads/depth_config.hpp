/// The numbers and choices of a head that estimates depth.
#ifndef EIGENVIT_MODEL_HEADS_DEPTH_CONFIG_HPP
#define EIGENVIT_MODEL_HEADS_DEPTH_CONFIG_HPP

#include <array>
#include <cstddef>
#include <string>

#include <eigenvit/core/types.hpp>
#include <eigenvit/model/encoder_config.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {

/// What a depth head is made of.
struct DepthConfig {
  static constexpr int levels = 4;

  Index channels = 64;  ///< of the maps that are fused
  Index head_channels = 32;
  std::array<Index, levels> blocks = {};  ///< whose tokens are read, from 0, in rising order
  std::array<Index, levels> level_channels = {};
  /// By how much each level enlarges the patch grid, or, negative, makes it smaller.
  std::array<Index, levels> factors = {4, 2, 1, -2};
  bool is_metric = false;  ///< metres up to `max_depth`; else relative, larger is nearer
  float max_depth = 1;
};

namespace detail {

/// Throws `ConfigError` unless the numbers fit together and to the encoder.
inline void validate(const DepthConfig& head, const EncoderConfig& encoder,
                     const ConfigCheck& check) {
  check.within("channels of fused maps", head.channels, 2, 1 << 14);
  check.require(head.channels % 2 == 0, "an even number of channels of fused maps",
                std::to_string(head.channels));
  check.within("channels of the depth head", head.head_channels, 1, 1 << 14);
  for (std::size_t i = 0; i < DepthConfig::levels; ++i) {
    check.within("block of a depth level", head.blocks[i], i == 0 ? 0 : head.blocks[i - 1] + 1,
                 encoder.depth - 1);
    check.within("channels of a depth level", head.level_channels[i], 1, 1 << 14);
    const Index factor = head.factors[i];
    check.require(factor != 0 && factor >= -8 && factor <= 8,
                  "a factor of a depth level from 1/8 to 8", std::to_string(factor));
  }
  check.require(encoder.final_norm, "a final norm, which the depth head has before it", "none");
  check.require(head.max_depth > 0 && head.max_depth <= 1e6F, "a largest depth from 0 to 1e6",
                std::to_string(head.max_depth));
}

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
