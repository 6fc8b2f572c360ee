/// The configuration of whichever dense head a model has.
#ifndef EIGENVIT_MODEL_HEADS_DENSE_CONFIG_HPP
#define EIGENVIT_MODEL_HEADS_DENSE_CONFIG_HPP

#include <variant>

#include <eigenvit/model/heads/depth_config.hpp>
#include <eigenvit/model/heads/dpt_segmentation_config.hpp>
#include <eigenvit/model/heads/eomt_config.hpp>
#include <eigenvit/model/heads/pose_config.hpp>
#include <eigenvit/model/heads/uper_config.hpp>
#include <eigenvit/model/heads/zoe_depth_config.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {

/// What a dense head, whose result is a map over the image, is made of. `std::monostate` is that
/// of a model without such a head, or whose head was not read (`load_dense_model` reads it).
using DenseConfig = std::variant<std::monostate, DepthConfig, PoseConfig, UperConfig,
                                 DptSegmentationConfig, EomtConfig, ZoeDepthConfig>;

/// Whether the head estimates how far away is what pixels show: `Model::depth`.
inline bool estimates_depth(const DenseConfig& head) noexcept {
  return std::holds_alternative<DepthConfig>(head) || std::holds_alternative<ZoeDepthConfig>(head);
}

/// Whether it does so in metres, rather than in numbers that are larger where it is nearer.
inline bool estimates_metres(const DenseConfig& head) noexcept {
  const auto* const depth = std::get_if<DepthConfig>(&head);
  return depth ? depth->is_metric : std::holds_alternative<ZoeDepthConfig>(head);
}

}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
