// The goldens hold transformers' numbers (pipeline/pose_test.cpp).
#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <memory>
#include <string>
#include <utility>

#include <doctest/doctest.h>

#include <eigenvit/core/thread_pool_executor.hpp>
#include <eigenvit/model/heads/pose_head.hpp>
#include <eigenvit/model/vision_transformer.hpp>

#include "../../plain_layers.hpp"
#include "../../varied_vit.hpp"

using eigenvit::Index;
using eigenvit::Matrix;
using eigenvit::PoseConfig;
using eigenvit::detail::MapSize;
template <class Scalar>
using Head = eigenvit::detail::PoseHead<Scalar>;
using Layers = eigenvit::detail::PoseLayers<float>;

namespace {

/// Patches alone, of images of 20 x 21 pixels in patches of 2 x 3.
eigenvit::VitConfig pose_encoder() {
  eigenvit::VitConfig c = varied::configs().back();
  c.depth = 2;
  c.pos_embed = c.class_token = c.dist_token = c.dist_head = false;
  c.reg_tokens = c.num_classes = c.projection_dim = 0;
  c.image_embeds = false;
  c.global_pool = eigenvit::Pool::avg;
  return c;
}

PoseConfig pose_config(Index factor) {
  PoseConfig head;
  head.keypoints = 5;
  head.block = 1;
  head.factor = factor;
  head.channels = 6;
  return head;
}

template <class Scalar>
eigenvit::detail::PoseLayers<Scalar> pose_layers(const PoseConfig& head, Index width) {
  varied::Layers<Scalar> other;
  eigenvit::detail::PoseLayers<Scalar> made;
  if (head.factor > 0) {
    const auto weight = other.values(9 * head.keypoints * width);
    made.places = eigenvit::Linear<Scalar>(
        eigenvit::detail::PackedMatrix<Scalar>(weight, 9 * head.keypoints, width));
    made.bias = other.values(head.keypoints);
    return made;
  }
  for (const Index inputs : {width, head.channels}) {
    std::array<eigenvit::Linear<Scalar>, 4> quarters;
    for (auto& quarter : quarters) quarter = other.linear(head.channels, 4 * inputs);
    made.doubling.emplace_back(std::move(quarters), inputs);
  }
  made.last = other.linear(head.keypoints, head.channels);
  return made;
}

template <class Scalar>
eigenvit::VisionTransformer<Scalar> pose_network(Index factor) {
  const eigenvit::VitConfig encoder = pose_encoder();
  const PoseConfig head = pose_config(factor);
  auto layers = varied::network<Scalar>(encoder).layers();
  layers.dense_head =
      std::make_shared<Head<Scalar>>(head, pose_layers<Scalar>(head, encoder.embed_dim));
  return {encoder, std::move(layers)};
}

template <class Scalar>
const Head<Scalar>& head_of(const eigenvit::VisionTransformer<Scalar>& network) {
  return static_cast<const Head<Scalar>&>(*network.layers().dense_head);
}

eigenvit::Taps dense_taps() {
  eigenvit::Taps taps;
  taps.dense = true;
  return taps;
}

}  // namespace

TEST_CASE("PoseHead's simple decoder is a convolution of the enlarged map") {
  const auto network = pose_network<double>(3);
  const auto pixels = support::random_values<double>(2 * 20 * 21, 4);
  eigenvit::Taps taps = dense_taps();
  taps.tokens = true;
  const auto output = network.forward({pixels.data(), 1, 20, 21}, taps);
  const MapSize grid{10, 7}, size{30, 21};
  REQUIRE(output.dense.height == size.height);
  REQUIRE(output.dense.width == size.width);
  REQUIRE(output.dense.channels == 5);
  const Index width = network.config().embed_dim;
  Matrix<double> tokens =
      eigenvit::ConstMatrixView<double>(output.tokens.data(), grid.pixels(), width);
  tokens = tokens.cwiseMax(0.0);
  const plain::Values values(tokens.data(), tokens.data() + tokens.size());
  Matrix<double> enlarged(size.pixels(), width);
  for (Index row = 0; row < size.height; ++row) {
    for (Index column = 0; column < size.width; ++column) {
      for (Index channel = 0; channel < width; ++channel) {
        enlarged(row * size.width + column, channel) =
            plain::upsampled(values, grid, width, size, row, column, channel, false);
      }
    }
  }
  // The weight of a window has the places first, the layer's rows of each place are its outputs.
  const auto& layers = head_of(network).layers();
  const Matrix<double> identity = Matrix<double>::Identity(width, width);
  const Matrix<double> places = layers.places(identity);
  double worst = 0;
  for (Index row = 0; row < size.height; ++row) {
    for (Index column = 0; column < size.width; ++column) {
      for (Index k = 0; k < 5; ++k) {
        double sum = layers.bias[std::size_t(k)];
        for (Index place = 0; place < 9; ++place) {
          const Index y = row + place / 3 - 1, x = column + place % 3 - 1;
          if (y < 0 || y >= size.height || x < 0 || x >= size.width) continue;
          sum += enlarged.row(y * size.width + x).dot(places.col(place * 5 + k));
        }
        const double found = output.dense.map_of(0)(row * size.width + column, k);
        worst = std::max(worst, std::abs(found - sum));
      }
    }
  }
  CHECK(worst < 1e-11);
}

TEST_CASE("Heatmaps have the same bits alone and in a batch, on any threads") {
  for (const Index factor : {0, 2}) {
    const auto network = pose_network<float>(factor);
    const auto pixels = support::random_values<float>(3 * 2 * 20 * 21, 4);
    const auto expected = network.forward({pixels.data(), 3, 20, 21}, dense_taps());
    const Index enlarged = factor > 0 ? factor : 4;
    CHECK(expected.dense.height == 10 * enlarged);
    CHECK(expected.dense.width == 7 * enlarged);
    CHECK(expected.dense.channels == 5);
    const Index size = 70 * enlarged * enlarged * 5;
    eigenvit::Workspace workspace;
    for (const int threads : {1, 3}) {
      eigenvit::ThreadPoolExecutor executor(threads);
      for (Index image = 0; image < 3; ++image) {
        const auto alone = network.forward({pixels.data() + image * 2 * 20 * 21, 1, 20, 21},
                                           dense_taps(), &executor, &workspace);
        CHECK(support::same_bits(alone.dense.maps.data(), expected.dense.maps.data() + image * size,
                                 size));
      }
      const auto found = network.forward({pixels.data(), 3, 20, 21}, dense_taps(), &executor);
      CHECK(support::same_bits(found.dense.maps, expected.dense.maps));
    }
  }
}

TEST_CASE("PoseHead counts operations and parameters as one does by hand") {
  const auto operations = [](const eigenvit::VisionTransformer<float>& network) {
    return static_cast<Index>(network.flops(20, 21) - network.config().flops(20, 21));
  };
  const auto simple = pose_network<float>(3);
  CHECK(operations(simple) == 2 * 70 * 9 * 5 * 24);
  CHECK(head_of(simple).parameters() == 9 * 5 * 24 + 5);
  // Each pixel becomes four of two by two windows, twice.
  const auto classic = pose_network<float>(0);
  CHECK(operations(classic) == 2 * (280 * 4 * 24 * 6 + 1120 * 4 * 6 * 6 + 1120 * 6 * 5));
  CHECK(head_of(classic).parameters() == 16 * 24 * 6 + 6 + 16 * 6 * 6 + 6 + 6 * 5 + 5);
}

TEST_CASE("PoseHead says which layer does not fit") {
  varied::Layers<float> other;
  const auto message = [&](Index factor, const auto& change) {
    const auto network = pose_network<float>(factor);
    Layers layers = head_of(network).layers();
    change(layers);
    auto changed = network.layers();
    changed.dense_head = std::make_shared<Head<float>>(pose_config(factor), layers);
    return support::message_of<eigenvit::ShapeError>(
        [&] { eigenvit::VisionTransformer<float>(network.config(), changed); });
  };
  const std::string expected = "vision transformer: expected ";
  CHECK(message(3, [&](auto& l) { l.places = other.linear(45, 23); }) ==
        expected + "inputs of a pose convolution of 24, found 23");
  CHECK(message(3, [&](auto& l) { l.places = other.linear(44, 24); }) ==
        expected + "outputs of a pose convolution of 45, found 44");
  CHECK(message(3, [](auto& l) { l.bias.pop_back(); }) ==
        expected + "bias of a pose convolution of 5, found 4");
  CHECK(message(0, [](auto& l) { l.doubling.pop_back(); }) ==
        expected + "transposed convolutions of a pose head of 2, found 1");
  CHECK(message(0, [](auto& l) { std::swap(l.doubling[0], l.doubling[1]); }) ==
        expected + "inputs of a pose convolution of 24, found 6");
  CHECK(message(0, [&](auto& l) { l.last = other.linear(5, 7); }) ==
        expected + "inputs of heatmaps of 6, found 7");
  CHECK(message(0, [&](auto& l) { l.last = other.linear(4, 6); }) ==
        expected + "number of heatmaps of 5, found 4");
}
