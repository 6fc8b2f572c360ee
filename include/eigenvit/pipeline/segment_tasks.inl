#ifndef EIGENVIT_PIPELINE_SEGMENT_TASKS_INL
#define EIGENVIT_PIPELINE_SEGMENT_TASKS_INL

#include <algorithm>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <eigenvit/core/error.hpp>
#include <eigenvit/core/finite.hpp>
#include <eigenvit/core/message.hpp>
#include <eigenvit/pipeline/model.hpp>
#include <eigenvit/pipeline/semantic_map.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// A segment for each class that a map has.
inline Segmentation segments_of_classes(Matrix<Index> classes, Index count,
                                        const std::vector<std::string>& labels) {
  std::vector<Index> areas(static_cast<std::size_t>(count));
  for (Index i = 0; i < classes.size(); ++i) ++areas[static_cast<std::size_t>(classes.data()[i])];
  Segmentation result{std::move(classes), {}};
  for (Index c = 0; c < count; ++c) {
    const auto place = static_cast<std::size_t>(c);
    if (areas[place] == 0) continue;
    result.segments.push_back(
        {c, c, labels.empty() ? std::to_string(c) : labels[place], std::nullopt, areas[place]});
  }
  return result;
}

inline Segmentation segment(const Model& model, const ImageView& image, Executor* executor,
                            Workspace* workspace) {
  const DenseConfig& head = model.checkpoint().dense_head;
  if (!std::holds_alternative<UperConfig>(head) &&
      !std::holds_alternative<DptSegmentationConfig>(head)) {
    raise<UnsupportedError>({"segment: expected a model that segments images, found another"});
  }
  Taps taps;
  taps.dense = true;
  VitOutput<float> output;
  model.run(image, taps, output, executor, workspace);
  const DenseOutput<float>& scores = output.dense;
  if (!std::all_of(scores.maps.begin(), scores.maps.end(), [](float x) { return is_finite(x); })) {
    raise<ConfigError>({"segment: the scores are not finite: found NaN or an infinity, as from ",
                        "weights or pixel values that hold one"});
  }
  SerialExecutor serial;
  const Index row_values = scores.width * scores.channels;
  Matrix<Index> classes =
      semantic_map({scores.height, scores.width}, scores.channels, {image.height, image.width},
                   executor ? *executor : serial, [&](Index row, float* to) {
                     std::copy_n(scores.maps.data() + row * row_values, row_values, to);
                   });
  return segments_of_classes(std::move(classes), scores.channels, model.labels());
}

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
