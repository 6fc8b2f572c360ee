/// An image in segments.
#ifndef EIGENVIT_PIPELINE_SEGMENTATION_HPP
#define EIGENVIT_PIPELINE_SEGMENTATION_HPP

#include <optional>
#include <string>
#include <vector>

#include <eigenvit/core/types.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {

/// Pixels of an image that show one thing, or one class of things.
struct Segment {
  Index id = 0;                ///< what its pixels have in `Segmentation::ids`
  Index index = 0;             ///< of its class
  std::string label;           ///< the index in digits where the model has no labels
  std::optional<float> score;  ///< from 0 to 1; none where a model gives each pixel its best class
  Index area = 0;              ///< pixels
};

/// What `Model::segment` finds in an image.
struct Segmentation {
  /// The id of each pixel's segment, `[height, width]` of the image; -1 for pixels of none.
  Matrix<Index> ids;
  std::vector<Segment> segments;  ///< in the order of their ids
};

}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
