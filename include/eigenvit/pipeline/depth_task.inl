// `Model::depth`.
#ifndef EIGENVIT_PIPELINE_DEPTH_TASK_INL
#define EIGENVIT_PIPELINE_DEPTH_TASK_INL

#include <variant>

#include <eigenvit/core/error.hpp>
#include <eigenvit/core/finite.hpp>
#include <eigenvit/core/message.hpp>
#include <eigenvit/layers/bicubic_map.hpp>
#include <eigenvit/pipeline/model.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

inline Matrix<float> estimate_depth(const Model& model, const ImageView& image, Executor* executor,
                                    Workspace* workspace) {
  if (!std::holds_alternative<DepthConfig>(model.checkpoint().dense_head)) {
    raise<UnsupportedError>({"depth: expected a model that estimates depth, found another"});
  }
  Taps taps;
  taps.dense = true;
  VitOutput<float> output;
  model.run(image, taps, output, executor, workspace);
  for (const float depth : output.dense.maps) {
    if (is_finite(depth)) continue;
    raise<ConfigError>(
        {"depth: the depths are not finite: found NaN or an infinity, as "
         "from weights or pixel values that hold one"});
  }
  Matrix<float> depths(image.height, image.width);
  resize_bicubic(output.dense.picture_of(0), depths);
  return depths;
}

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
