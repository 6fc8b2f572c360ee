#ifndef EIGENVIT_PIPELINE_MODEL_RESULTS_INL
#define EIGENVIT_PIPELINE_MODEL_RESULTS_INL

#include <algorithm>
#include <cmath>
#include <utility>

#include <eigenvit/core/error.hpp>
#include <eigenvit/core/finite.hpp>
#include <eigenvit/core/message.hpp>
#include <eigenvit/core/order_key.hpp>
#include <eigenvit/pipeline/best_predictions.hpp>
#include <eigenvit/pipeline/model.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {

EIGENVIT_INLINE std::vector<Prediction> Model::classify(const ImageView& image, std::size_t k,
                                                        Executor* executor,
                                                        Workspace* workspace) const {
  if (network_.config().detects()) {
    detail::raise<UnsupportedError>(
        {"classify: expected a model that classifies images, found one that detects objects"});
  }
  Taps taps;
  taps.logits = true;
  VitOutput<float> output;
  run(image, taps, output, executor, workspace);
  return predictions(output.logits_of(0), k);
}

EIGENVIT_INLINE VisualTokens Model::tokens(const ImageView& image, Executor* executor,
                                           Workspace* workspace) const {
  Taps taps;
  taps.tokens = true;
  VitOutput<float> output;
  run(image, taps, output, executor, workspace);
  return VisualTokens(std::move(output.tokens), output.prefix_tokens, network_.config().class_token,
                      output.grid_height, output.grid_width, output.width, output.detections);
}

EIGENVIT_INLINE std::vector<Detection> Model::detect(const ImageView& image, float threshold,
                                                     Executor* executor,
                                                     Workspace* workspace) const {
  Taps taps;
  taps.logits = taps.pred_boxes = true;
  VitOutput<float> output;
  run(image, taps, output, executor, workspace);
  const ConstMatrixView<float> logits = output.box_logits_of(0);
  const ConstMatrixView<float> boxes = output.boxes_of(0);
  const auto width = static_cast<float>(image.width);
  const auto height = static_cast<float>(image.height);
  const auto is_before = [](const Detection& a, const Detection& b) {
    return detail::order_key(a.score) > detail::order_key(b.score);
  };
  std::vector<Detection> found;
  for (Index query = 0; query < output.detections; ++query) {
    detail::check_logits("detect", logits.row(query).data(), output.classes);
    // The last class means no object, so it counts in the sum and is never the best.
    Index best = 0;
    double max = logits(query, 0);
    for (Index c = 1; c < output.classes; ++c) {
      max = std::max<double>(max, logits(query, c));
      if (c + 1 < output.classes && logits(query, c) > logits(query, best)) best = c;
    }
    double total = 0;
    for (Index c = 0; c < output.classes; ++c) total += std::exp(logits(query, c) - max);
    const auto score = static_cast<float>(std::exp(logits(query, best) - max) / total);
    if (!(score > threshold)) continue;
    const float across = 0.5F * boxes(query, 2);
    const float down = 0.5F * boxes(query, 3);
    Detection one{best,
                  label(best),
                  score,
                  {(boxes(query, 0) - across) * width, (boxes(query, 1) - down) * height,
                   (boxes(query, 0) + across) * width, (boxes(query, 1) + down) * height}};
    const auto after = std::upper_bound(found.begin(), found.end(), one, is_before);
    found.insert(after, std::move(one));
  }
  return found;
}

EIGENVIT_INLINE Matrix<float> Model::depth(const ImageView& image, Executor* executor,
                                           Workspace* workspace) const {
  return dense_tasks("depth").depth(*this, image, executor, workspace);
}

EIGENVIT_INLINE std::vector<Pose> Model::keypoints(const ImageView& image,
                                                   const std::vector<ImageBox>& boxes,
                                                   Executor* executor, Workspace* workspace) const {
  return dense_tasks("keypoints").keypoints(*this, image, boxes, executor, workspace);
}

EIGENVIT_INLINE Segmentation Model::segment(const ImageView& image, Executor* executor,
                                            Workspace* workspace) const {
  return segment(image, SegmentOptions(), executor, workspace);
}

EIGENVIT_INLINE Segmentation Model::segment(const ImageView& image, const SegmentOptions& options,
                                            Executor* executor, Workspace* workspace) const {
  return dense_tasks("segment").segment(*this, image, options, executor, workspace);
}

EIGENVIT_INLINE const detail::DenseTasks& Model::dense_tasks(const char* task) const {
  if (dense_tasks_ == nullptr) {
    detail::raise<UnsupportedError>(
        {task,
         ": expected a model whose dense head load_dense_model of eigenvit/dense.hpp has "
         "read, found one that load_model gave"});
  }
  return *dense_tasks_;
}

EIGENVIT_INLINE std::string Model::label(Index index) const {
  return labels().empty() ? std::to_string(index) : labels()[static_cast<std::size_t>(index)];
}

EIGENVIT_INLINE std::vector<Prediction> Model::predictions(const ConstVectorView<float>& logits,
                                                           std::size_t k) const {
  std::vector<Prediction> best;
  predictions(logits, k, best);
  return best;
}

EIGENVIT_INLINE void Model::predictions(const ConstVectorView<float>& logits, std::size_t k,
                                        std::vector<Prediction>& best) const {
  if (!labels().empty() && static_cast<std::size_t>(logits.size()) != labels().size()) {
    detail::raise<ShapeError>(
        {"classify: expected logits of ", labels().size(), " classes, found ", logits.size()});
  }
  detail::check_logits("classify", logits.data(), logits.size());
  detail::best_predictions(logits, checkpoint_.scores, k, best);
  for (Prediction& prediction : best) {
    if (labels().empty()) {
      prediction.label = std::to_string(prediction.index);
    } else {
      prediction.label = labels()[static_cast<std::size_t>(prediction.index)];
    }
  }
}

}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
