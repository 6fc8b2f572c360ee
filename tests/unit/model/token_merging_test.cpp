#include <doctest/doctest.h>

#include <eigenvit/model/token_merging.hpp>

#include "../support.hpp"

using eigenvit::TokenMerging;
using eigenvit::VitConfig;
using eigenvit::detail::tokens_after;
using support::message_of;

namespace {

TokenMerging merging(eigenvit::Index per_block) {
  TokenMerging result;
  result.per_block = per_block;
  return result;
}

}  // namespace

TEST_CASE("TokenMerging merges nothing by default, and counts sizes where it merges") {
  CHECK(TokenMerging().per_block == 0);
  CHECK(TokenMerging().proportional_attention);
}

TEST_CASE("tokens_after counts what is left") {
  CHECK(tokens_after(merging(8), 12, 197, 1) == 101);
  CHECK(tokens_after(merging(16), 12, 197, 1) ==
        11);  // the last block merges 5 of the 10 that are left
  CHECK(tokens_after(merging(0), 12, 197, 1) == 197);
  CHECK(tokens_after(merging(1000), 3, 197, 1) == 26);
  CHECK(tokens_after(merging(1000), 12, 197, 5) == 6);
  CHECK(tokens_after(merging(8), 0, 197, 1) == 197);
}

TEST_CASE("check_token_merging refuses what merged tokens do not suit") {
  const auto message = [](const auto& change) {
    VitConfig config;
    change(config);
    CHECK_NOTHROW(check_token_merging(merging(0), config));
    return message_of<eigenvit::UnsupportedError>([&] { check_token_merging(merging(1), config); });
  };
  CHECK(message([](auto&) {}) == "nothing was thrown");
  CHECK(message([](auto& c) { c.rope.kind = eigenvit::RopeKind::axial; }) ==
        "token merging: expected a model without rotary embedding, found one with");
  CHECK(message([](auto& c) { c.rel_pos_bias = true; }) ==
        "token merging: expected a model without relative position bias, found one with");
  CHECK(message([](auto& c) { c.mid_pos_embed = true; }) ==
        "token merging: expected a model without positions between the blocks, found one with");
  CHECK(message([](auto& c) { c.query_tokens = 3; }) ==
        "token merging: expected a model without queries, found one with");
  CHECK(message([](auto& c) { c.det_tokens = 3; }) ==
        "token merging: expected a model without detection tokens, found one with");
  CHECK(message([](auto& c) { c.block = eigenvit::BlockForm::post_norm; }) ==
        "token merging: expected a model without post-norm blocks, found one with");
  CHECK(message([](auto& c) { c.block = eigenvit::BlockForm::parallel; }) ==
        "token merging: expected a model without parallel blocks, found one with");
  CHECK(message([](auto& c) { c.num_parallel = 2; }) ==
        "token merging: expected a model without attentions side by side, found one with");
  CHECK(message_of<eigenvit::ConfigError>([] { check_token_merging(merging(-1), VitConfig()); }) ==
        "token merging: expected 0 or more tokens in each block, found -1");
}
