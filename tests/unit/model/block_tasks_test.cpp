#include <doctest/doctest.h>

#include <eigenvit/model/block_tasks.hpp>

#include "../executors.hpp"
#include "../varied_vit.hpp"

using eigenvit::Index;
using eigenvit::VitConfig;

namespace {

/// Lets the tasks and their rows be counted.
struct Counted : private eigenvit::BlockTasks<float> {
  Counted(const eigenvit::ForwardContext<float>& context, const eigenvit::Taps& taps,
          eigenvit::VitOutput<float>& output)
      : BlockTasks(context, taps, output) {}
  Index count() const noexcept { return block_tasks(); }
  /// Rows of all groups behind the attention of a block.
  Index rows(Index block) const noexcept {
    Index sum = 0;
    for (Index i = 0; i < all_groups_; ++i) sum += leaving(block, group(i)).rows;
    return sum;
  }
};

/// Calls `use` with the tasks of two images of 70 patches, and their plan.
template <class Use>
auto with_tasks(const VitConfig& config, const eigenvit::Taps& taps, const Use& use) {
  const auto network = varied::network<float>(config);
  const eigenvit::ForwardPlan plan(config, 20, 21, 2, 2, 6);
  eigenvit::WorkspaceSize size;
  const eigenvit::TaskFailure failure;
  eigenvit::ForwardScratch<float>(config, plan, 2, size, failure);
  eigenvit::Workspace workspace;
  workspace.reset(size.bytes());
  const eigenvit::ForwardScratch<float> scratch(config, plan, 2, workspace, failure);
  std::vector<std::byte> memory(eigenvit::PositionTables<float>::bytes(config, plan));
  const eigenvit::PositionTables<float> positions(config, plan, memory.data());
  eigenvit::VitOutput<float> output;
  return use(Counted({config, network.layers(), plan, scratch, positions}, taps, output), plan);
}

/// Tasks of a block beyond those of the plain one, as many times as there are groups of rows.
Index more_tasks(const VitConfig& config) {
  return with_tasks(config, {}, [](const Counted& tasks, const eigenvit::ForwardPlan& plan) {
    const Index groups = 2 * plan.groups;
    const Index plain =
        groups * (2 + plan.qkv_shares + plan.proj_shares + plan.fc1_shares + plan.fc2_shares) +
        2 * 3 * plan.query_blocks;
    CHECK((tasks.count() - plain) % groups == 0);
    return (tasks.count() - plain) / groups;
  });
}

/// Rows of two images behind the attention of a block.
Index rows_behind(Index block, const VitConfig& config, const eigenvit::Taps& taps) {
  return with_tasks(config, taps, [&](const Counted& tasks, const eigenvit::ForwardPlan& plan) {
    CHECK(plan.groups > 1);
    return tasks.rows(block);
  });
}

}  // namespace

TEST_CASE("a block runs tasks for the parts that it has, and no others") {
  const auto with = [](auto change) {
    VitConfig config = varied::configs().back();
    change(config);
    return more_tasks(config);
  };
  CHECK(with([](VitConfig&) {}) == 0);
  CHECK(with([](VitConfig& c) { c.qk_norm = true; }) == 1);
  CHECK(with([](VitConfig& c) { c.rope.kind = eigenvit::RopeKind::axial; }) == 1);
  CHECK(with([](VitConfig& c) { c.attn_norm = true; }) == 1);
  CHECK(with([](VitConfig& c) { c.mlp_gate = c.mlp_norm = true; }) == 1);
  CHECK(with([](VitConfig& c) { c.mlp_norm = true; }) == 1);
  CHECK(with([](VitConfig& c) { c.rel_pos_bias = true; }) == 0);
  CHECK(with([](VitConfig& c) { c.diff_attention = true; }) == 0);
  CHECK(with([](VitConfig& c) { c.block = eigenvit::BlockForm::post_norm; }) == 0);
  CHECK(with([](VitConfig& c) { c.block = eigenvit::BlockForm::parallel; }) == 0);
}

TEST_CASE("the last block goes on with the rows that are wanted of it") {
  const VitConfig config = varied::configs().back();
  constexpr Index all = 2 * 71;
  eigenvit::Taps taps;
  taps.attention = {2};
  CHECK(rows_behind(2, config, taps) == all);
  taps.logits = true;
  CHECK(rows_behind(2, config, taps) == 2);
  CHECK(rows_behind(1, config, taps) == all);
  taps.hidden = {1};
  CHECK(rows_behind(2, config, taps) == 2);
  taps.hidden = {1, 2};
  CHECK(rows_behind(2, config, taps) == all);
  taps.hidden.clear();
  taps.tokens = true;
  CHECK(rows_behind(2, config, taps) == all);
  taps.tokens = false;
  VitConfig averaging = config;
  averaging.global_pool = eigenvit::Pool::avg;
  CHECK(rows_behind(2, averaging, taps) == all);
  VitConfig detecting = config;
  detecting.det_tokens = 5;
  CHECK(rows_behind(2, detecting, taps) == all + 2 * 5);
}

TEST_CASE_TEMPLATE("a pass gives what the layers give one after the other, in any order of threads",
                   Scalar, float, double) {
  int number = 0;
  for (const VitConfig& config : varied::configs()) {
    CAPTURE(number);
    ++number;
    const auto network = varied::network<Scalar>(config);
    const auto values = support::random_values<float>(2 * 2 * 24 * 21, 5);
    const eigenvit::AlignedBuffer<Scalar> pixels(values.begin(), values.end());
    eigenvit::Taps all;
    all.tokens = all.pooled = all.logits = true;
    all.pred_boxes = config.detects();
    all.image_embeds = config.image_embeds;
    all.pooler_output = config.has_pooler_output();
    eigenvit::Taps logits;
    logits.logits = true;
    eigenvit::Workspace workspace;
    // The model's own grid, and another; each twice, with the tables that are kept.
    for (const Index height : {20, 24, 24, 20}) {
      CAPTURE(height);
      const eigenvit::PixelBatch<Scalar> batch{pixels.data(), 2, height, 21};
      const auto whole = network.forward(batch, all, nullptr, &workspace);
      for (Index image = 0; image < 2; ++image) {
        const eigenvit::Matrix<Scalar> expected =
            varied::tokens(network, pixels.data() + image * 2 * height * 21, height, Index{21});
        REQUIRE(expected.rows() == whole.tokens_per_image);
        CHECK(support::worst_error(whole.tokens_of(image).data(), expected.data(),
                                   expected.size()) < (sizeof(Scalar) == 4 ? 4e-5 : 1e-12));
      }
      support::ThreadsExecutor threads(3);
      support::ReverseExecutor reverse;
      for (eigenvit::Executor* const executor : {static_cast<eigenvit::Executor*>(&threads),
                                                 static_cast<eigenvit::Executor*>(&reverse)}) {
        const auto found = network.forward(batch, all, executor);
        CHECK(support::same_bits(found.tokens, whole.tokens));
        CHECK(support::same_bits(found.logits, whole.logits));
        CHECK(support::same_bits(found.pred_boxes, whole.pred_boxes));
        CHECK(support::same_bits(found.image_embeds, whole.image_embeds));
        CHECK(support::same_bits(found.pooler_output, whole.pooler_output));
        const auto few = network.forward(batch, logits, executor, &workspace);
        CHECK(support::worst_error(few.logits.data(), whole.logits.data(),
                                   static_cast<Index>(few.logits.size())) <
              (sizeof(Scalar) == 4 ? 4e-5 : 1e-12));
      }
    }
  }
}
