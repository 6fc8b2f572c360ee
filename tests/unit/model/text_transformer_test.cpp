// Against transformers' classes: io/text_folder_test.cpp.
#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <eigenvit/core/error.hpp>
#include <eigenvit/model/text_transformer.hpp>

#include "../executors.hpp"
#include "../io/test_files.hpp"
#include "../plain_layers.hpp"

using eigenvit::Index;
using eigenvit::TextConfig;
using eigenvit::TextLayers;
using eigenvit::TextPool;
using eigenvit::TextTaps;
using eigenvit::TextTransformer;
using support::random_values;
using test_files::message_of;

namespace {

constexpr Index width = 32, length = 150, vocabulary = 40;
constexpr std::int32_t end = 39;

TextConfig config_of(bool causal) {
  TextConfig config;
  config.embed_dim = width;
  config.depth = 2;
  config.num_heads = 2;
  config.mlp_hidden = 48;
  config.vocabulary = vocabulary;
  config.context_length = length;
  config.causal = causal;
  config.end_id = end;
  config.projection_dim = 20;
  return config;
}

TextLayers<float> layers_of(const TextConfig& config) {
  TextLayers<float> layers;
  layers.token_embed = eigenvit::TokenEmbedding<float>(
      random_values<float>(vocabulary * width, 1), random_values<float>(length * width, 2), width);
  for (Index i = 0; i < config.depth; ++i) {
    layers.blocks.push_back(plain::Block(width, config.num_heads, config.mlp_hidden, false,
                                         config.act, std::uint64_t(10 + 20 * i))
                                .layer<float>());
  }
  layers.norm = plain::Norm(width, 5).layer<float>();
  layers.projection = plain::Linear(config.projection_dim, width, 7, false).layer<float>();
  return layers;
}

TextTransformer<float> network_of(const TextConfig& config) {
  return TextTransformer<float>(config, layers_of(config));
}

// Texts that end at these places and are filled up with their end.
std::vector<std::int32_t> ids_of(const std::vector<Index>& places) {
  std::vector<std::int32_t> ids;
  for (std::size_t text = 0; text < places.size(); ++text) {
    for (Index i = 0; i < length; ++i) {
      ids.push_back(i < places[text] ? std::int32_t((i * 7 + Index(text) * 3) % 38) : end);
    }
  }
  return ids;
}

TextTaps embeds() {
  TextTaps taps;
  taps.text_embeds = true;
  return taps;
}

}  // namespace

TEST_CASE("the bits of a text depend neither on the other texts nor on the executor") {
  // Before and after the edge of a block of keys, and in the middle of each.
  const std::vector<Index> places = {3, 149, 0, 64, 31, 90, 130};
  const auto ids = ids_of(places);
  for (const bool causal : {true, false}) {
    CAPTURE(causal);
    const auto network = network_of(config_of(causal));
    const auto together = network.forward({ids.data(), 7, length}, embeds());
    REQUIRE(together.text_embeds.size() == 140);
    support::ReverseExecutor reverse;
    support::ThreadsExecutor threads(3);
    for (eigenvit::Executor* executor :
         {static_cast<eigenvit::Executor*>(&reverse), static_cast<eigenvit::Executor*>(&threads)}) {
      const auto again = network.forward({ids.data(), 7, length}, embeds(), executor);
      CHECK(support::same_bits(again.text_embeds.data(), together.text_embeds.data(), 140));
    }
    TextTaps all = embeds();
    all.tokens = all.pooled = true;
    const auto whole = network.forward({ids.data(), 7, length}, all);
    CHECK(support::same_bits(whole.text_embeds.data(), together.text_embeds.data(), 140));
    for (Index text = 0; text < 7; ++text) {
      CAPTURE(text);
      const auto alone = network.forward({ids.data() + text * length, 1, length}, embeds());
      CHECK(support::same_bits(alone.text_embeds.data(), together.text_embeds_of(text).data(), 20));
      CHECK(support::same_bits(whole.pooled_of(text).data(),
                               whole.tokens_of(text).row(places[std::size_t(text)]).data(), width));
    }
  }
}

TEST_CASE("causal texts do not depend on what comes after the pooled token") {
  const auto network = network_of(config_of(true));
  auto ids = ids_of({9, 70});
  const auto before = network.forward({ids.data(), 2, length}, embeds());
  for (Index i = 10; i < length; ++i) ids[std::size_t(i)] = std::int32_t(i % 30);
  const auto after = network.forward({ids.data(), 2, length}, embeds());
  CHECK(support::same_bits(after.text_embeds.data(), before.text_embeds.data(), 40));
  // In texts of another length too.
  const auto shorter = network.forward({ids.data(), 1, 10}, embeds());
  CHECK(support::same_bits(shorter.text_embeds.data(), before.text_embeds.data(), 20));
}

TEST_CASE("causal texts of many tokens have the bits that they have alone") {
  const auto network = network_of(config_of(true));
  const auto ids = ids_of({110, 149, 76});
  const auto together = network.forward({ids.data(), 3, length}, embeds());
  for (Index text = 0; text < 3; ++text) {
    CAPTURE(text);
    const auto alone = network.forward({ids.data() + text * length, 1, length}, embeds());
    CHECK(support::same_bits(alone.text_embeds.data(), together.text_embeds_of(text).data(), 20));
  }
}

TEST_CASE("padding inside of a text changes nothing where it is masked and not counted") {
  TextConfig config = config_of(false);
  config.masks_padding = config.masks_inner_padding = config.pad_position = true;
  config.context_length = length - 1;
  config.pad_id = 1;
  config.final_norm = false;
  const std::int32_t inside[] = {5, 1, 8, 1, 1, 9, 1};
  const std::int32_t without[] = {5, 8, 9};
  for (const TextPool pool : {TextPool::first, TextPool::mean}) {
    CAPTURE(static_cast<int>(pool));
    config.text_pool = pool;
    TextLayers<float> layers = layers_of(config);
    layers.norm.reset();
    const TextTransformer<float> network(config, std::move(layers));
    const auto found = network.forward({inside, 1, 7}, embeds());
    const auto expected = network.forward({without, 1, 3}, embeds());
    CHECK(support::same_bits(found.text_embeds.data(), expected.text_embeds.data(), 20));
  }
  config.masks_padding = false;
  CHECK(message_of<eigenvit::ConfigError>([&] { network_of(config); }) ==
        "text transformer: expected no mask of padding inside of a text where there is none at its "
        "end, found one");
}

TEST_CASE("the mean of a text is that of its tokens after the final norm") {
  TextConfig config = config_of(false);
  config.masks_padding = config.masks_inner_padding = true;
  config.pad_id = end;
  config.text_pool = TextPool::mean;
  std::vector<std::int32_t> ids = {5, end, 8, 9, end, end, 1, 2, 3, 4, 5, 6};
  const auto network = network_of(config);
  TextTaps taps = embeds();
  taps.tokens = taps.pooled = true;
  const auto output = network.forward({ids.data(), 2, 6}, taps);
  const auto tokens = output.tokens_of(0);
  const auto mean = (tokens.row(0) + tokens.row(2) + tokens.row(3)).transpose() / 3;
  CHECK((mean - output.pooled_of(0)).cwiseAbs().maxCoeff() < 1e-6f);
  const auto whole = output.tokens_of(1).colwise().mean().transpose();
  CHECK((whole - output.pooled_of(1)).cwiseAbs().maxCoeff() < 1e-6f);
  eigenvit::Workspace workspace;
  const auto alone = network.forward({ids.data(), 2, 6}, embeds(), nullptr, &workspace);
  CHECK(support::same_bits(alone.text_embeds.data(), output.text_embeds.data(), 40));
  CHECK(workspace.size() == network.workspace_bytes(2, 6, 1, embeds()));
}

TEST_CASE("texts with a bias by distances have the bits that they have alone") {
  TextConfig config = config_of(false);
  config.pos_embed = false;
  config.distance_bias = true;
  config.scales_scores = false;
  config.masks_padding = config.masks_inner_padding = true;
  config.pad_id = end;
  config.text_pool = TextPool::mean;
  TextLayers<float> layers = layers_of(config);
  layers.token_embed =
      eigenvit::TokenEmbedding<float>(random_values<float>(vocabulary * width, 1), {}, width);
  layers.distance_bias.emplace(random_values<float>(32 * config.num_heads, 3), config.num_heads);
  const TextTransformer<float> network(config, layers);
  const std::vector<Index> places = {9, 70, 150, 3, 110};
  const auto ids = ids_of(places);
  support::ThreadsExecutor threads(3);
  const auto together = network.forward({ids.data(), 5, length}, embeds(), &threads);
  for (Index text = 0; text < 5; ++text) {
    CAPTURE(text);
    const Index own = places[std::size_t(text)];
    const auto alone = network.forward({ids.data() + text * length, 1, own}, embeds());
    CHECK(support::same_bits(alone.text_embeds.data(), together.text_embeds_of(text).data(), 20));
  }
  eigenvit::Workspace workspace;
  network.forward({ids.data(), 5, length}, embeds(), nullptr, &workspace);
  CHECK(workspace.size() == network.workspace_bytes(5, length, 1, embeds()));
  config.distance_bias = false;
  CHECK(message_of<eigenvit::ShapeError>([&] { TextTransformer<float>(config, layers); }) ==
        "text transformer: expected biases by distances: 0, found 1");
}

TEST_CASE("where padding is masked, texts have the bits that they have without it") {
  TextConfig config = config_of(false);
  config.masks_padding = true;
  config.pad_id = end;
  config.text_pool = TextPool::first;
  const std::vector<Index> places = {9, 70, 150, 0, 110};
  const auto ids = ids_of(places);
  const auto network = network_of(config);
  TextTaps all = embeds();
  all.tokens = true;
  const auto output = network.forward({ids.data(), 5, length}, all);
  const auto alone = network.forward({ids.data(), 5, length}, embeds());
  CHECK(support::same_bits(alone.text_embeds.data(), output.text_embeds.data(), 100));
  for (Index text = 0; text < 5; ++text) {
    CAPTURE(text);
    // A text of padding alone keeps its first token.
    const Index own = std::max<Index>(places[std::size_t(text)], 1);
    const auto shorter = network.forward({ids.data() + text * length, 1, own}, all);
    CHECK(support::same_bits(shorter.text_embeds.data(), output.text_embeds_of(text).data(), 20));
    CHECK(support::same_bits(shorter.tokens.data(), output.tokens_of(text).data(), own * width));
  }
  eigenvit::Workspace workspace;
  network.forward({ids.data(), 5, length}, embeds(), nullptr, &workspace);
  CHECK(workspace.size() == network.workspace_bytes(5, length, 1, embeds()));
  config.masks_padding = false;
  const auto unmasked = network_of(config).forward({ids.data(), 1, length}, embeds());
  CHECK_FALSE(support::same_bits(unmasked.text_embeds.data(), output.text_embeds.data(), 20));
}

TEST_CASE("a pooled token that fills a text up is computed") {
  TextConfig config = config_of(false);
  config.masks_padding = true;
  config.pad_id = end;
  const auto ids = ids_of({9, 0, 150, 149});  // the second text is empty
  TextTaps whole = embeds();
  whole.tokens = whole.pooled = true;
  TextTaps pooled = embeds();
  pooled.pooled = true;
  for (const TextPool pool :
       {TextPool::first, TextPool::last, TextPool::end_token, TextPool::greatest_id}) {
    CAPTURE(static_cast<int>(pool));
    config.text_pool = pool;
    const auto network = network_of(config);
    const auto expected = network.forward({ids.data(), 4, length}, whole);
    for (Index text = 0; text < 4; ++text) {
      CAPTURE(text);
      const auto alone = network.forward({ids.data() + text * length, 1, length}, pooled);
      CHECK(support::same_bits(alone.pooled.data(), expected.pooled_of(text).data(), width));
      CHECK(support::same_bits(alone.text_embeds.data(), expected.text_embeds_of(text).data(), 20));
    }
  }
}

TEST_CASE("a class token has the bits of its text, whatever the other texts are") {
  for (const bool causal : {true, false}) {
    CAPTURE(causal);
    TextConfig config = config_of(causal);
    config.class_token = config.masks_padding = config.masks_inner_padding = true;
    config.text_pool = TextPool::last;
    config.pad_id = end;
    config.context_length = length - 1;
    TextLayers<float> layers = layers_of(config);
    layers.class_token = random_values<float>(width, 3);
    const TextTransformer<float> network(config, std::move(layers));
    // Full, but for one token, empty, and with padding inside.
    const Index tokens = length - 1;
    std::vector<std::int32_t> ids;
    for (const Index place : {Index{3}, tokens, tokens - 1, Index{0}, Index{70}}) {
      for (Index i = 0; i < tokens; ++i) {
        ids.push_back(i < place ? std::int32_t((i * 7 + place) % 38) : end);
      }
    }
    ids[std::size_t(4 * tokens + 20)] = end;
    TextTaps all = embeds();
    all.tokens = all.pooled = true;
    eigenvit::Workspace workspace;
    const auto together = network.forward({ids.data(), 5, tokens}, embeds(), nullptr, &workspace);
    CHECK(workspace.size() == network.workspace_bytes(5, tokens, 1, embeds()));
    support::ThreadsExecutor threads(3);
    const auto whole = network.forward({ids.data(), 5, tokens}, all, &threads);
    CHECK(whole.tokens.size() == std::size_t(5 * tokens * width));
    CHECK(support::same_bits(whole.text_embeds.data(), together.text_embeds.data(), 100));
    for (Index text = 0; text < 5; ++text) {
      CAPTURE(text);
      const auto alone = network.forward({ids.data() + text * tokens, 1, tokens}, embeds());
      CHECK(support::same_bits(alone.text_embeds.data(), together.text_embeds_of(text).data(), 20));
    }
    // The first token that fills a text up counts, the second does not; its place is after all.
    const auto shorter = network.forward({ids.data(), 1, 9}, all);
    CHECK(support::same_bits(shorter.tokens.data(), whole.tokens.data(), 4 * width));
    CHECK_FALSE(support::same_bits(shorter.text_embeds.data(), whole.text_embeds.data(), 20));
  }
}

TEST_CASE("the token of each kind of pooling") {
  TextConfig config = config_of(true);
  std::vector<std::int32_t> ids = {5, 38, 7, 39, 38, 39, 2};
  TextTaps taps;
  taps.tokens = taps.pooled = true;
  const auto place_of = [&](TextPool pool) {
    config.text_pool = pool;
    const auto output = network_of(config).forward({ids.data(), 1, Index(ids.size())}, taps);
    for (Index i = 0; i < output.length; ++i) {
      if (output.tokens_of(0).row(i).transpose() == output.pooled_of(0)) return i;
    }
    return Index{-1};
  };
  CHECK(place_of(TextPool::first) == 0);
  CHECK(place_of(TextPool::last) == 6);
  CHECK(place_of(TextPool::end_token) == 3);
  CHECK(place_of(TextPool::greatest_id) == 3);
  config.end_id = 38;
  CHECK(place_of(TextPool::end_token) == 1);
  config.end_id = 30;
  CHECK(place_of(TextPool::end_token) == 0);
}

TEST_CASE("the workspace of a pass over texts is known beforehand") {
  const auto network = network_of(config_of(true));
  const auto ids = ids_of({149, 20, 3});
  support::ThreadsExecutor executor(2);
  eigenvit::Workspace workspace;
  network.forward({ids.data(), 3, length}, embeds(), &executor, &workspace);
  CHECK(workspace.size() == network.workspace_bytes(3, length, 2, embeds()));
  // Texts that end early take less.
  eigenvit::Workspace small_workspace;
  network.forward({ids.data() + length, 2, length}, embeds(), &executor, &small_workspace);
  CHECK(small_workspace.size() < workspace.size() / 2);
  const auto error = [&](Index texts, Index tokens, int workers) {
    return message_of<eigenvit::Error>(
        [&] { network.workspace_bytes(texts, tokens, workers, embeds()); });
  };
  CHECK(error(0, 4, 1) == "tokens: expected at least 1 text, found 0");
  CHECK(error(1, 0, 1) == "tokens: expected texts of 1 to 150 tokens, found 0");
  CHECK(error(1, 151, 1) == "tokens: expected texts of 1 to 150 tokens, found 151");
  CHECK(error(1, 4, 0) == "threads: expected at least 1, found 0");
}

TEST_CASE("tokens that a network of texts cannot read are refused") {
  const auto network = network_of(config_of(true));
  std::vector<std::int32_t> ids(2 * length, 3);
  const auto error = [&](const eigenvit::TextTokens& tokens) {
    return message_of<eigenvit::Error>([&] { network.forward(tokens, embeds()); });
  };
  CHECK(error({ids.data(), 0, 4}) == "tokens: expected at least 1 text, found 0");
  CHECK(error({nullptr, 2, 4}) == "tokens: expected at least 1 text, found 0");
  CHECK(error({ids.data(), 1, 0}) == "tokens: expected texts of 1 to 150 tokens, found 0");
  CHECK(error({ids.data(), 1, 151}) == "tokens: expected texts of 1 to 150 tokens, found 151");
  ids[7] = 40;
  CHECK(error({ids.data(), 2, 4}) == "tokens: expected ids from 0 to 39, found 40 in text 1");
  ids[7] = -1;
  CHECK(error({ids.data(), 2, 4}) == "tokens: expected ids from 0 to 39, found -1 in text 1");
}

TEST_CASE("layers that contradict the configuration are refused") {
  const auto error = [](auto change) {
    TextConfig config = config_of(true);
    TextLayers<float> layers = layers_of(config);
    change(config, layers);
    return message_of<eigenvit::Error>([&] { TextTransformer<float>(config, layers); });
  };
  using Layers = TextLayers<float>;
  CHECK(error([](TextConfig&, Layers&) {}) == "(no exception)");
  CHECK(error([](TextConfig& c, Layers&) { c.vocabulary = 41; }) ==
        "text transformer: expected a vocabulary of 41, found 40");
  CHECK(error([](TextConfig& c, Layers&) { c.context_length = 77; }) ==
        "text transformer: expected positions: 77, found 150");
  CHECK(error([](TextConfig& c, Layers&) { c.pad_position = true; }) ==
        "text transformer: expected positions: 151, found 150");
  CHECK(error([](TextConfig&, Layers& l) { l.class_token.resize(32); }) ==
        "text transformer: expected values of a class token: 0, found 32");
  CHECK(error([](TextConfig&, Layers& l) { l.blocks.pop_back(); }) ==
        "text transformer: expected blocks: 2, found 1");
  CHECK(error([](TextConfig& c, Layers&) { c.num_heads = 4; }) ==
        "text transformer: expected number of heads of 4, found 2");
  CHECK(error([](TextConfig& c, Layers&) { c.mlp_hidden = 47; }) ==
        "text transformer: expected mlp width of 47, found 48");
  CHECK(error([](TextConfig& c, Layers&) { c.qk_norm = true; }) ==
        "text transformer: expected a norm of queries, found none");
  CHECK(error([](TextConfig& c, Layers&) { c.block = eigenvit::BlockForm::sum_norm; }) ==
        "text transformer: expected form of the block of 2, found 0");
  CHECK(error([](TextConfig&, Layers& l) { l.norm.reset(); }) ==
        "text transformer: expected final norms: 1, found 0");
  CHECK(error([](TextConfig& c, Layers&) { c.projection_dim = 0; }) ==
        "text transformer: expected projections: 0, found 1");
  CHECK(error([](TextConfig& c, Layers&) { c.projection_dim = 21; }) ==
        "text transformer: expected outputs of the projection: 21, found 20");
}
