// `Model::keypoints`.
#ifndef EIGENVIT_PIPELINE_KEYPOINTS_INL
#define EIGENVIT_PIPELINE_KEYPOINTS_INL

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include <eigenvit/core/error.hpp>
#include <eigenvit/core/executor.hpp>
#include <eigenvit/core/message.hpp>
#include <eigenvit/image/box_warp.hpp>
#include <eigenvit/pipeline/finite_maps.inl>
#include <eigenvit/pipeline/heatmap_peaks.hpp>
#include <eigenvit/pipeline/model.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// The joints of a body by its heatmaps `[height * width, K]`.
inline void find_peaks(const ConstMatrixView<float>& heatmaps, Index height, Index width,
                       const BoxFrame& frame, std::vector<Keypoint>& keypoints) {
  const HeatmapPeaks peaks(height, width);
  for (Keypoint& keypoint : keypoints) {
    const HeatmapPeak peak = peaks([&](Index pixel) { return heatmaps(pixel, keypoint.index); });
    const auto [x, y] = to_image(peak, frame, height, width);
    keypoint.x = x;
    keypoint.y = y;
    keypoint.score = peak.score;
  }
}

inline std::vector<Pose> find_keypoints(const Model& model, const ImageView& image,
                                        const std::vector<ImageBox>& boxes, Executor* executor,
                                        Workspace* workspace) {
  const auto* const head = std::get_if<PoseConfig>(&model.checkpoint().dense_head);
  if (head == nullptr) {
    raise<UnsupportedError>({"keypoints: expected a model that finds keypoints, found another"});
  }
  if (model.network().config().in_chans != 3) {
    raise<UnsupportedError>(
        {"keypoints: expected a network of 3 channels, found ", model.network().config().in_chans});
  }
  check(image);
  const std::vector<ImageBox> all =
      boxes.empty() ? std::vector<ImageBox>{whole(image.width, image.height)} : boxes;
  const auto [height, width] = model.preprocessor().output_size(image.width, image.height);
  std::vector<BoxFrame> frames;
  for (const ImageBox& box : all) frames.emplace_back(box, height, width);

  Pose pose;
  pose.keypoints.resize(static_cast<std::size_t>(head->keypoints));
  for (std::size_t k = 0; k < pose.keypoints.size(); ++k) {
    pose.keypoints[k].index = static_cast<Index>(k);
    pose.keypoints[k].label = model.labels().empty() ? std::to_string(k) : model.labels()[k];
  }
  std::vector<Pose> poses(all.size(), pose);

  constexpr std::size_t together = 8;
  const std::size_t size = static_cast<std::size_t>(3 * height * width);
  AlignedBuffer<std::uint8_t> samples(std::min(together, all.size()) * size);
  Taps taps;
  taps.dense = true;
  VitOutput<float> output;
  SerialExecutor serial;
  Executor& runner = executor ? *executor : serial;
  for (std::size_t first = 0; first < all.size(); first += together) {
    const std::size_t count = std::min(together, all.size() - first);
    for_each_task(runner, static_cast<Index>(count), [&](Index task, Index) {
      const auto i = static_cast<std::size_t>(task);
      model.preprocessor().samples(image, all[first + i], samples.data() + i * size);
    });
    PixelBatch<float> pixels;
    pixels.images = static_cast<Index>(count);
    pixels.height = height;
    pixels.width = width;
    pixels.samples = samples.data();
    pixels.sample_values = model.preprocessor().sample_values();
    model.network().forward(pixels, taps, output, executor, workspace);
    check_finite(output.dense, "keypoints: the heatmaps");
    for_each_task(runner, static_cast<Index>(count), [&](Index task, Index) {
      const std::size_t i = first + static_cast<std::size_t>(task);
      poses[i].box = all[i];
      find_peaks(output.dense.map_of(task), output.dense.height, output.dense.width, frames[i],
                 poses[i].keypoints);
    });
  }
  return poses;
}

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
