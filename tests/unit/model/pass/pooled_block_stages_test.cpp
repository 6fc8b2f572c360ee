// Logits asked for alone go through `PooledBlockStages`; asked for with the tokens they do not.
#include <doctest/doctest.h>

#include <eigenvit/core/thread_pool_executor.hpp>
#include <eigenvit/model/pass/pooled_block_stages.hpp>
#include <eigenvit/model/vision_transformer.hpp>

#include "../../plain_vit.hpp"

using eigenvit::Index;
using eigenvit::Taps;
using eigenvit::VitConfig;

namespace {

using Network = eigenvit::VisionTransformer<float>;

/// Tokens that are whole registers wide, as `PooledBlockStages` needs them.
VitConfig pooled_config(Index width, Index heads) {
  VitConfig config = plain::odd_config();
  config.embed_dim = width;
  config.num_heads = heads;
  config.reg_tokens = 2;
  return config;
}

Taps logits_only() {
  Taps taps;
  taps.logits = taps.pooled = true;
  return taps;
}

/// Largest difference between the pooled vectors and logits of the two ways.
double difference(const Network& network, const eigenvit::PixelBatch<float>& pixels) {
  Taps all = logits_only();
  all.tokens = true;
  const auto expected = network.forward(pixels, all);
  const auto found = network.forward(pixels, logits_only());
  return std::max(support::worst_error(found.pooled.data(), expected.pooled.data(),
                                       static_cast<Index>(expected.pooled.size())),
                  support::worst_error(found.logits.data(), expected.logits.data(),
                                       static_cast<Index>(expected.logits.size())));
}

/// Every kind of model that pools prefix tokens.
std::vector<VitConfig> configurations() {
  std::vector<VitConfig> all;
  for (const Index heads : {1, 2, 4, 6, 24}) all.push_back(pooled_config(48, heads));
  all.push_back(pooled_config(176, 2));  // heads of 88
  for (const bool dist_head : {false, true}) {
    VitConfig distilled = pooled_config(48, 12);
    distilled.reg_tokens = 0;
    distilled.dist_token = true;
    distilled.dist_head = dist_head;
    distilled.global_pool = dist_head ? eigenvit::Pool::token : eigenvit::Pool::token_pair;
    all.push_back(distilled);
  }
  VitConfig shallow = pooled_config(32, 2);
  shallow.depth = 1;
  shallow.pre_norm = shallow.layer_scale = true;
  shallow.qkv_bias = false;
  all.push_back(shallow);
  return all;
}

}  // namespace

// The largest error seen is 4.1e-7 (AVX2 and AVX-512), 5.0e-7 (baseline).
TEST_CASE("PooledBlockStages gives what the whole block gives, but for rounding") {
  for (const VitConfig& config : configurations()) {
    CAPTURE(config.embed_dim);
    CAPTURE(config.num_heads);
    const Network network(config, plain::Vit(config).layers<float>());
    const auto pixels = support::random_values<float>(3 * 2 * 15 * 21, 1);
    const double worst = difference(network, {pixels.data(), 3, 15, 21});
    CHECK(worst < 1e-6);
    CHECK(worst > 0);  // or it was not another way
  }
}

TEST_CASE(
    "PooledBlockStages gives the same bits for any number of threads and place in the batch") {
  for (const VitConfig& config : configurations()) {
    const Network network(config, plain::Vit(config).layers<float>());
    constexpr Index size = 2 * 15 * 21;
    const auto pixels = support::random_values<float>(4 * size, 1);
    const auto expected = network.forward({pixels.data(), 4, 15, 21}, logits_only());
    for (const int threads : {2, 3, 7}) {
      eigenvit::ThreadPoolExecutor executor(threads);
      const auto found = network.forward({pixels.data(), 4, 15, 21}, logits_only(), &executor);
      CHECK(support::same_bits(found.logits, expected.logits));
    }
    for (Index image = 0; image < 4; ++image) {
      const auto alone = network.forward({pixels.data() + image * size, 1, 15, 21}, logits_only());
      CHECK(support::same_bits(alone.logits.data(), expected.logits_of(image).data(),
                               config.num_classes));
    }
  }
}

TEST_CASE("What needs every row of the last block gets it") {
  VitConfig config = pooled_config(48, 3);
  const auto pixels = support::random_values<float>(2 * 15 * 21, 1);
  const eigenvit::PixelBatch<float> batch{pixels.data(), 1, 15, 21};
  const Network network(config, plain::Vit(config).layers<float>());
  Taps all = logits_only();
  all.tokens = true;
  const auto expected = network.forward(batch, all);
  // Taps of the last block, and of another.
  for (const Index tapped : {0, 2}) {
    for (const bool attention : {false, true}) {
      Taps taps = logits_only();
      (attention ? taps.attention : taps.hidden) = {tapped};
      const auto found = network.forward(batch, taps);
      CHECK(support::same_bits(found.logits, expected.logits) == (tapped == 2));
    }
  }
  // A mean over all patches.
  config.global_pool = eigenvit::Pool::avg;
  const Network averaging(config, plain::Vit(config).layers<float>());
  CHECK(difference(averaging, batch) == 0);
}
