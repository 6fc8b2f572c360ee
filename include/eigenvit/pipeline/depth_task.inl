// `Model::depth`.
#ifndef EIGENVIT_PIPELINE_DEPTH_TASK_INL
#define EIGENVIT_PIPELINE_DEPTH_TASK_INL

#include <eigenvit/core/error.hpp>
#include <eigenvit/core/message.hpp>
#include <eigenvit/image/aligned_axis.hpp>
#include <eigenvit/layers/bicubic_map.hpp>
#include <eigenvit/pipeline/finite_maps.inl>
#include <eigenvit/pipeline/model.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// Throws `UnsupportedError` for a model that does something else.
inline void check_estimates_depth(const Model& model) {
  if (estimates_depth(model.checkpoint().dense_head)) return;
  raise<UnsupportedError>({"depth: expected a model that estimates depth, found another"});
}

/// The network's map enlarged to the image with its border, where it has one, which is then left
/// out.
inline Matrix<float> estimate_depth(const Model& model, const ImageView& image, Executor* executor,
                                    Workspace* workspace) {
  check_estimates_depth(model);
  Taps taps;
  taps.dense = true;
  VitOutput<float> output;
  model.run(image, taps, output, executor, workspace);
  check_finite(output.dense, "depth: the depths");
  Matrix<float> depths(image.height, image.width);
  Index top = 0, left = 0;
  if (model.preprocessor().config().mirror_border) {
    top = mirrored_border(image.height);
    left = mirrored_border(image.width);
  }
  resize_bicubic(output.dense.picture_of(0), {image.height + 2 * top, image.width + 2 * left}, top,
                 left, depths);
  return depths;
}

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
