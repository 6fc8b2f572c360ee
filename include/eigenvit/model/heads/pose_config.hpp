/// The numbers and choices of a head that finds the joints of bodies.
#ifndef EIGENVIT_MODEL_HEADS_POSE_CONFIG_HPP
#define EIGENVIT_MODEL_HEADS_POSE_CONFIG_HPP

#include <array>
#include <string>
#include <vector>

#include <eigenvit/core/types.hpp>
#include <eigenvit/model/vit_config.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {

/// What a pose head is made of.
struct PoseConfig {
  Index keypoints = 17;  ///< K, heatmaps of each image
  Index block = 11;      ///< whose tokens are read, from 0
  /// By how much a convolution of 3 x 3 finds the patch grid enlarged; 0: in place of it are two
  /// transposed convolutions, each of which doubles the grid.
  Index factor = 4;
  Index channels = 256;  ///< of the maps between transposed convolutions
  /// Pairs of keypoints that a skeleton has a line between, at most `most_edges`.
  std::vector<std::array<Index, 2>> edges;

  static constexpr Index most_edges = 1024;

  /// By how much the heatmaps are larger than the patch grid.
  Index enlargement() const noexcept { return factor > 0 ? factor : 4; }
};

namespace detail {

/// Throws `ConfigError` unless the numbers fit together and to the encoder.
inline void validate(const PoseConfig& head, const VitConfig& encoder, const ConfigCheck& check) {
  check.within("keypoints", head.keypoints, 1, 1 << 12);
  check.within("block of the pose head", head.block, 0, encoder.depth - 1);
  check.within("factor of the pose head", head.factor, 0, 16);
  check.within("channels of the pose head", head.channels, 1, 1 << 14);
  check.require(encoder.final_norm, "a final norm, which the pose head has before it", "none");
  check.require(encoder.prefix_tokens() == 0 && encoder.det_tokens == 0,
                "an encoder of patches alone for a pose head", "further tokens");
  const Index height = head.enlargement() * encoder.grid_height();
  const Index width = head.enlargement() * encoder.grid_width();
  check.require(height > 1 && width > 1, "heatmaps of at least 2 x 2 pixels",
                std::to_string(height) + " x " + std::to_string(width));
  check.within("number of edges", static_cast<Index>(head.edges.size()), 0, PoseConfig::most_edges);
  for (const auto& edge : head.edges) {
    check.within("keypoint of an edge", edge[0], 0, head.keypoints - 1);
    check.within("keypoint of an edge", edge[1], 0, head.keypoints - 1);
  }
}

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
