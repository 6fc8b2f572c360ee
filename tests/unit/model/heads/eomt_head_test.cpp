#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <eigenvit/core/thread_pool_executor.hpp>
#include <eigenvit/io/dense_heads.hpp>
#include <eigenvit/model/heads/eomt_head.hpp>

#include "../../executors.hpp"
#include "../../golden.hpp"
#include "../../support.hpp"

using eigenvit::Index;

TEST_CASE("masks and classes of queries have the same bits in any batch and order of threads") {
  for (const std::string name : {"hf_eomt", "hf_eomt_split", "hf_eomt_dinov3_gated"}) {
    CAPTURE(name);
    const auto folder = golden::models_folder() / name;
    const auto network =
        eigenvit::ModelFolder::open(folder, eigenvit::with_dense_heads()).read_network<float>();
    const auto store = eigenvit::TensorStore::open_file(folder / "expected.safetensors");
    const auto pixels = golden::read(store, "pixel_values").values;
    const Index image_values = 3 * 16 * 16;
    eigenvit::Taps taps;
    taps.dense = true;
    const auto whole = network.forward({pixels.data(), 2, 16, 16}, taps);
    CHECK(whole.tokens.empty());
    CHECK(whole.dense.channels == network.config().query_tokens);
    support::ReverseExecutor reverse;
    eigenvit::ThreadPoolExecutor two(2), seven(7);
    eigenvit::Workspace workspace;
    for (eigenvit::Executor* const executor :
         std::vector<eigenvit::Executor*>{nullptr, &reverse, &two, &seven}) {
      const auto again = network.forward({pixels.data(), 2, 16, 16}, taps, executor, &workspace);
      CHECK(support::same_bits(again.dense.maps, whole.dense.maps));
      CHECK(support::same_bits(again.dense.class_logits, whole.dense.class_logits));
      for (Index image = 0; image < 2; ++image) {
        const auto alone = network.forward({pixels.data() + image * image_values, 1, 16, 16}, taps,
                                           executor, &workspace);
        CHECK(support::same_bits(alone.dense.maps.data(), whole.dense.map_of(image).data(),
                                 static_cast<Index>(alone.dense.maps.size())));
        CHECK(support::same_bits(alone.dense.class_logits.data(),
                                 whole.dense.class_logits_of(image).data(),
                                 static_cast<Index>(alone.dense.class_logits.size())));
      }
    }
    // What else is asked for changes nothing, and the workspace is as large as was told.
    taps.tokens = taps.pooled = true;
    eigenvit::Workspace fresh;
    const auto all = network.forward({pixels.data(), 2, 16, 16}, taps, &two, &fresh);
    CHECK(support::same_bits(all.dense.maps, whole.dense.maps));
    CHECK(fresh.size() == network.workspace_bytes(16, 16, 2, 2, taps));
  }
}

TEST_CASE("of the maps that are enlarged only the largest one has memory of its own") {
  eigenvit::VitConfig encoder;
  encoder.embed_dim = 64;
  encoder.query_tokens = 100;
  eigenvit::EomtConfig config;
  config.classes = 5;
  const eigenvit::detail::EomtHead<float> head(config, {});
  const eigenvit::detail::ForwardPlan plan(encoder, 640, 640, 1, 1, 12);
  const Index needed = (4 + 16) * plan.patches * encoder.embed_dim;
  CHECK(head.late_values(encoder, plan) >= needed);
  CHECK(double(head.late_values(encoder, plan)) < 1.02 * double(needed));
}

TEST_CASE("an image of another size is refused") {
  const auto network =
      eigenvit::ModelFolder::open(golden::models_folder() / "hf_eomt", eigenvit::with_dense_heads())
          .read_network<float>();
  const auto pixels = support::random_values<float>(3 * 16 * 20, 1);
  eigenvit::Taps taps;
  taps.dense = true;
  CHECK(support::message_of<eigenvit::ShapeError>([&] {
          network.forward({pixels.data(), 1, 16, 20}, taps);
        }) == "pixel values: expected images of 16 x 16, found 16 x 20");
}
