#ifndef EIGENVIT_PIPELINE_SEGMENT_TASKS_INL
#define EIGENVIT_PIPELINE_SEGMENT_TASKS_INL

#include <algorithm>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <eigenvit/core/error.hpp>
#include <eigenvit/core/message.hpp>
#include <eigenvit/pipeline/model.hpp>
#include <eigenvit/pipeline/query_segments.inl>
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

/// The best class of each pixel by a map of scores.
inline Matrix<Index> classes_by_scores(const Model& model, const ImageView& image,
                                       const SegmentOptions& options, Executor& executor,
                                       Workspace* workspace) {
  if (options.task != SegmentTask::usual && options.task != SegmentTask::semantic) {
    raise<UnsupportedError>(
        {"segment: expected semantic segments of a model without masks of things, found another ",
         "task"});
  }
  Taps taps;
  taps.dense = true;
  VitOutput<float> output;
  model.run(image, taps, output, &executor, workspace);
  const DenseOutput<float>& scores = output.dense;
  check_scores(scores);
  const Index row_values = scores.width * scores.channels;
  return semantic_map({scores.height, scores.width}, scores.channels, {image.height, image.width},
                      executor, [&](Index row, float* to) {
                        std::copy_n(scores.maps.data() + row * row_values, row_values, to);
                      });
}

inline Segmentation segment(const Model& model, const ImageView& image,
                            const SegmentOptions& options, Executor* executor,
                            Workspace* workspace) {
  SerialExecutor serial;
  Executor& run_on = executor ? *executor : serial;
  const DenseConfig& head = model.checkpoint().dense_head;
  if (const auto* const uper = std::get_if<UperConfig>(&head)) {
    validate(options, uper->classes);
    return segments_of_classes(classes_by_scores(model, image, options, run_on, workspace),
                               uper->classes, model.labels());
  }
  if (const auto* const dpt = std::get_if<DptSegmentationConfig>(&head)) {
    validate(options, dpt->classes);
    return segments_of_classes(classes_by_scores(model, image, options, run_on, workspace),
                               dpt->classes, model.labels());
  }
  if (const auto* const eomt = std::get_if<EomtConfig>(&head)) {
    validate(options, eomt->classes);
    if (task_of(*eomt, options) == SegmentTask::semantic) {
      return segments_of_classes(classes_of_queries(model, *eomt, image, run_on, workspace),
                                 eomt->classes, model.labels());
    }
    return segments_of_queries(model, *eomt, image, options, run_on, workspace);
  }
  raise<UnsupportedError>({"segment: expected a model that segments images, found another"});
}

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
