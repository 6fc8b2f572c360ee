// The goldens hold transformers' numbers, in float and in double.
#include <memory>
#include <string>
#include <utility>

#include <doctest/doctest.h>

#include <eigenvit/core/thread_pool_executor.hpp>
#include <eigenvit/io/dense_heads.hpp>
#include <eigenvit/model/heads/uper_head.hpp>

#include "../../golden.hpp"
#include "../../support.hpp"

using eigenvit::Index;
using eigenvit::Taps;
using eigenvit::UperConfig;
using UperHead = eigenvit::detail::UperHead<float>;
using UperLayers = eigenvit::detail::UperLayers<float>;

namespace {

eigenvit::VisionTransformer<float> golden_network() {
  return eigenvit::ModelFolder::open(golden::models_folder() / "hf_beit_segmentation",
                                     eigenvit::with_dense_heads())
      .read_network<float>();
}

const UperHead& head_of(const eigenvit::VisionTransformer<float>& network) {
  return static_cast<const UperHead&>(*network.layers().dense_head);
}

Taps dense_taps() {
  Taps taps;
  taps.dense = true;
  return taps;
}

eigenvit::Linear<float> linear(Index out, Index in) {
  return eigenvit::Linear<float>(eigenvit::Matrix<float>::Zero(out, in));
}

}  // namespace

TEST_CASE("Scores have the same bits alone and in a batch, on any threads") {
  const auto network = golden_network();
  const auto pixels = support::random_values<float>(3 * 3 * 20 * 28, 4);
  const auto expected = network.forward({pixels.data(), 3, 20, 28}, dense_taps());
  CHECK(expected.dense.height == 20);
  CHECK(expected.dense.width == 28);
  CHECK(expected.dense.channels == 5);
  CHECK(expected.tokens.empty());
  const Index size = 20 * 28 * 5;
  eigenvit::Workspace workspace;
  for (const int threads : {1, 2, 5}) {
    eigenvit::ThreadPoolExecutor executor(threads);
    for (Index image = 0; image < 3; ++image) {
      const auto alone = network.forward({pixels.data() + image * 3 * 20 * 28, 1, 20, 28},
                                         dense_taps(), &executor, &workspace);
      CHECK(support::same_bits(alone.dense.maps.data(), expected.dense.maps.data() + image * size,
                               size));
    }
    // Several times: one image may be ahead of another.
    for (int run = 0; run < support::repeats(8); ++run) {
      const auto found = network.forward({pixels.data(), 3, 20, 28}, dense_taps(), &executor);
      CHECK(support::same_bits(found.dense.maps, expected.dense.maps));
    }
  }
}

TEST_CASE("UperHead counts operations and parameters as one does by hand") {
  const auto network = golden_network();
  const auto with = static_cast<Index>(network.flops(20, 28));
  const auto without = static_cast<Index>(network.config().flops(20, 28));
  // A grid of 5 x 7; levels of 20 x 28, 10 x 14, 5 x 7 and 2 x 3 pixels; pooled to 1, 4, 9 and 36.
  const Index enlarged = 140 + 560 + 140;
  const Index pooled = 9 * 6 * 5 + 1 + 4 + 9 + 36;
  const Index pyramid = 10 * (560 + 140 + 35);
  const Index fusion = 9 * 560 * 4;
  CHECK(with - without == 2 * 12 * (12 * (enlarged + pooled + pyramid + fusion) + 560 * 5));

  Index in_file = 0;
  const auto store = eigenvit::TensorStore::open(golden::models_folder() / "hf_beit_segmentation");
  for (const auto* const tensor : store.tensors()) {
    const std::string& name = tensor->name;
    const auto has = [&](const char* part) { return name.find(part) != std::string::npos; };
    if (!has("decode_head.") && !has("fpn")) continue;
    if (has("running_") || has("num_batches")) continue;
    in_file += static_cast<Index>(tensor->element_count());
  }
  CHECK(head_of(network).parameters() == in_file);
}

TEST_CASE("UperHead refuses images of a single row or column of patches") {
  const auto network = golden_network();
  const auto pixels = support::random_values<float>(3 * 8 * 28, 4);
  const std::string expected =
      "segmentation head: expected images of at least 2 x 2 patches, found ";
  CHECK(support::message_of<eigenvit::ShapeError>([&] {
          network.forward({pixels.data(), 1, 4, 28}, dense_taps());
        }) == expected + "1 x 7");
  CHECK(support::message_of<eigenvit::ShapeError>([&] {
          network.forward({pixels.data(), 1, 8, 7}, dense_taps());
        }) == expected + "2 x 1");
  CHECK_NOTHROW(network.forward({pixels.data(), 1, 8, 8}, dense_taps()));
}

TEST_CASE("UperHead says which layer does not fit") {
  const auto network = golden_network();
  const auto message = [&](const auto& change) {
    UperLayers layers = head_of(network).layers();
    change(layers);
    auto changed = network.layers();
    changed.dense_head = std::make_shared<UperHead>(head_of(network).config(), layers);
    return support::message_of<eigenvit::ShapeError>(
        [&] { eigenvit::VisionTransformer<float>(network.config(), changed); });
  };
  const std::string expected = "vision transformer: expected ";
  CHECK(message([](auto& l) { l.enlarge_once = {}; }) ==
        expected + "inputs of a segmentation layer of 12, found 0");
  CHECK(message([](auto& l) {
          l.enlarge_once = {linear(12, 12), 1};
        }) == expected + "factor of a segmentation level of 2, found 1");
  CHECK(message([](auto& l) { l.pooled.pop_back(); }) ==
        expected + "pooled maps of a segmentation head of 4, found 3");
  CHECK(message([](auto& l) { l.last_pooled.pop_back(); }) ==
        expected + "pooled maps of a segmentation head of 4, found 3");
  CHECK(message([](auto& l) { l.lateral[1] = linear(13, 12); }) ==
        expected + "outputs of a segmentation layer of 12, found 13");
  CHECK(message([](auto& l) { l.last = {}; }) ==
        expected + "inputs of a segmentation layer of 12, found 0");
  CHECK(message([](auto& l) { l.classifier = linear(5, 11); }) ==
        expected + "inputs of a segmentation classifier of 12, found 11");
  CHECK(message([](auto& l) { l.classifier = linear(6, 12); }) ==
        expected + "classes of a segmentation head of 5, found 6");
}
