/// The numbers and choices of a head that estimates depth.
#ifndef EIGENVIT_MODEL_HEADS_DEPTH_CONFIG_HPP
#define EIGENVIT_MODEL_HEADS_DEPTH_CONFIG_HPP

#include <string>

#include <eigenvit/core/types.hpp>
#include <eigenvit/model/heads/dpt_neck_config.hpp>
#include <eigenvit/model/vit_config.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {

/// What a depth head is made of. Where the maps of its decoder are doubled, it doubles the result
/// too; otherwise it enlarges it to the image.
struct DepthConfig {
  DptNeckConfig neck;
  Index head_channels = 32;
  bool add_projection = false;  ///< a convolution before the last three
  bool is_metric = false;       ///< metres up to `max_depth`; else relative, larger is nearer
  float max_depth = 1;
};

namespace detail {

/// Throws `ConfigError` unless the numbers fit together and to the encoder.
inline void validate(const DepthConfig& head, const VitConfig& encoder, const ConfigCheck& check) {
  validate(head.neck, encoder, check);
  check.require(head.neck.channels % 2 == 0, "an even number of channels of fused maps",
                std::to_string(head.neck.channels));
  check.within("channels of the depth head", head.head_channels, 1, 1 << 14);
  check.require(head.max_depth > 0 && head.max_depth <= 1e6F, "a largest depth from 0 to 1e6",
                std::to_string(head.max_depth));
}

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
