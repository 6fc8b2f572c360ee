#include <set>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <eigenvit/model/merging_plan.hpp>

using eigenvit::ForwardPlan;
using eigenvit::Index;
using eigenvit::MergingPlan;
using eigenvit::MergingStep;
using eigenvit::Taps;
using eigenvit::VitConfig;
using Kind = MergingStep::Kind;

namespace {

/// A plan and the steps that its tasks belong to, in order.
struct Planned {
  std::vector<MergingStep> memory;
  MergingPlan plan;
  std::vector<MergingStep> steps;

  Planned(const VitConfig& config, const ForwardPlan& pass, const Taps& taps, Index last_rows)
      : memory(static_cast<std::size_t>(MergingPlan::most_steps(config))),
        plan(config, pass, taps, config.depth, last_rows, 12, memory.data()) {
    for (Index task = 0; task < plan.tasks(); ++task) {
      if (plan.step_of(task).first_task == task) steps.push_back(plan.step_of(task));
    }
  }

  const MergingStep& find(Kind kind, Index block) const {
    for (const MergingStep& step : steps) {
      if (step.kind == kind && step.block == block) return step;
    }
    static const MergingStep none{};
    FAIL("there is no such step");
    return none;
  }
  bool has(Kind kind, Index block) const {
    for (const MergingStep& step : steps) {
      if (step.kind == kind && step.block == block) return true;
    }
    return false;
  }
};

Taps merging(Index per_block) {
  Taps taps;
  taps.token_merging.per_block = per_block;
  return taps;
}

}  // namespace

TEST_CASE("MergingPlan covers each task once, and lets each step wait for the ones before") {
  VitConfig config;
  config.depth = 5;
  config.qk_norm = config.attn_norm = config.mlp_gate = true;
  Taps taps = merging(30);
  taps.hidden = {1, 4};
  const ForwardPlan pass(config, 224, 224, 3, 4, 12);
  const Planned planned(config, pass, taps, 0);
  Index task = 0;
  Index of_image = 0;
  std::set<std::pair<Index, Kind>> seen;
  for (const MergingStep& step : planned.steps) {
    CHECK(step.first_task == task);
    CHECK(seen.insert({step.block, step.kind}).second);
    CHECK(step.rows >= step.groups / (step.kind == Kind::attend ? config.num_heads : 1));
    // Attention may begin before the tokens are matched.
    const bool beside = step.kind == Kind::attend;
    CHECK(step.needs == of_image - (beside ? 1 : 0));
    task += 3 * step.image_tasks();
    of_image += step.image_tasks();
  }
  CHECK(planned.plan.tasks() == task);
  CHECK(planned.plan.image_tasks() == of_image);
  CHECK(static_cast<Index>(planned.steps.size()) == 5 * 11 + 2);
}

TEST_CASE("MergingPlan follows the tokens from side to side") {
  VitConfig config;
  config.depth = 4;
  config.image_height = config.image_width = 48;  // 10 tokens
  const ForwardPlan pass(config, 48, 48, 1, 1, 12);
  const Planned planned(config, pass, merging(4), 0);
  // 10 - 4 = 6, 6 - 2 = 4, 4 - 1 = 3, 3 - 1 = 2.
  for (const auto& [block, tokens] : {std::pair<Index, Index>{0, 10}, {1, 6}, {2, 4}, {3, 3}}) {
    CHECK(planned.find(Kind::norm1, block).rows == tokens);
    CHECK(planned.find(Kind::attend, block).rows == tokens);
    CHECK(planned.find(Kind::fc1, block).tokens == tokens);
    CHECK(planned.find(Kind::fc1, block).side == block % 2);
  }
  CHECK(planned.find(Kind::fc1, 0).rows == 6);
  CHECK(planned.find(Kind::fc2, 3).rows == 2);
  CHECK(planned.plan.last_side() == 0);
  // With nothing left to merge the tokens stay where they are.
  config.depth = 7;
  const Planned longer(config, pass, merging(4), 0);
  CHECK(longer.find(Kind::fc2, 4).rows == 2);
  CHECK(longer.find(Kind::fc2, 6).rows == 2);
  CHECK_FALSE(longer.has(Kind::match, 6));
  CHECK(longer.plan.last_side() == 0);
}

TEST_CASE("MergingPlan narrows the last block to the tokens that are wanted of it") {
  VitConfig config;
  config.depth = 2;
  const ForwardPlan pass(config, 224, 224, 1, 1, 12);
  Taps taps = merging(8);
  const Planned planned(config, pass, taps, 1);
  CHECK(planned.find(Kind::qkv, 0).rows == 197);
  CHECK_FALSE(planned.has(Kind::qkv, 1));
  CHECK(planned.find(Kind::keys_values, 1).rows == 189);
  for (const Kind kind : {Kind::queries, Kind::attend, Kind::proj, Kind::merge, Kind::fc1}) {
    CHECK(planned.find(kind, 1).rows == 1);
  }
  CHECK_FALSE(planned.find(Kind::merge, 1).merges());
  CHECK_FALSE(planned.has(Kind::match, 1));
  CHECK(planned.plan.last_side() == 1);
  // Who was merged with whom is found out where it is asked for.
  taps.merge_source = true;
  const Planned asked(config, pass, taps, 1);
  CHECK(asked.find(Kind::match, 1).merged == 8);
  CHECK_FALSE(asked.find(Kind::merge, 1).merges());
  CHECK(asked.plan.last_side() == 1);
}
