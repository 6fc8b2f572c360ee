#include <cmath>
#include <vector>

#include <doctest/doctest.h>

#include <eigenvit/pipeline/heatmap_peaks.hpp>

#include "../golden.hpp"

using eigenvit::Index;
using eigenvit::detail::BoxFrame;
using eigenvit::detail::HeatmapPeak;
using eigenvit::detail::HeatmapPeaks;

TEST_CASE("keypoints are those of VitPoseImageProcessor") {
  const auto store = eigenvit::TensorStore::open_file(golden::source_folder() / "tests" / "golden" /
                                                      "poses" / "keypoints.safetensors");
  const golden::Tensor heatmaps = golden::read(store, "heatmaps");
  const auto boxes = golden::read(store, "boxes").values;
  const auto input = golden::read(store, "input_size").values;
  const auto keypoints = golden::read(store, "keypoints").values;
  const auto scores = golden::read(store, "scores").values;
  const auto height = Index(heatmaps.shape[2]), width = Index(heatmaps.shape[3]);
  HeatmapPeaks peaks(height, width);
  for (std::size_t i = 0; i < heatmaps.shape[0]; ++i) {
    const float* const box = boxes.data() + 4 * i;
    const BoxFrame frame({box[0], box[1], box[2], box[3]}, Index(input[0]), Index(input[1]));
    for (std::size_t k = 0; k < heatmaps.shape[1]; ++k) {
      CAPTURE(i);
      CAPTURE(k);
      const std::size_t at = i * heatmaps.shape[1] + k;
      const float* const map = heatmaps.values.data() + at * std::size_t(height * width);
      const HeatmapPeak peak = peaks([map](Index pixel) { return map[pixel]; });
      CHECK(peak.score == scores[at]);
      const auto [x, y] = to_image(peak, frame, height, width);
      CHECK(std::abs(x - keypoints[2 * at]) < 1e-3);
      CHECK(std::abs(y - keypoints[2 * at + 1]) < 1e-3);
    }
  }
}

TEST_CASE("a heatmap without a value above zero has no peak, a flat one that of its first pixel") {
  HeatmapPeaks peaks(3, 4);
  const HeatmapPeak none = peaks([](Index i) { return i == 5 ? 0.0F : -1.0F; });
  CHECK(none.x == -1);
  CHECK(none.y == -1);
  CHECK(none.score == 0);
  const HeatmapPeak flat = peaks([](Index) { return 1.0F; });
  CHECK(flat.x == 0);
  CHECK(flat.y == 0);
  CHECK(flat.score == 1);
}
