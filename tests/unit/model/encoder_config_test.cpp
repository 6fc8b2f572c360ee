#include <cmath>
#include <string>

#include <doctest/doctest.h>

#include <eigenvit/model/encoder_config.hpp>

#include "../support.hpp"

using eigenvit::EncoderConfig;
using eigenvit::Index;

TEST_CASE("EncoderConfig counts heads, outputs and operations of its blocks") {
  EncoderConfig config;
  CHECK(config.head_dim() == 64);
  CHECK(config.attention_heads() == 12);
  CHECK(config.fc1_outputs() == 3072);
  // 12 blocks of 8 T D^2 + 4 T^2 D + 4 T D F.
  CHECK(config.block_flops(197) == 34894909440);
  EncoderConfig gated = config;
  gated.mlp_gate = true;
  CHECK(gated.fc1_outputs() == 6144);
  CHECK(gated.block_flops(197) - config.block_flops(197) == Index{12} * 2 * 197 * 768 * 3072);
  // Of the largest sizes that are valid, and as many tokens as an image has pixels at most.
  EncoderConfig largest;
  largest.embed_dim = 1 << 16;
  largest.depth = 1 << 12;
  largest.num_parallel = 16;
  largest.mlp_hidden = 1 << 20;
  CHECK(largest.block_flops(Index{1} << 32) ==
        doctest::Approx(4 * std::pow(2.0, 16 + 64 + 16)).epsilon(1e-3));
  EncoderConfig pairs = config;
  pairs.diff_attention = true;
  CHECK(pairs.attention_heads() == 24);
  CHECK(pairs.head_dim() == 32);
}

TEST_CASE("validate_encoder names the source and what does not fit") {
  const std::string source = "text encoder";
  const auto message = [&](const auto& change) {
    EncoderConfig config;
    change(config);
    return support::message_of<eigenvit::ConfigError>(
        [&] { eigenvit::detail::validate_encoder(config, {source}); });
  };
  CHECK(message([](EncoderConfig& c) { c.num_heads = 7; }) ==
        "text encoder: expected num_heads that divides embed_dim 768, found 7");
  CHECK(message([](EncoderConfig& c) { c.depth = 0; }) ==
        "text encoder: expected depth from 1 to 4096, found 0");
  CHECK(message([](EncoderConfig& c) { c.expert_outputs = 768; }) ==
        "text encoder: expected outputs of an expert from 0 to 767, found 768");
  CHECK(message([](EncoderConfig& c) { c.expert = -1; }) ==
        "text encoder: expected expert from 0 to 4096, found -1");
  CHECK(message([](EncoderConfig& c) {
          c.block = eigenvit::BlockForm::parallel;
          c.expert_outputs = 5;
        }) == "text encoder: expected no experts in parallel blocks, found some");
}
