#include <algorithm>
#include <vector>

#include <doctest/doctest.h>

#include <eigenvit/model/forward_context.hpp>

#include "../plain_vit.hpp"

using eigenvit::Index;
using eigenvit::PanelShare;

TEST_CASE("PanelShare cuts a map into shares that meet, between pairs of panels") {
  for (const Index outputs : {1, 16, 17, 48, 100, 200, 1000}) {
    const auto weight = support::random_values<float>(outputs * 3, 1);
    const eigenvit::Linear<float> map(eigenvit::PackedMatrix<float>(weight, outputs, 3));
    for (const Index shares : {1, 2, 3, 7, 40}) {
      Index next = 0;
      for (Index i = 0; i < shares; ++i) {
        const PanelShare share = PanelShare::of(map, shares, i);
        CHECK(share.first == next);
        CHECK(share.first % 2 == 0);
        CHECK(share.column == share.first * 16);
        next += share.count;
      }
      CHECK(next == map.weight().panels());
    }
  }
}

TEST_CASE("ForwardContext finds the rows of groups and images") {
  const eigenvit::VitConfig config = plain::odd_config();
  const auto layers = plain::Vit(config).layers<float>();
  // 1 + 20 x 30 tokens of each image.
  const eigenvit::ForwardPlan plan(config, 100, 90, 3, 2, 6);
  eigenvit::WorkspaceSize size;
  const eigenvit::TaskFailure failure;
  eigenvit::ForwardScratch<float>(config, plan, 2, size, failure);
  eigenvit::Workspace workspace;
  workspace.reset(size.bytes());
  const eigenvit::ForwardScratch<float> scratch(config, plan, 2, workspace, failure);
  const eigenvit::PositionTables<float> positions(config, plan, nullptr);
  const eigenvit::ForwardContext<float> context{config, layers, plan, scratch, positions};

  REQUIRE(plan.groups > 1);
  Index next = 0;
  for (Index i = 0; i < 3 * plan.groups; ++i) {
    const eigenvit::RowGroup group = context.group(i);
    CHECK(group.index == i);
    CHECK(group.image == i / plan.groups);
    CHECK(group.row == next);
    CHECK(group.row == group.image * plan.tokens + group.first);
    CHECK(group.rows > 0);
    next += group.rows;
  }
  CHECK(next == 3 * 601);
  CHECK(context.stream_row(2) == scratch.stream + 2 * 18);
  CHECK(context.normed_row(2) == scratch.normed + 2 * scratch.normed_stride);
  CHECK(context.image_qkv(2) == scratch.qkv + 2 * static_cast<Index>(scratch.qkv_size));
  CHECK(&context.block(1) == &layers.blocks[1]);
  CHECK(context.pooled_tokens() == 1);
}

TEST_CASE("multiply does a share of a map, with all that follows the product") {
  const auto weight = support::random_values<float>(40 * 5, 1);
  const auto bias = support::random_values<float>(40, 2);
  const auto scale = support::random_values<float>(40, 3);
  const auto x = support::random_values<float>(2 * 5, 4);
  const eigenvit::Linear<float> map(eigenvit::PackedMatrix<float>(weight, 40, 5), bias);
  std::vector<float> whole(2 * 40, 1), by_share(2 * 40, 1);
  eigenvit::multiply(map, PanelShare::of(map, 1, 0), x.data(), 2, 5, whole.data(), 40,
                     eigenvit::Activation::relu, scale.data(), true);
  for (Index i = 0; i < 2; ++i) {
    const PanelShare share = PanelShare::of(map, 2, i);
    eigenvit::multiply(map, share, x.data(), 2, 5, by_share.data() + share.column, 40,
                       eigenvit::Activation::relu, scale.data(), true);
  }
  CHECK(whole == by_share);
  CHECK(std::count(whole.begin(), whole.end(), 1.0f) < 60);  // where relu gave 0
  double worst = 0;
  for (Index r = 0; r < 2; ++r) {
    for (Index o = 0; o < 40; ++o) {
      double sum = bias[static_cast<std::size_t>(o)];
      for (Index k = 0; k < 5; ++k) {
        sum += double(x[static_cast<std::size_t>(r * 5 + k)]) *
               weight[static_cast<std::size_t>(o * 5 + k)];
      }
      const double expected = 1 + scale[static_cast<std::size_t>(o)] * std::max(sum, 0.0);
      worst = std::max(worst, std::abs(expected - whole[static_cast<std::size_t>(r * 40 + o)]));
    }
  }
  CHECK(worst < 1e-6);
}
