/// The numbers and choices of a head that segments with a DPT decoder.
#ifndef EIGENVIT_MODEL_HEADS_DPT_SEGMENTATION_CONFIG_HPP
#define EIGENVIT_MODEL_HEADS_DPT_SEGMENTATION_CONFIG_HPP

#include <eigenvit/core/types.hpp>
#include <eigenvit/model/heads/dpt_neck_config.hpp>
#include <eigenvit/model/vit_config.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {

/// A head that gives each pixel scores of classes, by a DPT decoder.
struct DptSegmentationConfig {
  DptNeckConfig neck;
  Index classes = 0;
};

namespace detail {

/// Throws `ConfigError` unless the numbers fit together and to the encoder.
inline void validate(const DptSegmentationConfig& head, const VitConfig& encoder,
                     const ConfigCheck& check) {
  validate(head.neck, encoder, check);
  check.within("classes of a segmentation head", head.classes, 1, 1 << 16);
}

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
