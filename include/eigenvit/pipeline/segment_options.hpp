/// What is asked of a model that segments images.
#ifndef EIGENVIT_PIPELINE_SEGMENT_OPTIONS_HPP
#define EIGENVIT_PIPELINE_SEGMENT_OPTIONS_HPP

#include <string>
#include <vector>

#include <eigenvit/core/error.hpp>
#include <eigenvit/core/message.hpp>
#include <eigenvit/core/types.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {

/// What the segments of an image are.
enum class SegmentTask {
  usual,     ///< What the model is for: `panoptic` of those with masks of things, unless they take
             ///< images in windows, else `semantic`.
  semantic,  ///< Classes: each pixel has the best one.
  instance,  ///< Things, each with a score; one may hide parts of another.
  panoptic,  ///< Things and, as one segment each, classes of what is no thing, without overlap.
};

/// Choices of `Model::segment`, with the defaults of transformers' image processors. All but the
/// task are for models with masks.
struct SegmentOptions {
  SegmentTask task = SegmentTask::usual;
  /// What the score of a segment must reach (instance) or exceed (panoptic).
  double threshold = 0.8;       ///< this and the others: from 0 to 1
  double mask_threshold = 0.5;  ///< of the probability that a pixel shows the thing (panoptic)
  /// What of a mask must be left, once others have their pixels, for it to be a segment (panoptic).
  double overlap_threshold = 0.8;
  std::vector<Index> stuff_classes;  ///< whose segments are made one for each class (panoptic)
};

namespace detail {

/// Throws `ConfigError` unless the thresholds are from 0 to 1 and the classes are of `classes`.
inline void validate(const SegmentOptions& options, Index classes) {
  const struct {
    const char* name;
    double value;
  } thresholds[] = {{"threshold", options.threshold},
                    {"mask_threshold", options.mask_threshold},
                    {"overlap_threshold", options.overlap_threshold}};
  for (const auto& [name, value] : thresholds) {
    if (value >= 0 && value <= 1) continue;
    raise<ConfigError>({"segment: expected ", name, " from 0 to 1, found ", std::to_string(value)});
  }
  for (const Index stuff : options.stuff_classes) {
    if (stuff >= 0 && stuff < classes) continue;
    raise<ConfigError>(
        {"segment: expected stuff_classes from 0 to ", classes - 1, ", found ", stuff});
  }
}

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
