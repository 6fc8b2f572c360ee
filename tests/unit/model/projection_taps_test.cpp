// Queries, keys and values as taps.
#include <cmath>
#include <cstddef>
#include <numeric>
#include <vector>

#include <doctest/doctest.h>

#include <eigenvit/core/error.hpp>
#include <eigenvit/core/thread_pool_executor.hpp>
#include <eigenvit/core/workspace.hpp>
#include <eigenvit/model/vision_transformer.hpp>

#include "../instances.hpp"
#include "../support.hpp"
#include "../varied_vit.hpp"

using eigenvit::ConstMatrixView;
using eigenvit::Index;
using eigenvit::Matrix;
using eigenvit::Taps;
using eigenvit::VitConfig;

namespace {

constexpr Index images = 2;

/// All that have all tokens.
std::vector<Index> all_blocks(const VitConfig& config) {
  std::vector<Index> blocks(static_cast<std::size_t>(config.depth - config.query_block));
  std::iota(blocks.begin(), blocks.end(), config.query_block);
  return blocks;
}

template <class Scalar>
double difference(const Matrix<Scalar>& found, const Matrix<Scalar>& expected) {
  REQUIRE(found.size() == expected.size());
  return static_cast<double>((found - expected).cwiseAbs().maxCoeff()) /
         static_cast<double>(expected.cwiseAbs().maxCoeff());
}

/// The columns of a head.
template <class Scalar>
Matrix<Scalar> head_of(const ConstMatrixView<Scalar>& projection, Index head, Index head_dim) {
  return projection.middleCols(head * head_dim, head_dim);
}

/// The probabilities of one head, from what attention multiplies.
template <class Scalar>
Matrix<Scalar> attention_from(const Matrix<Scalar>& query, const Matrix<Scalar>& key) {
  Matrix<Scalar> scores = query * key.transpose() / std::sqrt(Scalar(query.cols()));
  for (Index i = 0; i < scores.rows(); ++i) {
    const Scalar largest = scores.row(i).maxCoeff();
    scores.row(i) = (scores.row(i).array() - largest).exp().matrix();
    scores.row(i) /= scores.row(i).sum();
  }
  return scores;
}

}  // namespace

TEST_CASE_TEMPLATE("Queries and keys that are rotated are those of the attention", Scalar, float,
                   double) {
  int number = 0;
  for (const VitConfig& config : varied::configs()) {
    CAPTURE(number);
    ++number;
    if (config.rel_pos_bias) continue;
    const auto network = varied::network<Scalar>(config);
    Taps taps;
    taps.attention = taps.rotated_query = taps.rotated_key = all_blocks(config);
    const auto pixels = support::random_values<Scalar>(images * 2 * 24 * 21, 5);
    const auto output = network.forward({pixels.data(), images, 24, 21}, taps);
    REQUIRE(output.projection_width == output.heads * config.head_dim());
    for (std::size_t tap = 0; tap < taps.attention.size(); ++tap) {
      for (Index image = 0; image < images; ++image) {
        const auto query = output.projection_of(output.rotated_query[tap], image);
        const auto key = output.projection_of(output.rotated_key[tap], image);
        for (Index head = 0; head < output.heads; ++head) {
          const Matrix<Scalar> expected = attention_from<Scalar>(
              head_of(query, head, config.head_dim()), head_of(key, head, config.head_dim()));
          CHECK(difference<Scalar>(output.attention_of(tap, image, head), expected) < 1e-5);
        }
      }
    }
  }
}

TEST_CASE_TEMPLATE("Queries, keys and values are what the linear layer gives", Scalar, float,
                   double) {
  int number = 0;
  for (const VitConfig& config : varied::configs()) {
    CAPTURE(number);
    ++number;
    if (config.mid_pos_embed || config.num_parallel > 1) continue;
    const auto network = varied::network<Scalar>(config);
    Taps taps;
    taps.hidden = taps.query = taps.key = taps.value = all_blocks(config);
    const auto pixels = support::random_values<Scalar>(images * 2 * 24 * 21, 6);
    const auto output = network.forward({pixels.data(), images, 24, 21}, taps);
    const Index rows = images * output.tokens_per_image;
    for (std::size_t tap = 1; tap < taps.hidden.size(); ++tap) {
      const auto& block = network.layers().blocks[static_cast<std::size_t>(taps.hidden[tap])];
      Matrix<Scalar> x =
          ConstMatrixView<Scalar>(output.hidden[tap - 1].data(), rows, config.embed_dim);
      const bool norms_first = config.block == eigenvit::BlockForm::pre_norm ||
                               config.block == eigenvit::BlockForm::parallel;
      if (norms_first) x = block.norm1()(x);
      const Matrix<Scalar> expected = block.attn().qkv()(x);
      const Index width = output.projection_width;
      const auto check = [&](const eigenvit::AlignedBuffer<Scalar>& found, Index third) {
        CHECK(difference<Scalar>(ConstMatrixView<Scalar>(found.data(), rows, width),
                                 expected.middleCols(third * width, width)) < 1e-5);
      };
      check(output.query[tap], 0);
      check(output.key[tap], 1);
      check(output.value[tap], 2);
    }
  }
}

TEST_CASE("Asking for queries, keys and values changes no other bit, and needs nothing else") {
  Taps results;
  results.tokens = results.pooled = results.logits = true;
  int number = 0;
  for (const VitConfig& config : varied::configs()) {
    CAPTURE(number);
    ++number;
    const auto network = varied::network<float>(config);
    const auto pixels = support::random_values<float>(images * 2 * 24 * 21, 7);
    const eigenvit::PixelBatch<float> batch{pixels.data(), images, 24, 21};
    const auto expected = network.forward(batch, results);
    Taps all = results;
    all.query = all.key = all.value = all.rotated_query = all.rotated_key = all_blocks(config);
    for (const int threads : {1, 3}) {
      eigenvit::ThreadPoolExecutor executor(threads);
      const auto found = network.forward(batch, all, &executor);
      CHECK(support::same_bits(found.tokens, expected.tokens));
      CHECK(support::same_bits(found.logits, expected.logits));
      // Of one block alone, the last one with and without pooled tokens.
      for (const bool pools : {false, true}) {
        Taps one;
        one.pooled = one.logits = pools;
        one.key = one.rotated_query = {config.depth - 1};
        one.value = {all.value.front()};
        const auto alone = network.forward(batch, one, &executor);
        CHECK(support::same_bits(alone.key[0], found.key.back()));
        CHECK(support::same_bits(alone.rotated_query[0], found.rotated_query.back()));
        CHECK(support::same_bits(alone.value[0], found.value[0]));
        if (pools) CHECK(support::same_bits(alone.pooled, expected.pooled));
      }
    }
  }
}

TEST_CASE("What blocks before the queries join have is refused but for hidden tokens") {
  VitConfig config = varied::configs().back();
  config.query_tokens = 3;
  config.query_block = 1;
  const auto network = varied::network<float>(config);
  const auto pixels = support::random_values<float>(images * 2 * 24 * 21, 9);
  const eigenvit::PixelBatch<float> batch{pixels.data(), images, 24, 21};
  for (auto Taps::*const kind : {&Taps::attention, &Taps::query, &Taps::rotated_key}) {
    Taps taps;
    taps.*kind = {1, 0};
    CHECK(support::message_of<eigenvit::UnsupportedError>([&] { network.forward(batch, taps); }) ==
          "taps: expected attention, queries, keys and values of blocks from 1 on, which have all "
          "tokens, found block 0");
  }

  // With the queries as they will join.
  Taps taps;
  taps.hidden = {0};
  const auto output = network.forward(batch, taps);
  taps.hidden = {0, 2};
  taps.tokens = true;
  CHECK(support::same_bits(network.forward(batch, taps).hidden[0], output.hidden[0]));
  const auto& queries = network.layers().query_tokens;
  VitConfig without = config;
  without.query_tokens = without.query_block = 0;
  taps = {};
  taps.hidden = {0};
  const auto patches = varied::network<float>(without).forward(batch, taps);
  for (Index image = 0; image < images; ++image) {
    const float* const found =
        output.hidden[0].data() + image * output.tokens_per_image * output.width;
    const Index early = patches.tokens_per_image * output.width;
    CHECK(std::equal(found + early, found + output.tokens_per_image * output.width, queries.begin(),
                     queries.end()));
  }
}

TEST_CASE("A pass that is asked for keys takes the memory that was told") {
  const VitConfig config = varied::configs().front();
  const auto network = varied::network<float>(config);
  const auto pixels = support::random_values<float>(images * 2 * 24 * 21, 8);
  Taps taps;
  taps.key = taps.rotated_key = {1};
  eigenvit::Workspace workspace;
  network.forward({pixels.data(), images, 24, 21}, taps, nullptr, &workspace);
  CHECK(workspace.size() == network.workspace_bytes(24, 21, images, 1, taps));
}

TEST_CASE("Queries, keys and values of blocks that are not there, twice, or of merged tokens") {
  const auto network = varied::network<float>(varied::configs().back());
  const auto pixels = support::random_values<float>(2 * 24 * 21, 9);
  const auto refusal = [&](const Taps& taps) {
    return support::message_of<eigenvit::Error>([&] {
      network.forward({pixels.data(), 1, 24, 21}, taps);
    });
  };
  Taps taps;
  taps.value = {3};
  CHECK(refusal(taps) == "taps: expected a block from 0 to 2, found 3");
  taps.value = {1, 1};
  CHECK(refusal(taps) == "taps: expected each block once, found 1 twice");
  taps.value = {1};
  taps.token_merging.per_block = 2;
  CHECK(refusal(taps) ==
        "token merging: expected no queries, keys or values to be asked for, whose size would "
        "differ from block to block, found block 1");
}
