/// The numbers and choices of a head that estimates depth.
#ifndef EIGENVIT_MODEL_HEADS_DEPTH_CONFIG_HPP
#define EIGENVIT_MODEL_HEADS_DEPTH_CONFIG_HPP

#include <array>
#include <cstddef>
#include <string>

#include <eigenvit/core/types.hpp>
#include <eigenvit/kernels/activation.hpp>
#include <eigenvit/model/vit_config.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {

/// What a head that reads patches makes of the CLS token.
enum class Readout {
  ignore,
  add,      ///< `x + cls`
  project,  ///< `act(W [x; cls] + b)`
};

/// What a depth head is made of.
struct DepthConfig {
  static constexpr int levels = 4;

  Index channels = 64;  ///< of the maps that are fused
  Index head_channels = 32;
  std::array<Index, levels> blocks = {};  ///< whose tokens are read, from 0, in rising order
  std::array<Index, levels> level_channels = {};
  /// By how much each level enlarges the patch grid, or, negative, makes it smaller.
  std::array<Index, levels> factors = {4, 2, 1, -2};
  bool normed_tokens = true;  ///< whether tokens go through the encoder's final norm
  Readout readout = Readout::ignore;
  Activation readout_act = Activation::gelu;
  /// Whether maps are enlarged by two, from the last level to the result, and those of the levels
  /// take that size (DPT). Otherwise they are enlarged to the next level's size, and to the image's
  /// at the end (Depth Anything).
  bool doubles = false;
  bool add_projection = false;  ///< a convolution before the last three
  bool unit_bias = true;        ///< biases of the units' convolutions
  bool batch_norm = false;      ///< batch norms after them
  bool is_metric = false;       ///< metres up to `max_depth`; else relative, larger is nearer
  float max_depth = 1;
};

namespace detail {

/// Throws `ConfigError` unless the numbers fit together and to the encoder.
inline void validate(const DepthConfig& head, const VitConfig& encoder, const ConfigCheck& check) {
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
  check.require(encoder.final_norm || !head.normed_tokens,
                "a final norm, which the depth head has before it", "none");
  check.require(encoder.class_token || head.readout == Readout::ignore,
                "a class token, which the depth head reads", "none");
  check.require(head.max_depth > 0 && head.max_depth <= 1e6F, "a largest depth from 0 to 1e6",
                std::to_string(head.max_depth));
}

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
