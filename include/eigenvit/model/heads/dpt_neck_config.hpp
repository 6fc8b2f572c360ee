/// The numbers and choices of a DPT decoder up to its head.
#ifndef EIGENVIT_MODEL_HEADS_DPT_NECK_CONFIG_HPP
#define EIGENVIT_MODEL_HEADS_DPT_NECK_CONFIG_HPP

#include <array>
#include <cstddef>
#include <string>

#include <eigenvit/core/types.hpp>
#include <eigenvit/kernels/activation.hpp>
#include <eigenvit/model/vit_config.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {

/// What a decoder that reads patches makes of the CLS token.
enum class Readout {
  ignore,
  add,      ///< `x + cls`
  project,  ///< `act(W [x; cls] + b)`
};

/// What a decoder that fuses four maps is made of.
struct DptNeckConfig {
  static constexpr int levels = 4;

  Index channels = 64;                    ///< of the maps that are fused
  std::array<Index, levels> blocks = {};  ///< whose tokens are read, from 0, in rising order
  std::array<Index, levels> level_channels = {};
  /// By how much each level enlarges the patch grid, or, negative, makes it smaller.
  std::array<Index, levels> factors = {4, 2, 1, -2};
  bool normed_tokens = true;  ///< whether tokens go through the encoder's final norm
  Readout readout = Readout::ignore;
  Activation readout_act = Activation::gelu;
  /// Whether maps are enlarged by two, from the last level to the first, and those of the levels
  /// take that size (DPT). Otherwise they are enlarged to the next level's size (Depth Anything).
  bool doubles = false;
  bool unit_bias = true;    ///< biases of the units' convolutions
  bool batch_norm = false;  ///< batch norms after them
  double batch_norm_eps = 1e-5;
};

namespace detail {

/// Throws `ConfigError` unless the numbers fit together and to the encoder.
inline void validate(const DptNeckConfig& neck, const VitConfig& encoder,
                     const ConfigCheck& check) {
  check.within("channels of fused maps", neck.channels, 1, 1 << 14);
  for (std::size_t i = 0; i < DptNeckConfig::levels; ++i) {
    check.within("block of a level", neck.blocks[i], i == 0 ? 0 : neck.blocks[i - 1] + 1,
                 encoder.depth - 1);
    check.within("channels of a level", neck.level_channels[i], 1, 1 << 14);
    const Index factor = neck.factors[i];
    check.require(factor != 0 && factor >= -8 && factor <= 8, "a factor of a level from 1/8 to 8",
                  std::to_string(factor));
  }
  check.require(neck.batch_norm_eps > 0 && neck.batch_norm_eps <= 1,
                "an epsilon of batch norms above 0 and at most 1",
                std::to_string(neck.batch_norm_eps));
  check.require(encoder.final_norm || !neck.normed_tokens,
                "a final norm, which the decoder has before it", "none");
  check.require(encoder.class_token || neck.readout == Readout::ignore,
                "a class token, which the decoder reads", "none");
}

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
