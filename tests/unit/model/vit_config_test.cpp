#include <limits>
#include <string>

#include <doctest/doctest.h>

#include <eigenvit/model/vit_config.hpp>

#include "../support.hpp"

using eigenvit::Index;
using eigenvit::Pool;
using eigenvit::VitConfig;

TEST_CASE("VitConfig is ViT-B/16 by default") {
  const VitConfig config;
  CHECK(config.grid_height() == 14);
  CHECK(config.grid_width() == 14);
  CHECK(config.prefix_tokens() == 1);
  CHECK(config.tokens() == 197);
  CHECK(config.pooled_width() == 768);
  CHECK_NOTHROW(validate(config, "test"));
}

TEST_CASE("VitConfig counts the flops of ViT-B/16 as one does by hand") {
  const VitConfig config;
  // Patches: 2 * 196 * 768 * 768 = 231211008. A block of 197 tokens: q, k, v and projection
  // 8 * 197 * 768^2 = 929562624, attention 4 * 197^2 * 768 = 119221248, MLP
  // 4 * 197 * 768 * 3072 = 1859125248; twelve of them 34894909440. Head: 2 * 768 * 1000.
  CHECK(config.flops(224, 224) == 231211008u + 34894909440u + 1536000u);  // 35.1 GFLOP
  // Another size; rows of pixels that fill no patch do not count.
  CHECK(config.flops(399, 384) == config.flops(384, 384));
  VitConfig two_heads = config;
  two_heads.dist_head = two_heads.dist_token = true;
  two_heads.depth = 0;
  CHECK(two_heads.flops(224, 224) == 231211008u + 2 * 1536000u);

  // Of the largest sizes that are valid: more than the type holds.
  VitConfig largest;
  largest.image_height = largest.image_width = 1 << 16;
  largest.patch_height = largest.patch_width = 1;
  largest.embed_dim = largest.num_heads = largest.attn_pool_heads = 1 << 16;
  largest.depth = 1 << 12;
  largest.num_parallel = 16;
  largest.in_chans = 4096;
  largest.global_pool = Pool::map;
  CHECK_NOTHROW(eigenvit::detail::validate(largest, "largest"));
  CHECK(largest.flops(1 << 16, 1 << 16) == std::numeric_limits<std::uint64_t>::max());
}

TEST_CASE("VitConfig counts prefix tokens and knows the width of the pooled vector") {
  VitConfig config;
  config.dist_token = true;
  config.reg_tokens = 4;
  CHECK(config.prefix_tokens() == 6);
  config.class_token = false;
  CHECK(config.prefix_tokens() == 5);
  config.pooler_hidden = 32;
  CHECK(config.pooled_width() == 768);
  config.num_classes = 0;
  CHECK(config.pooled_width() == 32);
  config.image_height = 230;
  config.patch_height = 20;
  CHECK(config.grid_height() == 11);
  CHECK(config.grid_width() == 14);
}

TEST_CASE("VitConfig knows the widths of what a model class gives besides") {
  VitConfig config;
  CHECK(config.pools_prefix());
  CHECK(config.head_inputs() == 768);
  CHECK_FALSE(config.has_pooler_output());
  CHECK(config.image_embeds_width() == 0);
  config.global_pool = Pool::token_avg;
  CHECK_FALSE(config.pools_prefix());
  CHECK(config.head_inputs() == 1536);
  CHECK(config.pooled_width() == 1536);
  config.pooled_is_pooler_output = true;
  CHECK(config.pooler_output_width() == 1536);
  config.image_embeds = true;
  CHECK(config.image_embeds_width() == 1536);
  config.projection_dim = 512;
  CHECK(config.image_embeds_width() == 512);
  config.pooler_hidden = 64;
  CHECK(config.pooler_output_width() == 64);
  config.det_tokens = 100;
  CHECK(config.detects());
  CHECK(config.tokens() == 1 + 196 + 100);
  config.num_classes = 0;
  CHECK_FALSE(config.detects());
}

TEST_CASE("VitConfig counts what heads that share keys and values repeat") {
  VitConfig config;
  CHECK(config.repeated_parameters() == 0);
  config.depth = 2;
  config.kv_heads = {12, 4};
  CHECK(config.repeated_parameters() == 2 * 8 * 64 * 769);
  config.qkv_bias = false;
  CHECK(config.repeated_parameters() == 2 * 8 * 64 * 768);
}

TEST_CASE("validate names the field, what was expected and what was found") {
  const auto message = [](Index VitConfig::*field, Index value) {
    VitConfig config;
    config.*field = value;
    return support::message_of<eigenvit::ConfigError>([&] { validate(config, "config.json"); });
  };
  const std::string expected = "config.json: expected ";
  CHECK(message(&VitConfig::in_chans, 0) == expected + "in_chans from 1 to 4096, found 0");
  CHECK(message(&VitConfig::in_chans, 5000) == expected + "in_chans from 1 to 4096, found 5000");
  CHECK(message(&VitConfig::image_height, 0) == expected + "image height from 1 to 65536, found 0");
  CHECK(message(&VitConfig::image_width, 65537) ==
        expected + "image width from 1 to 65536, found 65537");
  CHECK(message(&VitConfig::patch_height, 225) ==
        expected + "patch height from 1 to 224, found 225");
  CHECK(message(&VitConfig::patch_width, 0) == expected + "patch width from 1 to 224, found 0");
  for (const Index padding : {-1, 8, 16}) {
    CHECK(message(&VitConfig::patch_padding, padding) ==
          expected + "a padding of " + std::to_string(padding) +
              " pixels on all sides that makes no patches more, found patches of 16 x 16");
  }
  CHECK(message(&VitConfig::embed_dim, -1) == expected + "embed_dim from 1 to 65536, found -1");
  CHECK(message(&VitConfig::depth, 0) == expected + "depth from 1 to 4096, found 0");
  CHECK(message(&VitConfig::num_heads, 769) == expected + "num_heads from 1 to 768, found 769");
  CHECK(message(&VitConfig::num_heads, 7) ==
        expected + "num_heads that divides embed_dim 768, found 7");
  CHECK(message(&VitConfig::mlp_hidden, 0) == expected + "mlp width from 1 to 1048576, found 0");
  CHECK(message(&VitConfig::num_classes, -1) ==
        expected + "num_classes from 0 to 16777216, found -1");
  CHECK(message(&VitConfig::reg_tokens, std::numeric_limits<Index>::max()) ==
        expected + "reg_tokens from 0 to 4096, found 9223372036854775807");
  CHECK(message(&VitConfig::pooler_hidden, -5) ==
        expected + "pooler width from 0 to 65536, found -5");
}

TEST_CASE("validate names what contradicts itself") {
  const auto message = [](const auto& change) {
    VitConfig config;
    change(config);
    return support::message_of<eigenvit::ConfigError>([&] { validate(config, "c"); });
  };
  CHECK(message([](VitConfig& c) { c.norm_eps = 0; }) ==
        "c: expected a norm eps between 0 and 1, found 0.000000");
  CHECK(message([](VitConfig& c) { c.norm_eps = 1.5; }) ==
        "c: expected a norm eps between 0 and 1, found 1.500000");
  CHECK(message([](VitConfig& c) { c.class_token = false; }) ==
        "c: expected a class token for global_pool 'token', found none");
  CHECK(message([](VitConfig& c) {
          c.rope.kind = eigenvit::RopeKind::axial;
          c.rope.class_token = true;
          c.reg_tokens = 1;
        }) ==
        "c: expected CLS as the only prefix token where rotary embedding has angles for it, "
        "found another");
  CHECK(message([](VitConfig& c) {
          c.rope.kind = eigenvit::RopeKind::mixed;
          c.diff_attention = true;
        }) ==
        "c: expected no differential attention where each head has rotary angles of its own, "
        "found one");
  CHECK(message([](VitConfig& c) {
          c.global_pool = Pool::prefix_avg;
          c.class_token = false;
        }) == "c: expected prefix tokens for their mean, found none");
  CHECK(message([](VitConfig& c) { c.global_pool = Pool::token_pair; }) ==
        "c: expected class and distillation token for their mean, found not both");
  CHECK(message([](VitConfig& c) { c.global_pool = Pool::first_two; }) ==
        "c: expected two prefix tokens to be pooled, found 1");
  CHECK(message([](VitConfig& c) {
          c.global_pool = Pool::first_two;
          c.reg_tokens = 1;
          c.fc_norm = true;
        }) ==
        "c: expected neither a norm of the first two tokens together nor a second head, found one");
  CHECK(message([](VitConfig& c) {
          c.pos_interpolation.crops_square = true;
          c.image_width = 240;
        }) == "c: expected a square table of positions, found another");
  CHECK(message([](VitConfig& c) { c.dist_head = true; }) ==
        "c: expected a distillation token for its head, found none");
  CHECK(message([](VitConfig& c) {
          c.global_pool = Pool::token_avg;
          c.class_token = false;
          c.reg_tokens = 1;
        }) == "c: expected a class token beside the mean of the patches, found none");
  CHECK(message([](VitConfig& c) {
          c.global_pool = Pool::token_avg;
          c.fc_norm = true;
        }) == "c: expected neither a norm of CLS and mean together nor a second head, found one");
  CHECK(message([](VitConfig& c) {
          c.mid_pos_embed = true;
          c.depth = 1;
        }) == "c: expected two blocks to add positions between, found 1");
  CHECK(message([](VitConfig& c) {
          c.kv_heads = {12, 6};
        }) == "c: expected heads of keys and values for each of 12 blocks, found 2 numbers");
  CHECK(message([](VitConfig& c) { c.kv_heads.assign(12, 5); }) ==
        "c: expected heads of keys and values that divide num_heads 12, found 5");
  CHECK(message([](VitConfig& c) { c.kv_heads.assign(12, 0); }) ==
        "c: expected heads of keys and values that divide num_heads 12, found 0");
  CHECK(message([](VitConfig& c) {
          c.kv_heads.assign(12, 6);
          c.block = eigenvit::BlockForm::parallel;
        }) ==
        "c: expected keys and values that heads share in plain attention only, found another");
  CHECK(message([](VitConfig& c) { c.query_tokens = -1; }) ==
        "c: expected queries from 0 to 4096, found -1");
  CHECK(message([](VitConfig& c) {
          c.query_tokens = 2;
          c.query_block = c.depth;
        }) == "c: expected block that queries join from 0 to 11, found 12");
  CHECK(message([](VitConfig& c) { c.query_block = 1; }) ==
        "c: expected block that queries join from 0 to 0, found 1");
  CHECK(message([](VitConfig& c) { c.query_tokens = c.det_tokens = 2; }) ==
        "c: expected neither detection tokens, positions between blocks or in attention nor a norm "
        "before the blocks beside queries, found some");
  CHECK(message([](VitConfig& c) {
          c.query_tokens = 2;
          c.global_pool = eigenvit::Pool::avg;
        }) == "c: expected only prefix tokens to be pooled beside queries, found others");
  CHECK(message([](VitConfig& c) { c.det_tokens = -1; }) ==
        "c: expected detection tokens from 0 to 4096, found -1");
  CHECK(message([](VitConfig& c) {
          c.det_tokens = 5;
          c.rope.kind = eigenvit::RopeKind::axial;
        }) == "c: expected no rotary embedding beside detection tokens, found one");
  CHECK(message([](VitConfig& c) {
          c.det_tokens = 5;
          c.rel_pos_bias = true;
        }) == "c: expected no relative position bias beside detection tokens, found one");
  CHECK(message([](VitConfig& c) { c.projection_dim = 1 << 20; }) ==
        "c: expected projection width from 0 to 65536, found 1048576");
}
