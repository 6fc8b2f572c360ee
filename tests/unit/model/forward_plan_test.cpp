#include <utility>

#include <doctest/doctest.h>

#include <eigenvit/model/forward_plan.hpp>

using eigenvit::ForwardPlan;
using eigenvit::Index;
using eigenvit::VitConfig;
using eigenvit::kernels::panel_width;

TEST_CASE("ForwardPlan counts tokens, and its groups cover them") {
  VitConfig config;
  config.reg_tokens = 4;
  for (const Index side : {224, 16, 518}) {
    for (const Index tile_rows : {4, 5, 6, 13}) {
      CAPTURE(side);
      CAPTURE(tile_rows);
      const ForwardPlan plan(config, side, side + 32, 3, 2, tile_rows);
      CHECK(plan.images == 3);
      CHECK(plan.prefix == 5);
      CHECK(plan.grid_height == side / 16);
      CHECK(plan.grid_width == side / 16 + 2);
      CHECK(plan.patches == plan.grid_height * plan.grid_width);
      CHECK(plan.tokens == 5 + plan.patches);
      Index covered = 0;
      for (Index group = 0; group < plan.groups; ++group) {
        CHECK(plan.first_row(group) == covered);
        covered = plan.last_row(group);
        const Index rows = covered - plan.first_row(group);
        CHECK(rows >= 1);
        CHECK(rows <= 66);
      }
      CHECK(covered == plan.tokens);
      CHECK(plan.query_blocks == (plan.tokens + 31) / 32);
    }
  }
}

TEST_CASE("ForwardPlan makes groups as large as it is told") {
  const VitConfig config;  // 197 tokens
  CHECK(ForwardPlan(config, 224, 224, 1, 2, 13).groups == 4);
  CHECK(ForwardPlan(config, 224, 224, 1, 2, 13, 264).groups == 1);
  CHECK(ForwardPlan(config, 512, 512, 1, 2, 13, 264).groups == 4);
}

TEST_CASE("ForwardPlan cuts no map into more shares than it has pairs of panels") {
  for (const Index width : {16, 48, 192, 768}) {
    for (const int threads : {1, 2, 64}) {
      CAPTURE(width);
      CAPTURE(threads);
      VitConfig config;
      config.embed_dim = width;
      config.num_heads = 1;
      config.mlp_hidden = 4 * width;
      const ForwardPlan plan(config, 224, 224, 1, threads, 6);
      const auto sensible = [](Index shares, Index outputs) {
        const Index panels = (outputs + panel_width - 1) / panel_width;
        return shares >= 1 && shares <= (panels + 1) / 2;
      };
      CHECK(sensible(plan.embed_shares, width));
      CHECK(sensible(plan.qkv_shares, 3 * width));
      CHECK(sensible(plan.proj_shares, width));
      CHECK(sensible(plan.fc1_shares, 4 * width));
      CHECK(sensible(plan.fc2_shares, width));
    }
  }
}

TEST_CASE("ForwardPlan makes tasks enough for threads to even out, where there is work enough") {
  const VitConfig base;  // ViT-B/16
  for (const int threads : {2, 8}) {
    CAPTURE(threads);
    const ForwardPlan plan(base, 224, 224, 1, threads, 6);
    CHECK(plan.fc1_shares * plan.groups >= 3 * threads);
    CHECK(plan.proj_shares * plan.groups >= 2 * threads);
  }
}
