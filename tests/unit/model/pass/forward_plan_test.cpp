#include <utility>

#include <doctest/doctest.h>

#include <eigenvit/model/pass/forward_plan.hpp>

using eigenvit::Index;
using eigenvit::VitConfig;
using eigenvit::detail::ForwardPlan;
using eigenvit::detail::PassSize;
using eigenvit::detail::RowParts;
using eigenvit::kernels::panel_width;

TEST_CASE("ForwardPlan counts tokens, and makes parts of them that are not too large") {
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
      const Index parts = plan.row_parts.of(plan.tokens);
      CHECK(parts >= 1);
      CHECK(parts <= plan.tokens);
      CHECK((plan.tokens + parts - 1) / parts <= 79);
    }
  }
}

TEST_CASE("ForwardPlan makes parts as large as it is told") {
  const VitConfig config;  // 197 tokens
  CHECK(ForwardPlan(config, 224, 224, 1, 2, 13).row_parts.of(197) == 4);
  CHECK(ForwardPlan(config, 224, 224, 1, 2, 13, 264).row_parts.of(197) == 1);
  CHECK(ForwardPlan(config, 512, 512, 1, 2, 13, 264).row_parts.of(1025) == 4);
}

TEST_CASE("RowParts makes larger parts where each thread has as many of them") {
  CHECK(RowParts{13, 66, 1, 1}.of(197) == 3);
  CHECK(RowParts{13, 66, 1, 2}.of(197) == 4);
  CHECK(RowParts{13, 66, 1, 3}.of(197) == 3);
  CHECK(RowParts{13, 66, 2, 2}.of(197) == 3);
  CHECK(RowParts{13, 66, 1, 1}.of(77) == 1);
  CHECK(RowParts{13, 66, 1, 2}.of(77) == 2);
  CHECK(RowParts{13, 66, 4, 2}.of(77) == 1);
  CHECK(RowParts{13, 66, 3, 2}.of(77) == 2);
  // Between 18 and 22.
  CHECK(RowParts{13, 66, 1, 2}.of(1370) == 18);
  CHECK(RowParts{13, 66, 1, 5}.of(1370) == 20);
  CHECK(RowParts{13, 66, 1, 16}.of(1370) == 22);
  CHECK(RowParts{13, 66, 1, 1}.of(1) == 1);
}

TEST_CASE("ForwardPlan cuts no layer into more shares than it has pairs of panels") {
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
      CHECK(sensible(plan.block_shares.qkv, 3 * width));
      CHECK(sensible(plan.block_shares.proj, width));
      CHECK(sensible(plan.block_shares.fc1, 4 * width));
      CHECK(sensible(plan.block_shares.fc2, width));
    }
  }
}

TEST_CASE("ForwardPlan makes tasks enough for threads to even out, where there is work enough") {
  const VitConfig base;  // ViT-B/16
  for (const int threads : {2, 8}) {
    CAPTURE(threads);
    const ForwardPlan plan(base, 224, 224, 1, threads, 6);
    CHECK(plan.block_shares.fc1 * plan.row_parts.of(plan.tokens) >= 3 * threads);
    CHECK(plan.block_shares.proj * plan.row_parts.of(plan.tokens) >= 2 * threads);
  }
}

TEST_CASE("PassSize computes few images at a time, on more threads more") {
  const RowParts parts{12, 66};
  const auto most = [&](Index images, Index tokens, Index threads) {
    return PassSize(images, tokens, parts, threads).most();
  };
  CHECK(most(8, 197, 1) == 1);
  CHECK(most(8, 197, 2) == 2);
  CHECK(most(8, 197, 16) == 8);
  CHECK(most(3, 197, 16) == 3);
  CHECK(most(16, 77, 1) == 2);
  CHECK(most(1, 5000, 1) == 1);
  // Passes of 27 at most: two of them are of 20.
  CHECK(most(40, 5, 1) == 20);
}

TEST_CASE("PassSize makes a row of passes of a batch, the first one the largest") {
  for (Index images = 1; images < 40; ++images) {
    for (const Index tokens : {5, 20, 60, 200}) {
      CAPTURE(images);
      CAPTURE(tokens);
      const PassSize size(images, tokens, {12, 66}, 1);
      Index next = 0;
      size.for_each_pass([&](Index first, Index count) {
        CHECK(first == next);
        CHECK(count <= size.most());
        CHECK(count >= size.most() - (first > 0));
        next += count;
      });
      CHECK(next == images);
    }
  }
}
