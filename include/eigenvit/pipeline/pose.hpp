/// Where the joints of bodies are in an image.
#ifndef EIGENVIT_PIPELINE_POSE_HPP
#define EIGENVIT_PIPELINE_POSE_HPP

#include <string>
#include <vector>

#include <eigenvit/core/types.hpp>
#include <eigenvit/image/image_box.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {

/// One joint of a body, in pixels of the image, `(0, 0)` being the centre of its first pixel.
struct Keypoint {
  float x = 0;
  float y = 0;
  float score = 0;    ///< the greatest value of its heatmap, about 1 where it is certain
  Index index = 0;    ///< which joint it is
  std::string label;  ///< the index in digits where the model has no labels
};

/// The body in a box: all joints of the model, in its order, whatever their scores are.
struct Pose {
  ImageBox box;
  std::vector<Keypoint> keypoints;
};

}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
