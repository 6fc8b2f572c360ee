// The tasks of a pass wait for each other, whoever runs them and however many there are. What they
// compute is tested with VisionTransformer.
#include <type_traits>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <eigenvit/core/thread_pool_executor.hpp>
#include <eigenvit/kernels/dispatch.hpp>
#include <eigenvit/model/vision_transformer.hpp>

#include "../executors.hpp"
#include "../instances.hpp"
#include "../plain_vit.hpp"
#include "../varied_vit.hpp"

using eigenvit::Executor;
using eigenvit::Index;
using eigenvit::Taps;
using eigenvit::VitConfig;

namespace {

using Network = eigenvit::VisionTransformer<float>;
using Output = eigenvit::VitOutput<float>;

bool same(const Output& a, const Output& b) {
  return support::same_bits(a.tokens, b.tokens) && support::same_bits(a.pooled, b.pooled) &&
         support::same_bits(a.logits, b.logits) &&
         support::same_bits(a.hidden.at(0), b.hidden.at(0)) &&
         support::same_bits(a.attention.at(0), b.attention.at(0));
}

/// That taps which want nothing but pooled tokens and attention get the same bits when the tokens
/// are asked for with them.
///
/// Tests of double precision, which takes ten times as long, try one number of threads: the tasks
/// are those of float.
template <class Scalar>
void check_without_tokens(const eigenvit::VisionTransformer<Scalar>& network, Index height,
                          Index width, const Taps& taps) {
  const auto pixels =
      support::random_values<Scalar>(3 * network.config().in_chans * height * width, 9);
  const eigenvit::PixelBatch<Scalar> batch{pixels.data(), 3, height, width};
  Taps all = taps;
  all.tokens = true;
  const auto expected = network.forward(batch, all);
  const bool single = std::is_same_v<Scalar, float>;
  for (const int threads :
       support::thread_counts(single ? std::vector<int>{1, 2, 7, 3} : std::vector<int>{3})) {
    CAPTURE(threads);
    eigenvit::ThreadPoolExecutor executor(threads);
    const auto found = network.forward(batch, taps, &executor);
    CHECK(found.tokens.empty());
    CHECK(support::same_bits(found.pooled, expected.pooled));
    CHECK(support::same_bits(found.logits, expected.logits));
    for (std::size_t i = 0; i < taps.attention.size(); ++i) {
      CHECK(support::same_bits(found.attention.at(i), expected.attention.at(i)));
    }
  }
}

}  // namespace

TEST_CASE("A pass of several groups of rows gives the same bits on every executor") {
  VitConfig config = plain::odd_config();
  // 1 + 15 x 13 tokens: several groups of rows and blocks of queries, none of them whole.
  config.image_height = 75;
  config.image_width = 39;
  config.embed_dim = 48;
  config.mlp_hidden = 200;
  config.num_classes = 300;
  const Network network(config, plain::Vit(config).layers<float>());
  Taps taps;
  taps.tokens = taps.pooled = taps.logits = true;
  taps.hidden = taps.attention = {1};
  support::ReverseExecutor reverse;
  support::ThreadsExecutor threads(4);
  eigenvit::ThreadPoolExecutor two(2), three(3), seven(7);
  for (const Index images : {1, 2, 5}) {
    CAPTURE(images);
    const auto pixels = support::random_values<float>(images * 2 * 75 * 39, 1);
    const eigenvit::PixelBatch<float> batch{pixels.data(), images, 75, 39};
    const Output expected = network.forward(batch, taps);
    for (Executor* const executor :
         std::vector<Executor*>{&reverse, &threads, &two, &three, &seven}) {
      for (int run = 0; run < support::repeats(3); ++run) {
        CHECK(same(network.forward(batch, taps, executor), expected));
      }
    }
  }
}

TEST_CASE_TEMPLATE("The last block's attention beside pooled tokens: all of it, and no other bits",
                   Scalar, float, double) {
  Taps taps;
  taps.pooled = taps.logits = true;
  int number = 0;
  for (const VitConfig& config : varied::configs()) {
    CAPTURE(number);
    ++number;
    const auto network = varied::network<Scalar>(config);
    for (const auto& attention : {std::vector<Index>{}, {config.depth - 1}}) {
      taps.attention = attention;
      check_without_tokens(network, Index{24}, Index{21}, taps);
    }
  }
  // Of the kind that `PooledBlockStages` takes while no attention is asked for; one and two pooled
  // tokens.
  for (const bool dist_token : {false, true}) {
    VitConfig config = plain::odd_config();
    config.embed_dim = 48;
    config.dist_token = config.dist_head = dist_token;
    const eigenvit::VisionTransformer<Scalar> network(config,
                                                      plain::Vit(config).template layers<Scalar>());
    taps.attention = {0, config.depth - 1};
    check_without_tokens(network, Index{75}, Index{39}, taps);
  }
}

TEST_CASE("A pass in bfloat16 and int8: near one in floats, and the same bits in parts") {
  using eigenvit::kernels::WeightFormat;
  for (const WeightFormat format : {WeightFormat::bfloat16_pairs, WeightFormat::int8}) {
    if (!eigenvit::kernels::active_kernels().has(format)) continue;
    CAPTURE(static_cast<int>(format));
    int number = 0;
    for (const VitConfig& config : varied::configs()) {
      CAPTURE(number);
      ++number;
      const auto network = varied::network<float>(config, format);
      Taps taps;
      taps.pooled = taps.logits = true;
      check_without_tokens(network, Index{24}, Index{21}, taps);
      const auto pixels = support::random_values<float>(2 * 2 * 24 * 21, 5);
      taps.tokens = true;
      const eigenvit::PixelBatch<float> batch{pixels.data(), 2, 24, 21};
      const Output found = network.forward(batch, taps);
      const Output expected = varied::network<float>(config).forward(batch, taps);
      CHECK(support::worst_error(found.tokens.data(), expected.tokens.data(),
                                 static_cast<Index>(expected.tokens.size())) <
            0.06);  // measured: 0.038
      // The layers' own operators round the same values.
      for (Index image = 0; image < 2; ++image) {
        const auto alone =
            varied::tokens(network, pixels.data() + image * 2 * 24 * 21, Index{24}, Index{21});
        CHECK(support::worst_error(found.tokens_of(image).data(), alone.data(), alone.size()) <
              1e-5);  // measured: 1e-6
      }
    }
  }
}

TEST_CASE_TEMPLATE("A pass gives what the layers give one after the other, in any order of threads",
                   Scalar, float, double) {
  int number = 0;
  for (const VitConfig& config : varied::configs()) {
    CAPTURE(number);
    ++number;
    const auto network = varied::network<Scalar>(config);
    const auto values = support::random_values<float>(2 * 2 * 24 * 21, 5);
    const eigenvit::AlignedBuffer<Scalar> pixels(values.begin(), values.end());
    eigenvit::Taps all;
    all.tokens = all.pooled = all.logits = true;
    all.pred_boxes = config.detects();
    all.image_embeds = config.image_embeds;
    all.pooler_output = config.has_pooler_output();
    eigenvit::Taps logits;
    logits.logits = true;
    eigenvit::Workspace workspace;
    // The model's own grid, and another; each twice, with the tables that are kept.
    const bool single = std::is_same_v<Scalar, float>;
    for (const Index height :
         single ? std::vector<Index>{20, 24, 24, 20} : std::vector<Index>{20, 24}) {
      CAPTURE(height);
      const eigenvit::PixelBatch<Scalar> batch{pixels.data(), 2, height, 21};
      const auto whole = network.forward(batch, all, nullptr, &workspace);
      for (Index image = 0; image < 2; ++image) {
        const eigenvit::Matrix<Scalar> expected =
            varied::tokens(network, pixels.data() + image * 2 * height * 21, height, Index{21});
        REQUIRE(expected.rows() == whole.tokens_per_image);
        CHECK(support::worst_error(whole.tokens_of(image).data(), expected.data(),
                                   expected.size()) < (sizeof(Scalar) == 4 ? 4e-5 : 1e-12));
      }
      support::ThreadsExecutor threads(3);
      support::ReverseExecutor reverse;
      for (eigenvit::Executor* const executor : {static_cast<eigenvit::Executor*>(&threads),
                                                 static_cast<eigenvit::Executor*>(&reverse)}) {
        const auto found = network.forward(batch, all, executor);
        CHECK(support::same_bits(found.tokens, whole.tokens));
        CHECK(support::same_bits(found.logits, whole.logits));
        CHECK(support::same_bits(found.pred_boxes, whole.pred_boxes));
        CHECK(support::same_bits(found.image_embeds, whole.image_embeds));
        CHECK(support::same_bits(found.pooler_output, whole.pooler_output));
        const auto few = network.forward(batch, logits, executor, &workspace);
        CHECK(support::worst_error(few.logits.data(), whole.logits.data(),
                                   static_cast<Index>(few.logits.size())) <
              (sizeof(Scalar) == 4 ? 4e-5 : 1e-12));
      }
    }
  }
}
