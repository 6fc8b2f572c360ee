#include <algorithm>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <eigenvit/model/pass/position_tables.hpp>

#include "../../plain_vit.hpp"

using eigenvit::Index;
using eigenvit::detail::ForwardPlan;
using eigenvit::detail::PositionTables;

TEST_CASE_TEMPLATE("PositionTables takes no memory where the model's own tables do", Scalar, float,
                   double) {
  const eigenvit::VitConfig config = plain::odd_config();
  const auto layers = plain::Vit(config).layers<Scalar>();
  const ForwardPlan native(config, 15, 21, 1, 1, 6);
  CHECK(PositionTables<Scalar>::bytes(config, native) == 0);
  const PositionTables<Scalar> own(config, native, nullptr);
  CHECK(own.embedding(layers, native) == layers.pos_embed->patches(3, 7, nullptr));
  CHECK(own.of(layers, config, native, 1).rope.cos == nullptr);
  CHECK(own.of(layers, config, native, 1).rel_pos_bias == nullptr);
  CHECK(own.of(layers, config, native, 1).prefix == 1);

  const ForwardPlan other(config, 20, 12, 1, 1, 6);
  const std::size_t bytes = PositionTables<Scalar>::bytes(config, other);
  CHECK(bytes > 0);
  std::vector<std::byte> memory(bytes);
  PositionTables<Scalar> tables(config, other, memory.data());
  tables.fill(layers, other);
  std::vector<Scalar> expected(static_cast<std::size_t>(
      eigenvit::PositionEmbedding<Scalar>::scratch_size(3, config.embed_dim, 4, 4)));
  layers.pos_embed->patches(4, 4, expected.data());
  CHECK(
      support::same_bits(tables.embedding(layers, other), expected.data(), 16 * config.embed_dim));
}

TEST_CASE("PositionTables rounds what it resampled to the format of the model's tables") {
  eigenvit::VitConfig config = plain::odd_config();
  config.table_format = eigenvit::FloatFormat::half;
  const auto layers = plain::Vit(config).layers<float>();
  const ForwardPlan other(config, 20, 12, 1, 1, 6);
  std::vector<std::byte> memory(PositionTables<float>::bytes(config, other));
  PositionTables<float> tables(config, other, memory.data());
  tables.fill(layers, other);
  std::vector<float> expected(static_cast<std::size_t>(
      eigenvit::PositionEmbedding<float>::scratch_size(3, config.embed_dim, 4, 4)));
  layers.pos_embed->patches(4, 4, expected.data());
  const Index count = 16 * config.embed_dim;
  CHECK_FALSE(support::same_bits(tables.embedding(layers, other), expected.data(), count));
  eigenvit::detail::round_to(eigenvit::FloatFormat::half, expected.data(),
                             static_cast<std::size_t>(count));
  CHECK(support::same_bits(tables.embedding(layers, other), expected.data(), count));
}

TEST_CASE_TEMPLATE("PositionTables computes positions for every grid, the model's own too", Scalar,
                   float, double) {
  eigenvit::VitConfig config = plain::odd_config();
  config.embed_dim = 24;
  config.pos_embed = false;
  config.sine_positions = true;
  eigenvit::VitLayers<Scalar> layers;
  layers.patch_embed = eigenvit::PatchEmbedding<Scalar>(
      eigenvit::detail::PackedMatrix<Scalar>(support::random_values<Scalar>(24 * 30, 1), 24, 30),
      {}, 2, 5, 3);
  for (const auto& [height, width] : {std::pair<Index, Index>{15, 21}, {20, 12}}) {
    const ForwardPlan plan(config, height, width, 1, 1, 6);
    const Index count = plan.patches * 24;
    REQUIRE(PositionTables<Scalar>::bytes(config, plan) >=
            static_cast<std::size_t>(count) * sizeof(Scalar));
    std::vector<std::byte> memory(PositionTables<Scalar>::bytes(config, plan));
    PositionTables<Scalar> tables(config, plan, memory.data());
    tables.fill(layers, plan);
    std::vector<Scalar> expected(static_cast<std::size_t>(count));
    eigenvit::detail::fill_sine_positions(plan.grid_height, plan.grid_width, 24, expected.data());
    CHECK(support::same_bits(tables.embedding(layers, plan), expected.data(), count));
  }
}

TEST_CASE("PositionTables holds angles and biases of every block, apart from each other") {
  eigenvit::VitConfig config = plain::odd_config();
  config.embed_dim = 24;
  config.rope.kind = eigenvit::RopeKind::mixed;
  config.rel_pos_bias = true;
  auto layers = plain::Vit(plain::odd_config()).layers<float>();
  layers.rope.emplace(config.rope, config.depth, config.num_heads, config.head_dim(),
                      support::random_values<float>(3 * 3 * 8, 1));
  layers.blocks.clear();
  const auto linear = [](Index outputs, Index inputs) {
    return plain::Linear(outputs, inputs, 1).layer<float>();
  };
  for (Index i = 0; i < config.depth; ++i) {
    eigenvit::AttentionExtras<float> extras;
    extras.rel_pos_bias.emplace(
        support::random_values<float>((5 * 13 + 3) * 3, static_cast<std::uint64_t>(i)), Index{3},
        Index{3}, Index{7});
    layers.blocks.push_back(eigenvit::EncoderBlock<float>(
        plain::Norm(24, 1).layer<float>(), {linear(72, 24), linear(24, 24), 3, extras}, {},
        plain::Norm(24, 1).layer<float>(),
        eigenvit::Mlp<float>(linear(8, 24), linear(24, 8), eigenvit::Activation::gelu), {}));
  }
  layers.pos_embed.reset();
  config.pos_embed = false;
  const ForwardPlan native(config, 15, 21, 1, 1, 6), other(config, 20, 12, 1, 1, 6);
  for (const ForwardPlan* const plan : {&native, &other}) {
    const Index patches = plan->patches;
    std::vector<std::byte> memory(PositionTables<float>::bytes(config, *plan));
    PositionTables<float> tables(config, *plan, memory.data());
    tables.fill(layers, *plan);
    CHECK(tables.embedding(layers, *plan) == nullptr);
    const float* last = nullptr;
    for (Index block = 0; block < config.depth; ++block) {
      const auto found = tables.of(layers, config, *plan, block);
      CHECK(found.grid_height == plan->grid_height);
      CHECK(found.grid_width == plan->grid_width);
      CHECK(found.rope.head_stride == 2 * patches * 16);
      CHECK((last == nullptr || found.rope.cos == last + 3 * 2 * patches * 16));
      last = found.rope.cos;
      const auto& own =
          *layers.blocks[static_cast<std::size_t>(block)].attn().extras().rel_pos_bias;
      std::vector<float> resized(
          static_cast<std::size_t>(3 * own.entries(plan->grid_height, plan->grid_width)));
      const float* const expected = own.table(plan->grid_height, plan->grid_width, resized.data());
      CHECK(support::same_bits(found.rel_pos_bias, expected, static_cast<Index>(resized.size())));
    }
  }
}
