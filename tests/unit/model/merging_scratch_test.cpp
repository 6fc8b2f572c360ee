#include <cstdint>

#include <doctest/doctest.h>

#include <eigenvit/model/merging_scratch.hpp>

using eigenvit::ForwardPlan;
using eigenvit::Index;
using eigenvit::MergingScratch;
using eigenvit::TokenMerging;
using eigenvit::VitConfig;

TEST_CASE("MergingScratch takes what it counts, and gives each image and side its own") {
  VitConfig config;
  config.embed_dim = 24;
  config.num_heads = 3;
  const ForwardPlan plan(config, 48, 64, 2, 3, 12);  // 13 tokens
  eigenvit::WorkspaceSize size;
  const eigenvit::TaskFailure failure;
  const MergingScratch<float> counted(config, plan, size, failure);
  CHECK(counted.done == nullptr);
  eigenvit::Workspace workspace;
  workspace.reset(size.bytes());
  const MergingScratch<float> scratch(config, plan, workspace, failure);
  CHECK(workspace.size() == size.bytes());
  CHECK(scratch.tokens == 13);
  CHECK(scratch.size_of(0, 1) == scratch.size + 13);
  CHECK(scratch.size_of(1, 1) == scratch.size + 39);
  CHECK(scratch.key_bias_of(1, 0) == scratch.key_bias + 2 * 13 * 32);
  CHECK(scratch.place_of(1) == scratch.place + 13);
  CHECK(scratch.first_of_image(1) == scratch.first_of + 13);
  scratch.done[1].wait_for(0);  // was made
  // The matchings of two images do not share memory.
  const Index values = static_cast<Index>(eigenvit::TokenMatching<float>::values(13, 8));
  CHECK(reinterpret_cast<std::uintptr_t>(scratch.match_indices) >=
        reinterpret_cast<std::uintptr_t>(scratch.match_values + 2 * values));
  CHECK(scratch.matching(0).first() != scratch.matching(1).first());
}

TEST_CASE("workspace_bytes counts the memory of token merging where there is any") {
  const VitConfig config;
  const auto plain = eigenvit::workspace_bytes<float>(config, 224, 224, 2, 3);
  TokenMerging merging;
  CHECK(eigenvit::workspace_bytes<float>(config, 224, 224, 2, 3, merging) == plain);
  merging.per_block = 1;
  const auto more = eigenvit::workspace_bytes<float>(config, 224, 224, 2, 3, merging) - plain;
  // The other side of the stream, and less than half as much for everything else.
  const std::size_t stream = 2 * 197 * 768 * sizeof(float);
  CHECK(more > stream);
  CHECK(more < stream + stream / 2);
}
