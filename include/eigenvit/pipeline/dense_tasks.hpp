/// What is made of a dense head's maps, for programs that include it.
#ifndef EIGENVIT_PIPELINE_DENSE_TASKS_HPP
#define EIGENVIT_PIPELINE_DENSE_TASKS_HPP

#include <vector>

#include <eigenvit/core/executor.hpp>
#include <eigenvit/core/types.hpp>
#include <eigenvit/core/workspace.hpp>
#include <eigenvit/image/image.hpp>
#include <eigenvit/image/image_box.hpp>
#include <eigenvit/pipeline/pose.hpp>
#include <eigenvit/pipeline/segment_options.hpp>
#include <eigenvit/pipeline/segmentation.hpp>
#include <eigenvit/pipeline/tiles.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {

class Model;

namespace detail {

/// The functions of `Model` that need a dense head, each under its name. `load_dense_model` gives
/// them to a model, so that programs without it do not compile them.
struct DenseTasks {
  Matrix<float> (*depth)(const Model& model, const ImageView& image, Executor* executor,
                         Workspace* workspace);
  std::vector<Pose> (*keypoints)(const Model& model, const ImageView& image,
                                 const std::vector<ImageBox>& boxes, Executor* executor,
                                 Workspace* workspace);
  Segmentation (*segment)(const Model& model, const ImageView& image, const SegmentOptions& options,
                          Executor* executor, Workspace* workspace);
  Matrix<float> (*depth_of_tiles)(const Model& model, const ImageView& image,
                                  const TileOptions& tiles, Executor* executor,
                                  Workspace* workspace);
  Segmentation (*segment_tiles)(const Model& model, const ImageView& image,
                                const TileOptions& tiles, Executor* executor, Workspace* workspace);
};

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
