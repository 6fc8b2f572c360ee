#include <doctest/doctest.h>

#include <eigenvit/core/error.hpp>
#include <eigenvit/model/text_config.hpp>

#include "../io/test_files.hpp"

using eigenvit::TextConfig;
using test_files::message_of;

TEST_CASE("the network of texts of CLIP ViT-B/32 has its size") {
  TextConfig config;
  config.embed_dim = config.projection_dim = 512;
  config.depth = 12;
  config.num_heads = 8;
  config.mlp_hidden = 2048;
  CHECK(config.embeds_width() == 512);
  // 77 tokens in 12 blocks: products with matrices of 12 D², and scores; and the projection.
  const std::uint64_t products = 2ULL * 77 * 12 * 512 * 512;
  const std::uint64_t scores = 4ULL * 77 * 77 * 512;
  CHECK(config.flops(77) == 12 * (products + scores) + 2ULL * 512 * 512);
  config.projection_hidden = 640;
  CHECK(config.flops(77) == 12 * (products + scores) + 2ULL * 640 * (512 + 512));
  config.projection_hidden = config.projection_dim = 0;
  CHECK(config.embeds_width() == 512);
  // A class token is one more.
  const std::uint64_t before = config.flops(77);
  config.class_token = true;
  CHECK(config.flops(76) == before);
  CHECK(config.positions() == 78);
}

TEST_CASE("positions that are computed are none of a checkpoint's values") {
  TextConfig config;
  config.embed_dim = 512;
  config.pad_position = true;
  CHECK(config.computed_values() == 0);
  config.sine_positions = true;
  CHECK(config.computed_values() == 78 * 512);
}

TEST_CASE("configurations of networks of texts that contradict themselves are refused") {
  const auto error = [](auto change) {
    TextConfig config;
    change(config);
    return message_of<eigenvit::ConfigError>([&] { eigenvit::detail::validate(config, "it"); });
  };
  CHECK(error([](TextConfig&) {}) == "(no exception)");
  CHECK(error([](TextConfig& c) { c.vocabulary = 0; }) ==
        "it: expected vocabulary from 1 to 16777216, found 0");
  CHECK(error([](TextConfig& c) { c.context_length = 1 << 17; }) ==
        "it: expected context length from 1 to 65536, found 131072");
  CHECK(error([](TextConfig& c) { c.end_id = -1; }) ==
        "it: expected end token from 0 to 2147483647, found -1");
  CHECK(error([](TextConfig& c) { c.pad_id = -1; }) ==
        "it: expected token that fills up from 0 to 2147483647, found -1");
  CHECK(error([](TextConfig& c) { c.projection_hidden = 4; }) ==
        "it: expected a projection after the layer before it, found none");
  CHECK(error([](TextConfig& c) {
          c.pos_embed = false;
          c.pad_position = true;
        }) == "it: expected no position of padding where there are none, found one");
  CHECK(error([](TextConfig& c) { c.distance_bias = true; }) ==
        "it: expected no causal mask beside a bias by distances, found one");
  CHECK(error([](TextConfig& c) { c.token_scale = 0; }) ==
        "it: expected a scale of tokens between 0 and 1000000, found 0.000000");
  CHECK(
      error([](TextConfig& c) { c.sine_positions = true; }) ==
      "it: expected positions that are computed of a width of at least 4 and with one of padding, "
      "found others");
  CHECK(error([](TextConfig& c) { c.sine_positions = c.pad_position = true; }) == "(no exception)");
  CHECK(error([](TextConfig& c) { c.projection_dim = -1; }) ==
        "it: expected projection width from 0 to 65536, found -1");
  const auto with_class = [&](auto change) {
    return error([&](TextConfig& c) {
      c.class_token = c.masks_padding = c.masks_inner_padding = true;
      c.text_pool = eigenvit::TextPool::last;
      change(c);
    });
  };
  CHECK(with_class([](TextConfig&) {}) == "(no exception)");
  CHECK(with_class([](TextConfig& c) { c.masks_inner_padding = false; }) ==
        "it: expected a mask of padding, also inside of a text, beside a class token, found none");
  CHECK(with_class([](TextConfig& c) { c.final_norm = false; }) ==
        "it: expected a final norm beside a class token, found none");
  CHECK(with_class([](TextConfig& c) { c.pad_position = true; }) ==
        "it: expected no position of padding beside a class token, found one");
  CHECK(with_class([](TextConfig& c) { c.text_pool = eigenvit::TextPool::first; }) ==
        "it: expected the class token to be pooled as the last one, found another pooling");
  CHECK(error([](TextConfig& c) { c.num_parallel = 2; }) ==
        "it: expected one attention in each block of a network of texts, found 2");
}
