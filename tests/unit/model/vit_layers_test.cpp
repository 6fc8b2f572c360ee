#include <string>

#include <doctest/doctest.h>

#include <eigenvit/model/vit_layers.hpp>

#include "../plain_vit.hpp"

using plain::VitConfig;
using Layers = eigenvit::VitLayers<float>;

namespace {

/// A configuration with everything that a model can have.
VitConfig full_config() {
  VitConfig c = plain::odd_config();
  c.dist_token = c.dist_head = c.pre_norm = c.fc_norm = c.layer_scale = true;
  c.reg_tokens = 2;
  c.pooler_hidden = 9;
  return c;
}

}  // namespace

TEST_CASE("VitLayers counts its parameters") {
  const VitConfig c = full_config();
  const Layers layers = plain::Vit(c).layers<float>();
  CHECK_NOTHROW(check_layers(c, layers));
  const int patch = 18 * 30 + 18;
  const int tokens = 4 * 18 + 22 * 18;
  const int norms = 3 * 36;
  const int block = 2 * 36 + 4 * 18 * 18 + 4 * 18 + 2 * 18 * 50 + 50 + 18 + 36;
  const int heads = 2 * (7 * 18 + 7) + 9 * 18 + 9;
  CHECK(layers.parameters() == patch + tokens + norms + 3 * block + heads);
}

TEST_CASE("check_layers names the part, what was expected and what was found") {
  const VitConfig right = full_config();
  const Layers layers = plain::Vit(right).layers<float>();
  const auto message = [&](const auto& change) {
    VitConfig c = right;
    change(c);
    return support::message_of<eigenvit::ShapeError>([&] { check_layers(c, layers); });
  };
  const std::string expected = "vision transformer: expected ";
  CHECK(message([](auto& c) { c.in_chans = 3; }) ==
        expected + "patch embedding channels of 3, found 2");
  CHECK(message([](auto& c) { c.patch_height = 4; }) == expected + "patch height of 4, found 5");
  CHECK(message([](auto& c) { c.patch_width = 4; }) == expected + "patch width of 4, found 3");
  CHECK(message([](auto& c) { c.embed_dim = 20; }) ==
        expected + "patch embedding width of 20, found 18");
  CHECK(message([](auto& c) { c.reg_tokens = 3; }) ==
        expected + "prefix token values of 90, found 72");
  CHECK(message([](auto& c) { c.image_height = 20; }) ==
        expected + "position grid rows of 4, found 3");
  CHECK(message([](auto& c) { c.image_width = 30; }) ==
        expected + "position grid columns of 10, found 7");
  CHECK(message([](auto& c) { c.depth = 4; }) == expected + "number of blocks of 4, found 3");
  CHECK(message([](auto& c) { c.num_heads = 2; }) == expected + "number of heads of 2, found 3");
  CHECK(message([](auto& c) { c.mlp_hidden = 51; }) == expected + "mlp width of 51, found 50");
  CHECK(message([](auto& c) { c.pre_norm = false; }) ==
        expected + "no norm before the blocks, found one");
  CHECK(message([](auto& c) { c.final_norm = false; }) == expected + "no final norm, found one");
  CHECK(message([](auto& c) { c.fc_norm = false; }) ==
        expected + "no norm of the pooled vector, found one");
  CHECK(message([](auto& c) { c.num_classes = 0; }) == expected + "no head, found one");
  CHECK(message([](auto& c) { c.dist_head = false; }) ==
        expected + "no distillation head, found one");
  CHECK(message([](auto& c) { c.pooler_hidden = 0; }) == expected + "no pooler, found one");
  CHECK(message([](auto& c) { c.num_classes = 8; }) == expected + "head outputs of 8, found 7");
  CHECK(message([](auto& c) { c.pooler_hidden = 8; }) == expected + "head outputs of 8, found 9");
}

TEST_CASE("check_layers sees what is missing or of another width") {
  const VitConfig c = full_config();
  const Layers right = plain::Vit(c).layers<float>();
  const auto message = [&](const auto& change) {
    Layers layers = right;
    change(layers);
    return support::message_of<eigenvit::ShapeError>([&] { check_layers(c, layers); });
  };
  const std::string expected = "vision transformer: expected ";
  CHECK(message([](auto& l) { l.norm_pre.reset(); }) ==
        expected + "a norm before the blocks, found none");
  CHECK(message([](auto& l) { l.norm.reset(); }) == expected + "a final norm, found none");
  CHECK(message([](auto& l) { l.fc_norm.reset(); }) ==
        expected + "a norm of the pooled vector, found none");
  CHECK(message([](auto& l) { l.head.reset(); }) == expected + "a head, found none");
  CHECK(message([](auto& l) { l.head_dist.reset(); }) ==
        expected + "a distillation head, found none");
  CHECK(message([](auto& l) { l.pooler.reset(); }) == expected + "a pooler, found none");
  CHECK(message([](auto& l) { l.norm = plain::Norm(17, 1).template layer<float>(); }) ==
        expected + "norm width of 18, found 17");
  CHECK(message([](auto& l) { l.head = plain::Linear(7, 17, 1).template layer<float>(); }) ==
        expected + "head inputs of 18, found 17");
  CHECK(message([](auto& l) {
          l.blocks[1] =
              plain::Block(15, 3, 50, false, eigenvit::Activation::gelu, 1).template layer<float>();
        }) == expected + "block width of 18, found 15");
  CHECK(message([](auto& l) {
          l.pos_embed.emplace(eigenvit::AlignedBuffer<float>(26 * 18), 18, 5, 3, 7);
        }) == expected + "position rows for prefix tokens of 4, found 5");
  CHECK(message([](auto& l) {
          l.pos_embed.emplace(eigenvit::AlignedBuffer<float>(22 * 17), 17, 1, 3, 7);
        }) == expected + "position embedding width of 18, found 17");
}

TEST_CASE("check_layers compares the rotary embedding with the configuration") {
  using eigenvit::RopeKind;
  eigenvit::RopeConfig mixed;
  mixed.kind = RopeKind::mixed;
  VitConfig c;
  c.depth = 2;
  c.num_heads = 3;
  c.embed_dim = 24;
  const auto message = [&](RopeKind kind, eigenvit::Index depth, eigenvit::Index heads) {
    c.rope.kind = kind;
    const auto count = std::size_t(depth * heads * 8);
    const eigenvit::RotaryEmbedding<float> rope(mixed, depth, heads, 8,
                                                eigenvit::AlignedBuffer<float>(count));
    return support::message_of<eigenvit::ShapeError>(
        [&] { eigenvit::detail::check_rope(c, rope); });
  };
  const std::string expected = "vision transformer: expected ";
  CHECK(message(RopeKind::axial, 2, 3).rfind(expected + "kind of rotary embedding of ", 0) == 0);
  CHECK(message(RopeKind::mixed, 1, 3) == expected + "rotary blocks of 2, found 1");
  CHECK(message(RopeKind::mixed, 2, 6) == expected + "rotary heads of 3, found 6");
}
