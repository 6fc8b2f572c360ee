#ifndef EIGENVIT_PIPELINE_QUERY_SEGMENTS_INL
#define EIGENVIT_PIPELINE_QUERY_SEGMENTS_INL

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <utility>
#include <vector>

#include <eigenvit/core/error.hpp>
#include <eigenvit/core/message.hpp>
#include <eigenvit/pipeline/mask_rows.hpp>
#include <eigenvit/pipeline/model.hpp>
#include <eigenvit/pipeline/semantic_map.hpp>
#include <eigenvit/pipeline/window_classes.inl>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// To six decimals, as Python's `round` of the number in double.
inline float rounded_score(float score) {
  return static_cast<float>(std::nearbyint(static_cast<double>(score) * 1e6) / 1e6);
}

/// Queries that may be segments, and their masks.
struct CandidateMasks {
  std::vector<Index> queries;
  AlignedBuffer<float> values;  ///< `[h, w, queries]`

  /// Keeps those of `output` that are `wanted(query)`.
  template <class Wanted>
  CandidateMasks(const DenseOutput<float>& output, const Wanted& wanted) {
    for (Index q = 0; q < output.channels; ++q) {
      if (wanted(q)) queries.push_back(q);
    }
    values.reserve(queries.size() * static_cast<std::size_t>(output.height * output.width));
    for (Index i = 0; i < output.height * output.width; ++i) {
      for (const Index q : queries) values.push_back(output.maps.data()[i * output.channels + q]);
    }
  }

  Index count() const noexcept { return static_cast<Index>(queries.size()); }
};

/// What becomes segments: the masks of a pass at the size of the image, and the classes of their
/// queries.
class QuerySegments {
 public:
  /// Keeps references.
  QuerySegments(const Model& model, const DenseOutput<float>& output, const ImageView& image,
                Executor& executor)
      : model_(model),
        output_(output),
        image_{image.height, image.width},
        mapping_(model.preprocessor().mapping(image.width, image.height)),
        executor_(executor),
        probabilities_(class_probabilities(output)) {}

  /// Source: transformers' `post_process_panoptic_segmentation`.
  Segmentation panoptic(const SegmentOptions& options) const {
    const Index none = probabilities_.cols() - 1;
    const auto threshold = static_cast<float>(options.threshold);
    const CandidateMasks masks(output_, [&](Index q) {
      const Index best = best_class(q, none + 1);
      return best != none && probabilities_(q, best) > threshold;
    });
    Segmentation result{Matrix<Index>::Constant(image_.height, image_.width, -1), {}};
    if (masks.count() == 0) return result;
    const std::vector<Areas> areas = place_masks(masks, options, result.ids);
    const std::vector<Index> ids = number_segments(masks, areas, options, result.segments);
    renumber(ids, result);
    return result;
  }

  /// Source: transformers' `post_process_instance_segmentation`.
  Segmentation instances(const SegmentOptions& options) const {
    const Index classes = probabilities_.cols() - 1;
    // The score of a mask is less than 1: no other query can reach the threshold.
    const CandidateMasks masks(output_, [&](Index q) {
      return static_cast<double>(probabilities_(q, best_class(q, classes))) >= options.threshold;
    });
    Segmentation result{Matrix<Index>::Constant(image_.height, image_.width, -1), {}};
    if (masks.count() == 0) return result;
    const std::vector<float> scores = mask_scores(masks);
    std::vector<Index> ids;
    for (Index k = 0; k < masks.count(); ++k) {
      const Index q = masks.queries[static_cast<std::size_t>(k)];
      const Index best = best_class(q, classes);
      const float mask_score = scores[static_cast<std::size_t>(k)];
      const float score = probabilities_(q, best) * mask_score;
      const bool found = mask_score > 0 && static_cast<double>(score) >= options.threshold;
      ids.push_back(found ? add_segment(best, score, result.segments) : -1);
    }
    // The last of those that have a pixel keeps it.
    rows_of(masks)(executor_, [&](Index, Index y, const float* values) {
      for (Index x = 0; x < image_.width; ++x, values += masks.count()) {
        for (Index k = masks.count(); k-- > 0;) {
          if (!(values[k] > 0) || ids[static_cast<std::size_t>(k)] < 0) continue;
          result.ids(y, x) = ids[static_cast<std::size_t>(k)];
          break;
        }
      }
    });
    count_areas(result);
    return result;
  }

 private:
  /// Pixels of a mask.
  struct Areas {
    Index best = 0;   ///< where it is the most probable one
    Index whole = 0;  ///< where it is probable enough
    Index both = 0;
  };

  /// Of the first `count` classes, of equals the first.
  Index best_class(Index query, Index count) const {
    Index best = 0;
    for (Index c = 1; c < count; ++c) {
      if (probabilities_(query, c) > probabilities_(query, best)) best = c;
    }
    return best;
  }

  MaskRows rows_of(const CandidateMasks& masks) const {
    return {{masks.values.data(), {output_.height, output_.width}, masks.count()},
            {mapping_.height, mapping_.width},
            {std::min(mapping_.resized_height, mapping_.height),
             std::min(mapping_.resized_width, mapping_.width)},
            image_};
  }

  /// Gives each pixel the mask that is the most probable one there, weighted by its score, if it
  /// is probable enough; else -1.
  std::vector<Areas> place_masks(const CandidateMasks& masks, const SegmentOptions& options,
                                 Matrix<Index>& places) const {
    const auto count = static_cast<std::size_t>(masks.count());
    const auto least = static_cast<float>(options.mask_threshold);
    std::vector<float> scores;
    for (const Index q : masks.queries) {
      scores.push_back(probabilities_(q, best_class(q, probabilities_.cols())));
    }
    const MaskRows rows = rows_of(masks);
    std::vector<Areas> of_bands(count * static_cast<std::size_t>(rows.bands()));
    rows(executor_, [&](Index band, Index y, const float* values) {
      Areas* const areas = of_bands.data() + static_cast<std::size_t>(band) * count;
      for (Index x = 0; x < image_.width; ++x, values += count) {
        std::size_t best = 0;
        float most = -1, probability = 0;
        for (std::size_t k = 0; k < count; ++k) {
          const float p = sigmoid(values[k]);
          areas[k].whole += p >= least;
          if (scores[k] * p > most) {
            most = scores[k] * p;
            probability = p;
            best = k;
          }
        }
        ++areas[best].best;
        if (!(probability >= least)) continue;
        ++areas[best].both;
        places(y, x) = static_cast<Index>(best);
      }
    });
    std::vector<Areas> sums(count);
    for (std::size_t i = 0; i < of_bands.size(); ++i) {
      Areas& sum = sums[i % count];
      sum.best += of_bands[i].best;
      sum.whole += of_bands[i].whole;
      sum.both += of_bands[i].both;
    }
    return sums;
  }

  /// The id that the pixels of each mask get; -1: none.
  std::vector<Index> number_segments(const CandidateMasks& masks, const std::vector<Areas>& areas,
                                     const SegmentOptions& options,
                                     std::vector<Segment>& segments) const {
    std::vector<Index> ids;
    for (std::size_t k = 0; k < areas.size(); ++k) {
      const Index q = masks.queries[k];
      const Index index = best_class(q, probabilities_.cols());
      const float left = static_cast<float>(areas[k].best) / static_cast<float>(areas[k].whole);
      if (areas[k].both == 0 || !(static_cast<double>(left) > options.overlap_threshold)) {
        ids.push_back(-1);
        continue;
      }
      const auto& stuff = options.stuff_classes;
      const auto same = std::find_if(segments.begin(), segments.end(), [&](const Segment& segment) {
        return segment.index == index &&
               std::find(stuff.begin(), stuff.end(), index) != stuff.end();
      });
      ids.push_back(same != segments.end()
                        ? same->id
                        : add_segment(index, probabilities_(q, index), segments));
    }
    return ids;
  }

  /// The mean probability of each mask's pixels, which are those above one half; 0: it has none.
  std::vector<float> mask_scores(const CandidateMasks& masks) const {
    struct Sum {
      double probabilities = 0;
      Index pixels = 0;
    };
    const auto count = static_cast<std::size_t>(masks.count());
    const MaskRows rows = rows_of(masks);
    std::vector<Sum> of_bands(count * static_cast<std::size_t>(rows.bands()));
    rows(executor_, [&](Index band, Index, const float* values) {
      Sum* const sums = of_bands.data() + static_cast<std::size_t>(band) * count;
      for (Index x = 0; x < image_.width; ++x, values += count) {
        for (std::size_t k = 0; k < count; ++k) {
          if (!(values[k] > 0)) continue;
          sums[k].probabilities += static_cast<double>(sigmoid(values[k]));
          ++sums[k].pixels;
        }
      }
    });
    std::vector<float> scores;
    for (std::size_t k = 0; k < count; ++k) {
      Sum sum;
      for (std::size_t i = k; i < of_bands.size(); i += count) {
        sum.probabilities += of_bands[i].probabilities;
        sum.pixels += of_bands[i].pixels;
      }
      scores.push_back(static_cast<float>(sum.probabilities) /
                       (static_cast<float>(sum.pixels) + 1e-6F));
    }
    return scores;
  }

  Index add_segment(Index index, float score, std::vector<Segment>& segments) const {
    const auto id = static_cast<Index>(segments.size());
    const auto& labels = model_.labels();
    segments.push_back(
        {id, index,
         labels.empty() ? std::to_string(index) : labels[static_cast<std::size_t>(index)],
         rounded_score(score), 0});
    return id;
  }

  /// From numbers of masks to those of segments.
  static void renumber(const std::vector<Index>& ids, Segmentation& result) {
    for (Index i = 0; i < result.ids.size(); ++i) {
      Index& place = result.ids.data()[i];
      if (place >= 0) place = ids[static_cast<std::size_t>(place)];
    }
    count_areas(result);
  }

  static void count_areas(Segmentation& result) {
    for (Index i = 0; i < result.ids.size(); ++i) {
      const Index id = result.ids.data()[i];
      if (id >= 0) ++result.segments[static_cast<std::size_t>(id)].area;
    }
  }

  const Model& model_;
  const DenseOutput<float>& output_;
  MapSize image_;
  PixelMapping mapping_;
  Executor& executor_;
  Matrix<float> probabilities_;
};

/// Throws `UnsupportedError` for things in windows.
inline SegmentTask task_of(const EomtConfig& head, const SegmentOptions& options) {
  if (options.task == SegmentTask::usual) {
    return head.takes_windows ? SegmentTask::semantic : SegmentTask::panoptic;
  }
  if (head.takes_windows && options.task != SegmentTask::semantic) {
    raise<UnsupportedError>({"segment: expected semantic segments of a model that takes images in ",
                             "windows, found another task"});
  }
  return options.task;
}

/// The masks of all queries, and their classes.
inline VitOutput<float> masks_of(const Model& model, const ImageView& image, Executor& executor,
                                 Workspace* workspace) {
  Taps taps;
  taps.dense = true;
  VitOutput<float> output;
  model.run(image, taps, output, &executor, workspace);
  check_scores(output.dense);
  return output;
}

/// The best class of each pixel. What is padded is a part of the image here, as in Python.
/// Source: transformers' `post_process_semantic_segmentation`.
inline Matrix<Index> classes_of_queries(const Model& model, const EomtConfig& head,
                                        const ImageView& image, Executor& executor,
                                        Workspace* workspace) {
  if (head.takes_windows) return classes_by_windows(model, image, executor, workspace);
  const VitOutput<float> output = masks_of(model, image, executor, workspace);
  const auto input = model.preprocessor().output_size(image.width, image.height);
  const MapSize size{input[0], input[1]};
  const MaskedClasses classes(output.dense, size);
  return semantic_map(size, classes.classes(), {image.height, image.width}, executor,
                      [&](Index row, float* scores) { classes.write(row, 0, size.width, scores); });
}

/// Things.
inline Segmentation segments_of_queries(const Model& model, const EomtConfig& head,
                                        const ImageView& image, const SegmentOptions& options,
                                        Executor& executor, Workspace* workspace) {
  const VitOutput<float> output = masks_of(model, image, executor, workspace);
  const QuerySegments segments(model, output.dense, image, executor);
  return task_of(head, options) == SegmentTask::panoptic ? segments.panoptic(options)
                                                         : segments.instances(options);
}

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
