// The decoder against its formula layer by layer, in the order in which it is published; the
// goldens hold transformers' numbers.
#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <eigenvit/core/thread_pool_executor.hpp>
#include <eigenvit/model/vision_transformer.hpp>

#include "../../plain_layers.hpp"
#include "../../varied_depth.hpp"

using eigenvit::ConstMatrixView;
using eigenvit::DepthConfig;
using eigenvit::Index;
using eigenvit::Matrix;
using eigenvit::Taps;
using eigenvit::VitConfig;
using eigenvit::VitLayers;
using eigenvit::detail::MapSize;

namespace {

/// The head of a network of `varied::depth_network`.
template <class Scalar>
const eigenvit::detail::DepthHead<Scalar>& head_of(
    const eigenvit::VisionTransformer<Scalar>& network) {
  return static_cast<const eigenvit::detail::DepthHead<Scalar>&>(*network.layers().dense_head);
}

template <class Scalar>
struct Map {
  Matrix<Scalar> values;
  MapSize size;
};

template <class Scalar>
Map<Scalar> upsampled(const Map<Scalar>& x, const MapSize& size) {
  Map<Scalar> y{Matrix<Scalar>(size.pixels(), x.values.cols()), size};
  const plain::Values values(x.values.data(), x.values.data() + x.values.size());
  for (Index row = 0; row < size.height; ++row) {
    for (Index column = 0; column < size.width; ++column) {
      for (Index channel = 0; channel < y.values.cols(); ++channel) {
        y.values(row * size.width + column, channel) = static_cast<Scalar>(
            plain::upsampled(values, x.size, y.values.cols(), size, row, column, channel, true));
      }
    }
  }
  return y;
}

template <class Scalar>
void add_unit(const eigenvit::detail::ResidualConvUnit<Scalar>& unit, Map<Scalar>& x) {
  const Matrix<Scalar> hidden = unit.conv1(Matrix<Scalar>(x.values.cwiseMax(Scalar(0))), x.size);
  x.values += unit.conv2(Matrix<Scalar>(hidden.cwiseMax(Scalar(0))), x.size);
}

/// The formula of `DepthHead` for one image.
template <class Scalar>
Matrix<Scalar> plain_depth(const eigenvit::VisionTransformer<Scalar>& network,
                           const eigenvit::VitOutput<Scalar>& output, Index image) {
  const VitConfig& config = network.config();
  const DepthConfig& head = head_of(network).config();
  const eigenvit::detail::DepthLayers<Scalar>& layers = head_of(network).layers();
  const eigenvit::LayerNorm<Scalar>& norm = *network.layers().norm;
  const MapSize grid{output.grid_height, output.grid_width};
  std::vector<Map<Scalar>> maps;
  for (std::size_t i = 0; i < eigenvit::DptNeckConfig::levels; ++i) {
    const auto& level = layers.levels[i];
    const ConstMatrixView<Scalar> tokens(
        output.hidden[i].data() + image * output.tokens_per_image * output.width,
        output.tokens_per_image, output.width);
    const Matrix<Scalar> patches = tokens.middleRows(output.prefix_tokens, grid.pixels());
    Map<Scalar> map{level.projection(norm(patches)), grid};
    if (level.enlarge) map = {(*level.enlarge)(map.values, grid), level.enlarge->output_size(grid)};
    if (level.reduce) map = {(*level.reduce)(map.values, grid), level.reduce->output_size(grid)};
    map.values = level.conv(map.values, map.size);
    maps.push_back(std::move(map));
  }
  Map<Scalar> fused;
  for (std::size_t i = eigenvit::DptNeckConfig::levels; i-- > 0;) {
    const auto& level = layers.levels[i];
    if (i + 1 < eigenvit::DptNeckConfig::levels) {
      add_unit(level.unit1, maps[i]);
      maps[i].values += fused.values;
    }
    add_unit(level.unit2, maps[i]);
    const MapSize next =
        i > 0 ? maps[i - 1].size : MapSize{2 * maps[i].size.height, 2 * maps[i].size.width};
    fused = upsampled(maps[i], next);
    fused.values = level.fusion(fused.values);
  }
  if (layers.projection) {
    fused.values = (*layers.projection)(fused.values, fused.size).cwiseMax(Scalar(0));
  }
  fused.values = layers.conv1(fused.values, fused.size);
  fused = upsampled(fused, {grid.height * config.patch_height, grid.width * config.patch_width});
  const Matrix<Scalar> features = layers.conv2(fused.values, fused.size).cwiseMax(Scalar(0));
  const Matrix<Scalar> depth = layers.conv3(features);
  const auto scale = static_cast<Scalar>(head.max_depth);
  if (!head.is_metric) return scale * depth.cwiseMax(Scalar(0));
  return scale * (1 + (-depth.array()).exp()).inverse().matrix();
}

Taps depth_taps() {
  Taps taps;
  taps.dense = true;
  const auto blocks = varied::depth_config().neck.blocks;
  taps.hidden.assign(blocks.begin(), blocks.end());
  return taps;
}

}  // namespace

TEST_CASE_TEMPLATE("DepthHead is its formula, relative and in metres, of any grid", Scalar, float,
                   double) {
  DepthConfig head = varied::depth_config();
  double worst = 0;
  for (const bool is_metric : {false, true}) {
    head.is_metric = head.add_projection = is_metric;
    head.max_depth = is_metric ? 20.0f : 1.0f;
    const auto network = varied::depth_network<Scalar>(head);
    for (const MapSize size : {MapSize{20, 21}, MapSize{25, 34}, MapSize{2, 3}}) {
      const auto pixels = support::random_values<Scalar>(2 * 2 * size.pixels(), 4);
      const auto output =
          network.forward({pixels.data(), 2, size.height, size.width}, depth_taps());
      CHECK(output.dense.height == size.height / 2 * 2);
      CHECK(output.dense.width == size.width / 3 * 3);
      CHECK(output.dense.channels == 1);
      for (Index image = 0; image < 2; ++image) {
        const Matrix<Scalar> expected = plain_depth(network, output, image);
        const auto found = output.dense.picture_of(image);
        REQUIRE(found.size() == expected.size());
        worst =
            std::max(worst, support::worst_error(found.data(), expected.data(), expected.size()));
      }
    }
  }
  CHECK(worst < (sizeof(Scalar) == 4 ? 2e-5 : 1e-13));
}

TEST_CASE(
    "Depths have the same bits alone and in a batch, on any threads, whatever else is given") {
  const auto network = varied::depth_network<float>();
  const auto pixels = support::random_values<float>(3 * 2 * 20 * 21, 4);
  Taps taps;
  taps.dense = true;
  const auto expected = network.forward({pixels.data(), 3, 20, 21}, taps);
  CHECK(expected.tokens.empty());
  CHECK(expected.logits.empty());
  const Index size = expected.dense.height * expected.dense.width;
  eigenvit::Workspace workspace;
  for (const int threads : support::thread_counts({1, 2, 5})) {
    eigenvit::ThreadPoolExecutor executor(threads);
    for (Index image = 0; image < 3; ++image) {
      const auto alone = network.forward({pixels.data() + image * 2 * 20 * 21, 1, 20, 21}, taps,
                                         &executor, &workspace);
      CHECK(support::same_bits(alone.dense.maps.data(), expected.dense.maps.data() + image * size,
                               size));
    }
    Taps all = depth_taps();
    all.tokens = all.pooled = all.logits = true;
    // Several times: one image may be ahead of another.
    for (int run = 0; run < support::repeats(8); ++run) {
      const auto found = network.forward({pixels.data(), 3, 20, 21}, all, &executor);
      CHECK(support::same_bits(found.dense.maps, expected.dense.maps));
      const auto alone = network.forward({pixels.data(), 3, 20, 21}, taps, &executor, &workspace);
      CHECK(support::same_bits(alone.dense.maps, expected.dense.maps));
    }
  }
}

TEST_CASE("Where maps are all that is asked for, they lie where the blocks' buffers were") {
  const auto network = varied::depth_network<float>();
  Taps alone;
  alone.dense = true;
  Taps both = alone;
  both.tokens = true;
  for (const Index images : {1, 3}) {
    const auto bytes = [&](const Taps& taps) {
      return network.workspace_bytes(20, 21, images, 2, taps);
    };
    Taps tokens;
    tokens.tokens = true;
    // The decoder takes more than the blocks, whose memory both then share.
    CHECK(bytes(both) > 2 * bytes(tokens));
    CHECK(bytes(alone) < bytes(both) - bytes(tokens) / 4);
    const auto pixels = support::random_values<float>(images * 2 * 20 * 21, 4);
    eigenvit::Workspace workspace;
    network.forward({pixels.data(), images, 20, 21}, alone, nullptr, &workspace);
    CHECK(workspace.size() == network.workspace_bytes(20, 21, images, 1, alone));
  }
}

TEST_CASE("A decoder without CLS keeps its levels' channels of the patches") {
  const VitConfig c = varied::depth_encoder();
  const DepthConfig config = varied::depth_config();
  const auto head = varied::depth_head<float>(c, config);
  const eigenvit::detail::ForwardPlan plan(c, 20, 21, 1, 2, eigenvit::ops::tile_rows<float>());
  Index channels = 0;
  for (const Index level : config.neck.level_channels) channels += level;
  CHECK(channels < 2 * c.embed_dim);
  // Each map begins at a line of the cache.
  const Index kept = head.scratch_values(c, plan);
  CHECK(kept >= plan.patches * channels);
  CHECK(kept < plan.patches * channels + 4 * 16);
}

TEST_CASE("Attention writes over normed tokens where a block does not read them again") {
  VitConfig c = varied::depth_encoder();
  const auto head = varied::depth_head<float>(c, varied::depth_config());
  const eigenvit::detail::ForwardPlan plan(c, 20, 21, 1, 2, eigenvit::ops::tile_rows<float>());
  const auto in_place = [&](eigenvit::BlockForm form, bool alone) {
    c.block = form;
    eigenvit::detail::WorkspaceSize size;
    eigenvit::detail::ForwardScratch<float>(c, plan, &head, alone, 2, size);
    eigenvit::Workspace workspace;
    workspace.reset(size.bytes());
    const eigenvit::detail::ForwardScratch<float> taken(c, plan, &head, alone, 2, workspace);
    return taken.blocks.attended == taken.blocks.normed;
  };
  CHECK(in_place(eigenvit::BlockForm::pre_norm, true));
  CHECK_FALSE(in_place(eigenvit::BlockForm::pre_norm, false));
  for (const auto form : {eigenvit::BlockForm::post_norm, eigenvit::BlockForm::sum_norm,
                          eigenvit::BlockForm::parallel}) {
    CHECK_FALSE(in_place(form, true));
  }
}

TEST_CASE("A model's other results and its workspace are the same with a depth head and without") {
  const auto network = varied::depth_network<float>();
  auto layers = network.layers();
  layers.dense_head = nullptr;
  const eigenvit::VisionTransformer<float> without(network.config(), layers);
  CHECK(without.parameters() < network.parameters());
  const auto pixels = support::random_values<float>(2 * 20 * 21, 4);
  for (const bool tokens : {true, false}) {
    Taps taps;
    taps.tokens = tokens;
    taps.logits = true;
    const auto expected = without.forward({pixels.data(), 1, 20, 21}, taps);
    const auto found = network.forward({pixels.data(), 1, 20, 21}, taps);
    CHECK(support::same_bits(found.tokens, expected.tokens));
    CHECK(support::same_bits(found.logits, expected.logits));
    CHECK(found.dense.maps.empty());
    CHECK(network.workspace_bytes(20, 21, 1, 2, taps) ==
          without.workspace_bytes(20, 21, 1, 2, taps));
    taps.dense = true;
    CHECK(network.workspace_bytes(20, 21, 1, 2, taps) >
          without.workspace_bytes(20, 21, 1, 2, Taps()));
    const auto both = network.forward({pixels.data(), 1, 20, 21}, taps);
    CHECK(support::same_bits(both.tokens, expected.tokens));
  }
}

TEST_CASE("DepthHead counts operations and parameters as one does by hand") {
  const auto network = varied::depth_network<float>();
  const auto with = static_cast<Index>(network.flops(20, 21));
  const auto without = static_cast<Index>(network.config().flops(20, 21));
  // A grid of 10 x 7; levels of 30 x 21, 4 x 3, 10 x 7 and 20 x 14 pixels.
  const Index levels = 70 * 24 * (5 + 17 + 4 + 3) + 630 * 5 * 5 + 12 * 9 * 17 * 17 + 280 * 3 * 3 +
                       9 * 18 * (630 * 5 + 12 * 17 + 70 * 4 + 280 * 3);
  const Index units = 9 * 18 * 18 * (4 * (630 + 12 + 70) + 2 * 280);
  const Index fusion = 18 * 18 * (630 + 12 + 70 + 280);
  const Index last = 9 * 60 * 42 * 18 * 9 + 9 * 420 * 9 * 5 + 420 * 5;
  CHECK(with - without == 2 * (levels + units + fusion + last));

  const auto conv = [](Index in, Index out) { return 9 * in * out + out; };
  const Index parameters = 25 * (5 + 17 + 4 + 3) + 9 * 25 + 5 + conv(17, 17) + 4 * 9 + 3 +
                           conv(5, 18) + conv(17, 18) + conv(4, 18) + conv(3, 18) +
                           14 * conv(18, 18) + 4 * (18 * 18 + 18) + conv(18, 9) + conv(9, 5) + 6;
  // A square's four or nine biases are one of a checkpoint.
  CHECK(head_of(network).parameters() == parameters);
}

TEST_CASE("The memory of depths is told without taking it, of images whose sizes do not overflow") {
  const auto network = varied::depth_network<float>();
  Taps taps;
  taps.dense = true;
  REQUIRE(network.config().patch_height == 2);
  REQUIRE(network.config().patch_width == 3);
  CHECK(network.dense_bytes(16384, 24576, 3) == std::size_t{3} * 16384 * 24576 * 4);
  for (const bool of_workspace : {true, false}) {
    CHECK(support::message_of<eigenvit::ShapeError>([&] {
            of_workspace ? network.workspace_bytes(65536, 65536, 1, 1, taps)
                         : network.dense_bytes(65536, 65536, 1);
          }) == "dense head: expected images of at most 67108864 patches, found 715816960");
  }
}

TEST_CASE("DepthHead says which layer does not fit") {
  const auto network = varied::depth_network<float>();
  varied::Layers<float> other;
  const auto message = [&](const auto& change) {
    eigenvit::detail::DepthLayers<float> head = head_of(network).layers();
    change(head);
    VitLayers<float> layers = network.layers();
    layers.dense_head =
        std::make_shared<eigenvit::detail::DepthHead<float>>(varied::depth_config(), head);
    return support::message_of<eigenvit::ShapeError>(
        [&] { eigenvit::VisionTransformer<float>(network.config(), layers); });
  };
  const std::string expected = "vision transformer: expected ";
  CHECK(message([](auto& l) { l.levels.pop_back(); }) ==
        expected + "levels of a decoder of 4, found 3");
  CHECK(message([&](auto& l) { l.levels[0].projection = other.linear(5, 23); }) ==
        expected + "inputs of a level of 24, found 23");
  CHECK(message([&](auto& l) { l.levels[0].projection = other.linear(6, 24); }) ==
        expected + "channels of a level of 5, found 6");
  CHECK(message([](auto& l) { l.levels[0].enlarge.reset(); }) ==
        expected + "a transposed convolution of a level, found none");
  CHECK(message([](auto& l) { l.levels[1].reduce.reset(); }) ==
        expected + "a reduction of a level, found none");
  CHECK(message([](auto& l) { l.levels[2].reduce = l.levels[2].conv; }) ==
        expected + "no reduction of a level, found one");
  CHECK(message([](auto& l) { std::swap(l.levels[0].conv, l.levels[1].conv); }) ==
        expected + "inputs of a decoder's convolution of 5, found 17");
  CHECK(message([&](auto& l) { l.levels[0].fusion = other.linear(18, 17); }) ==
        expected + "inputs of a fusion of 18, found 17");
  CHECK(message([](auto& l) { l.levels[0].unit1 = {}; }) ==
        expected + "inputs of a decoder's convolution of 18, found 0");
  CHECK(message([&](auto& l) { l.conv3 = other.linear(2, 5); }) ==
        expected + "values of a depth of 1, found 2");
}

TEST_CASE("Depth is refused where there is none, and beside token merging") {
  const auto network = varied::depth_network<float>();
  const auto pixels = support::random_values<float>(2 * 20 * 21, 4);
  Taps taps;
  taps.dense = true;
  const auto plain = varied::network<float>(varied::configs().back());
  CHECK(support::message_of<eigenvit::UnsupportedError>([&] {
          plain.forward({pixels.data(), 1, 20, 21}, taps);
        }) ==
        "taps: expected a network with a dense head for dense, found none: load_dense_model of "
        "eigenvit/dense.hpp reads those that a folder has");
  taps.token_merging.per_block = 2;
  CHECK(support::message_of<eigenvit::UnsupportedError>([&] {
          network.forward({pixels.data(), 1, 20, 21}, taps);
        }) ==
        "token merging: expected no dense head to be asked for, which reads the tokens of blocks, "
        "found one");
  taps.dense = false;
  taps.logits = true;
  CHECK_NOTHROW(network.forward({pixels.data(), 1, 20, 21}, taps));
}
