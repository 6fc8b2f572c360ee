// The goldens hold transformers' numbers, in float and in double.
#include <memory>
#include <string>
#include <utility>

#include <doctest/doctest.h>

#include <eigenvit/core/thread_pool_executor.hpp>
#include <eigenvit/model/heads/dpt_segmentation_head.hpp>
#include <eigenvit/model/vision_transformer.hpp>

#include "../../varied_depth.hpp"

using eigenvit::DptSegmentationConfig;
using eigenvit::Index;
using Head = eigenvit::detail::DptSegmentationHead<float>;
using Layers = eigenvit::detail::DptSegmentationLayers<float>;

namespace {

DptSegmentationConfig segmentation_config() {
  DptSegmentationConfig head;
  head.neck = varied::depth_config().neck;
  head.neck.channels = 7;
  head.neck.doubles = true;
  head.neck.readout = eigenvit::Readout::project;
  head.classes = 19;
  return head;
}

eigenvit::VisionTransformer<float> segmentation_network() {
  const eigenvit::VitConfig encoder = varied::depth_encoder();
  const DptSegmentationConfig head = segmentation_config();
  varied::Layers<float> other;
  Layers made;
  made.levels = varied::dpt_levels(encoder, head.neck, other);
  made.conv = varied::convolution(7, 7, 1, other);
  made.classifier = other.linear(19, 7);
  auto layers = varied::network<float>(encoder).layers();
  layers.dense_head = std::make_shared<Head>(head, std::move(made));
  return {encoder, std::move(layers)};
}

const Head& head_of(const eigenvit::VisionTransformer<float>& network) {
  return static_cast<const Head&>(*network.layers().dense_head);
}

}  // namespace

TEST_CASE("Scores of a DPT decoder have the same bits alone and in a batch, on any threads") {
  const auto network = segmentation_network();
  const auto pixels = support::random_values<float>(3 * 2 * 20 * 21, 4);
  eigenvit::Taps taps;
  taps.dense = true;
  const auto expected = network.forward({pixels.data(), 3, 20, 21}, taps);
  // A grid of 10 x 7; the last level is of 20 x 14 pixels, and doubled five times.
  CHECK(expected.dense.height == 640);
  CHECK(expected.dense.width == 448);
  CHECK(expected.dense.channels == 19);
  const Index size = 640 * 448 * 19;
  eigenvit::Workspace workspace;
  for (const int threads : support::thread_counts({1, 3})) {
    eigenvit::ThreadPoolExecutor executor(threads);
    for (Index image = 0; image < 3; ++image) {
      const auto alone = network.forward({pixels.data() + image * 2 * 20 * 21, 1, 20, 21}, taps,
                                         &executor, &workspace);
      CHECK(support::same_bits(alone.dense.maps.data(), expected.dense.maps.data() + image * size,
                               size));
    }
    const auto found = network.forward({pixels.data(), 3, 20, 21}, taps, &executor);
    CHECK(support::same_bits(found.dense.maps, expected.dense.maps));
  }
}

TEST_CASE("DptSegmentationHead counts operations and parameters as one does by hand") {
  const auto network = segmentation_network();
  const auto with = static_cast<Index>(network.flops(20, 21));
  const auto without = static_cast<Index>(network.config().flops(20, 21));
  // A grid of 10 x 7; levels of 30 x 21, 4 x 3, 10 x 7 and 20 x 14 pixels, fused at eight, four,
  // two times and once the size of the last.
  const Index levels = 70 * 24 * (5 + 17 + 4 + 3) + 630 * 5 * 5 + 12 * 9 * 17 * 17 + 280 * 3 * 3 +
                       9 * 7 * (630 * 5 + 12 * 17 + 70 * 4 + 280 * 3);
  const Index readout = 4 * 71 * 24 * 24;
  const Index units = 9 * 7 * 7 * 280 * (4 * (64 + 16 + 4) + 2);
  const Index fusion = 7 * 7 * 280 * (64 + 16 + 4 + 1);
  const Index last = 280 * 256 * (9 * 7 * 7 + 7 * 19);
  CHECK(with - without == 2 * (levels + readout + units + fusion + last));

  const auto conv = [](Index in, Index out) { return 9 * in * out + out; };
  const Index parameters = 25 * (5 + 17 + 4 + 3) + 9 * 25 + 5 + conv(17, 17) + 4 * 9 + 3 +
                           conv(5, 7) + conv(17, 7) + conv(4, 7) + conv(3, 7) + 14 * conv(7, 7) +
                           4 * (7 * 7 + 7) + 4 * 2 * (24 * 24 + 24) + conv(7, 7) + 7 + 8 * 19;
  CHECK(head_of(network).parameters() == parameters);
}

TEST_CASE("DptSegmentationHead says which layer does not fit") {
  const auto network = segmentation_network();
  varied::Layers<float> other;
  const auto message = [&](const auto& change) {
    Layers layers = head_of(network).layers();
    change(layers);
    auto changed = network.layers();
    changed.dense_head = std::make_shared<Head>(segmentation_config(), layers);
    return support::message_of<eigenvit::ShapeError>(
        [&] { eigenvit::VisionTransformer<float>(network.config(), changed); });
  };
  const std::string expected = "vision transformer: expected ";
  CHECK(message([](auto& l) { l.levels.pop_back(); }) ==
        expected + "levels of a decoder of 4, found 3");
  CHECK(message([](auto& l) { l.levels[2].readout_cls.reset(); }) ==
        expected + "a readout of the class token, found none");
  CHECK(message([](auto& l) { l.conv = {}; }) ==
        expected + "inputs of a decoder's convolution of 7, found 0");
  CHECK(message([&](auto& l) { l.classifier = other.linear(19, 6); }) ==
        expected + "inputs of a segmentation classifier of 7, found 6");
  CHECK(message([&](auto& l) { l.classifier = other.linear(18, 7); }) ==
        expected + "classes of a segmentation head of 19, found 18");
}
