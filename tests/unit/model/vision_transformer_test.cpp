#include <exception>
#include <thread>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <eigenvit/core/thread_pool_executor.hpp>
#include <eigenvit/model/vision_transformer.hpp>

#include "../executors.hpp"
#include "../instances.hpp"
#include "../plain_vit.hpp"

using eigenvit::Activation;
using eigenvit::AlignedBuffer;
using eigenvit::Index;
using eigenvit::PixelBatch;
using eigenvit::Taps;
using eigenvit::VisionTransformer;
using eigenvit::VitOutput;
using plain::Pool;
using plain::VitConfig;
using support::same_bits;
using support::worst_error;

namespace {

using Network = VisionTransformer<float>;
using Output = VitOutput<float>;

Network make_network(const VitConfig& config) {
  return Network(config, plain::Vit(config).layers<float>());
}

AlignedBuffer<float> random_images(const VitConfig& config, Index images, Index height,
                                   Index width) {
  return support::random_values<float>(images * config.in_chans * height * width, 1);
}

Taps every_tap(const VitConfig& config) {
  Taps taps;
  taps.tokens = taps.pooled = true;
  taps.logits = config.num_classes > 0;
  taps.pooler_output = config.pooler_hidden > 0;
  // Not in the order of the blocks.
  taps.hidden = taps.attention = {2, 0, 1};
  return taps;
}

bool same_output(const Output& a, const Output& b) {
  bool same = same_bits(a.tokens, b.tokens) && same_bits(a.pooled, b.pooled) &&
              same_bits(a.logits, b.logits) && same_bits(a.pooler_output, b.pooler_output) &&
              a.hidden.size() == b.hidden.size() && a.attention.size() == b.attention.size();
  for (std::size_t i = 0; same && i < a.hidden.size(); ++i) {
    same = same_bits(a.hidden[i], b.hidden[i]);
  }
  for (std::size_t i = 0; same && i < a.attention.size(); ++i) {
    same = same_bits(a.attention[i], b.attention[i]);
  }
  return same;
}

/// Largest error of any tap against the plain loops, for two images.
double network_error(const VitConfig& config, Index height, Index width) {
  const plain::Vit reference(config);
  const Network network(config, reference.layers<float>());
  const auto pixels = random_images(config, 2, height, width);
  const Taps taps = every_tap(config);
  const Output output = network.forward({pixels.data(), 2, height, width}, taps);
  double worst = 0;
  const auto compare = [&](const AlignedBuffer<float>& found, const plain::Values& expected,
                           std::size_t image) {
    REQUIRE(found.size() == 2 * expected.size());
    worst = std::max(worst, worst_error(found.data() + image * expected.size(), expected.data(),
                                        static_cast<Index>(expected.size())));
  };
  for (std::size_t image = 0; image < 2; ++image) {
    const auto expected = reference(
        pixels.data() + image * static_cast<std::size_t>(config.in_chans * height * width), height,
        width);
    compare(output.tokens, expected.tokens, image);
    compare(output.pooled, expected.pooled, image);
    compare(output.logits, expected.logits, image);
    compare(output.pooler_output, expected.pooler_output, image);
    for (std::size_t i = 0; i < taps.hidden.size(); ++i) {
      const auto block = static_cast<std::size_t>(taps.hidden[i]);
      compare(output.hidden[i], expected.hidden[block], image);
      compare(output.attention[i], expected.attention[block], image);
    }
  }
  return worst;
}

}  // namespace

TEST_CASE("VisionTransformer is its formula, with every choice of the configuration") {
  const auto error = [](const auto& change) {
    VitConfig config = plain::odd_config();
    change(config);
    return network_error(config, config.image_height, config.image_width);
  };
  // Measured: 1.7e-6.
  const double bound = 5e-6;
  CHECK(error([](auto&) {}) < bound);
  CHECK(error([](auto& c) { c.no_embed_class = true; }) < bound);
  CHECK(error([](auto& c) { c.reg_tokens = 4; }) < bound);
  CHECK(error([](auto& c) {
          c.class_token = false;
          c.global_pool = Pool::avg;
          c.fc_norm = true;
          c.final_norm = false;
        }) < bound);
  CHECK(error([](auto& c) {
          c.class_token = false;
          c.reg_tokens = 2;
        }) < bound);
  CHECK(error([](auto& c) {
          c.dist_token = c.dist_head = true;
          c.layer_scale = true;
        }) < bound);
  CHECK(error([](auto& c) {
          c.dist_token = true;
          c.global_pool = Pool::token_pair;
        }) < bound);
  CHECK(error([](auto& c) {
          c.pre_norm = true;
          c.patch_bias = c.qkv_bias = false;
          c.act = Activation::quick_gelu;
          c.norm_eps = 1e-6;
        }) < bound);
  CHECK(error([](auto& c) { c.pooler_hidden = 9; }) < bound);
  CHECK(error([](auto& c) {
          c.pooler_hidden = 9;
          c.num_classes = 0;
        }) < bound);
  CHECK(error([](auto& c) {
          c.num_classes = 0;
          c.global_pool = Pool::avg;
        }) < bound);
}

TEST_CASE("VisionTransformer takes other sizes, with resampled position embeddings") {
  VitConfig config = plain::odd_config();
  const double bound = 5e-6;
  CHECK(network_error(config, 25, 12) < bound);
  CHECK(network_error(config, 5, 3) < bound);
  // A remainder of rows and columns is left out.
  CHECK(network_error(config, 19, 23) < bound);
  config.pos_interpolation.antialias = true;
  CHECK(network_error(config, 10, 30) < bound);
}

TEST_CASE("VisionTransformer in double") {
  const VitConfig config = plain::odd_config();
  const plain::Vit reference(config);
  const VisionTransformer<double> network(config, reference.layers<double>());
  const auto pixels = random_images(config, 1, 15, 21);
  const AlignedBuffer<double> values(pixels.begin(), pixels.end());
  Taps taps;
  taps.logits = true;
  const auto output = network.forward({values.data(), 1, 15, 21}, taps);
  const auto expected = reference(pixels.data(), 15, 21);
  CHECK(worst_error(output.logits.data(), expected.logits.data(), 7) < 1e-15);  // measured: 3.6e-16
  CHECK(output.tokens.empty());
}

TEST_CASE("VisionTransformer states its shapes") {
  VitConfig config = plain::odd_config();
  config.reg_tokens = 2;
  const Network network = make_network(config);
  CHECK(network.config().depth == 3);
  CHECK(network.parameters() == network.layers().parameters());
  const auto pixels = random_images(config, 2, 10, 21);
  const Output output = network.forward({pixels.data(), 2, 10, 21}, every_tap(config));
  CHECK(output.images == 2);
  CHECK(output.prefix_tokens == 3);
  CHECK(output.grid_height == 2);
  CHECK(output.grid_width == 7);
  CHECK(output.tokens_per_image == 17);
  CHECK(output.width == 18);
  CHECK(output.pooled_width == 18);
  CHECK(output.classes == 7);
  CHECK(output.heads == 3);
  CHECK(output.tokens_of(1).rows() == 17);
  CHECK(output.attention[0].size() == 2 * 3 * 17 * 17);
}

TEST_CASE("VisionTransformer gives the same bits alone, at any place in a batch, on any threads") {
  VitConfig large = plain::odd_config();
  large.image_height = 60;
  large.image_width = 36;
  // As small as can be, where Eigen has other code for products.
  VitConfig tiny = plain::odd_config();
  tiny.image_height = 5;
  tiny.image_width = 6;
  tiny.embed_dim = 6;
  for (const VitConfig& config : {large, tiny}) {
    const Network network = make_network(config);
    const Index height = config.image_height, width = config.image_width;
    const auto pixels = random_images(config, 3, height, width);
    const Taps taps = every_tap(config);
    const Output batch = network.forward({pixels.data(), 3, height, width}, taps);
    for (const int threads : {1, 2, 3, 7}) {
      eigenvit::ThreadPoolExecutor executor(threads);
      CHECK(
          same_output(network.forward({pixels.data(), 3, height, width}, taps, &executor), batch));
    }
    const auto part = [](const AlignedBuffer<float>& whole, Index image) {
      const auto size = static_cast<Index>(whole.size()) / 3;
      return AlignedBuffer<float>(whole.data() + image * size, whole.data() + (image + 1) * size);
    };
    for (Index image = 0; image < 3; ++image) {
      const Output one = network.forward(
          {pixels.data() + image * config.in_chans * height * width, 1, height, width}, taps);
      CHECK(same_bits(one.tokens, part(batch.tokens, image)));
      CHECK(same_bits(one.pooled, part(batch.pooled, image)));
      CHECK(same_bits(one.logits, part(batch.logits, image)));
      for (std::size_t i = 0; i < 3; ++i) {
        CHECK(same_bits(one.hidden[i], part(batch.hidden[i], image)));
        CHECK(same_bits(one.attention[i], part(batch.attention[i], image)));
      }
    }
  }
}

TEST_CASE("VisionTransformer gives each tap the same bits, whatever else is asked for") {
  for (const bool distilled : {false, true}) {
    VitConfig config = plain::odd_config();
    config.dist_token = config.dist_head = distilled;
    if (!distilled) config.pooler_hidden = 9;
    const Network network = make_network(config);
    const auto pixels = random_images(config, 2, 15, 21);
    const PixelBatch<float> batch{pixels.data(), 2, 15, 21};
    const Output all = network.forward(batch, every_tap(config));
    Taps taps;
    const Output nothing = network.forward(batch, taps);
    CHECK(nothing.tokens.empty());
    CHECK(nothing.tokens_per_image == all.tokens_per_image);
    taps.hidden = {1};
    taps.attention = {0};
    const Output early = network.forward(batch, taps);
    CHECK(same_bits(early.hidden[0], all.hidden[2]));
    CHECK(same_bits(early.attention[0], all.attention[1]));
    CHECK(early.logits.empty());
    taps = {};
    taps.tokens = true;
    CHECK(same_bits(network.forward(batch, taps).tokens, all.tokens));
    taps = {};
    taps.pooled = true;
    CHECK(same_bits(network.forward(batch, taps).pooled, all.pooled));
    taps = {};
    taps.logits = true;
    CHECK(same_bits(network.forward(batch, taps).logits, all.logits));
    if (distilled) continue;
    taps = {};
    taps.pooler_output = true;
    CHECK(same_bits(network.forward(batch, taps).pooler_output, all.pooler_output));
  }
}

TEST_CASE("VisionTransformer reuses result and workspace without a trace of what was in them") {
  const VitConfig config = plain::odd_config();
  const Network network = make_network(config);
  const Taps taps = every_tap(config);
  const auto small = random_images(config, 1, 15, 21);
  const auto large = random_images(config, 3, 30, 24);
  const PixelBatch<float> small_batch{small.data(), 1, 15, 21};
  const PixelBatch<float> large_batch{large.data(), 3, 30, 24};
  const Output expected = network.forward(small_batch, taps);

  eigenvit::Workspace workspace;
  Output output;
  network.forward(large_batch, taps, output, nullptr, &workspace);
  const std::size_t bytes = network.workspace_bytes(30, 24, 3, 1, taps);
  CHECK(workspace.size() == bytes);
  const float* const memory = output.tokens.data();
  network.forward(small_batch, taps, output, nullptr, &workspace);
  CHECK(same_output(output, expected));
  CHECK(output.tokens.data() == memory);
  CHECK(workspace.size() == bytes);

  eigenvit::Workspace own;
  eigenvit::ThreadPoolExecutor executor(3);
  network.forward(small_batch, taps, output, &executor, &own);
  CHECK(same_output(output, expected));
  const std::size_t bytes_of_three = network.workspace_bytes(15, 21, 1, 3, taps);
  CHECK(own.size() == bytes_of_three);
  // One that answers a greater concurrency each time gets the work of the first.
  support::GrowingExecutor growing;
  network.forward(small_batch, taps, output, &growing, &own);
  CHECK(same_output(output, expected));
  CHECK(growing.most_tasks() == 1);
  CHECK(own.size() == bytes_of_three);
}

TEST_CASE("Where memory lacks for a result it has the shapes of no image") {
  const VitConfig config = plain::odd_config();
  const Network network = make_network(config);
  const auto pixels = random_images(config, 1, 15, 21);
  Output output = network.forward({pixels.data(), 1, 15, 21}, every_tap(config));
  Taps taps;
  taps.attention = {0};
  // More than a vector may have, so that no allocator is asked; no pixel is read.
  CHECK_THROWS_AS(network.forward({pixels.data(), 16, 65535, 65535}, taps, output), std::exception);
  CHECK(output.images == 0);
  CHECK(output.tokens_of(0).size() == 0);
  CHECK(output.pooled_of(0).size() == 0);
  CHECK(output.attention_of(0, 0, 0).size() == 0);
}

TEST_CASE("The workspace of a large batch is that of one of its passes") {
  const VitConfig config = plain::odd_config();
  const Network network = make_network(config);
  const Taps taps = every_tap(config);
  for (const int threads : {1, 2}) {
    const auto bytes = [&](Index images) {
      return network.workspace_bytes(150, 60, images, threads, taps);  // more than 600 tokens
    };
    CHECK(bytes(64) == bytes(1));
  }
}

TEST_CASE("workspace_bytes refuses what forward refuses") {
  const VitConfig config = plain::odd_config();
  const Network network = make_network(config);
  const auto error = [&](Index height, Index width, Index images, int threads, const Taps& taps) {
    return support::message_of<eigenvit::Error>(
        [&] { network.workspace_bytes(height, width, images, threads, taps); });
  };
  CHECK(error(15, 21, 1, 1, Taps()) == "nothing was thrown");
  CHECK(error(15, 21, 1, 0, Taps()) == "threads: expected at least 1, found 0");
  CHECK(error(15, 21, 0, 1, Taps()) == "pixel values: expected at least 1 image, found 0");
  CHECK(error(0, 21, 1, 1, Taps()).find("pixel values: expected images of ") == 0);
  Taps taps;
  taps.hidden = {config.depth};
  CHECK(error(15, 21, 1, 1, taps) == support::message_of<eigenvit::ConfigError>([&] {
          const auto pixels = random_images(config, 1, 15, 21);
          network.forward({pixels.data(), 1, 15, 21}, taps);
        }));
}

TEST_CASE("One VisionTransformer serves several threads at the same time") {
  const VitConfig config = plain::odd_config();
  const Network network = make_network(config);
  const Taps taps = every_tap(config);
  const auto pixels = random_images(config, 1, 15, 24);
  const PixelBatch<float> batch{pixels.data(), 1, 15, 24};
  const Output expected = network.forward(batch, taps);
  eigenvit::ThreadPoolExecutor executor(2);
  std::vector<Output> outputs(4);
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    threads.emplace_back(
        [&, i] { outputs[i] = network.forward(batch, taps, i % 2 == 0 ? &executor : nullptr); });
  }
  for (std::thread& thread : threads) thread.join();
  for (const Output& output : outputs) CHECK(same_output(output, expected));
}

TEST_CASE("VisionTransformer says what it cannot do") {
  VitConfig config = plain::odd_config();
  const Network network = make_network(config);
  const auto pixels = random_images(config, 1, 15, 21);
  const PixelBatch<float> batch{pixels.data(), 1, 15, 21};

  const auto shape = [](const Network& with, const PixelBatch<float>& of) {
    return support::message_of<eigenvit::ShapeError>([&] { with.forward(of, Taps()); });
  };
  CHECK(shape(network, {pixels.data(), 0, 15, 21}) ==
        "pixel values: expected at least 1 image, found 0");
  CHECK(shape(network, {pixels.data(), 1, 4, 21}) ==
        "pixel values: expected images of 5 x 3 to 65536 x 65536, found 4 x 21");
  CHECK(shape(network, {pixels.data(), 1, 15, 65537}) ==
        "pixel values: expected images of 5 x 3 to 65536 x 65536, found 15 x 65537");
  config.dynamic_image_size = false;
  CHECK(shape(make_network(config), {pixels.data(), 1, 15, 24}) ==
        "pixel values: expected images of 15 x 21, found 15 x 24");

  const auto tapping = [&](const Taps& taps) {
    return support::message_of<eigenvit::ConfigError>([&] { network.forward(batch, taps); });
  };
  Taps taps;
  taps.hidden = {0, 3};
  CHECK(tapping(taps) == "taps: expected a block from 0 to 2, found 3");
  taps.hidden = {};
  taps.attention = {-1};
  CHECK(tapping(taps) == "taps: expected a block from 0 to 2, found -1");
  taps.attention = {1, 2, 1};
  CHECK(tapping(taps) == "taps: expected each block once, found 1 twice");

  config = plain::odd_config();
  config.num_classes = 0;
  const Network headless = make_network(config);
  Taps logits, pooler;
  logits.logits = true;
  pooler.pooler_output = true;
  CHECK(support::message_of<eigenvit::UnsupportedError>([&] { headless.forward(batch, logits); }) ==
        "taps: expected a model with a head for logits, found none");
  CHECK(support::message_of<eigenvit::UnsupportedError>([&] { headless.forward(batch, pooler); }) ==
        "taps: expected a model with a pooler for pooler_output, found none");

  config.depth = 2;
  CHECK(support::message_of<eigenvit::ShapeError>([&] {
          Network wrong(config, headless.layers());
        }) == "vision transformer: expected number of blocks of 2, found 3");
  config.depth = 0;
  CHECK(support::message_of<eigenvit::ConfigError>([&] {
          Network wrong(config, headless.layers());
        }) == "vision transformer: expected depth from 1 to 4096, found 0");
}
