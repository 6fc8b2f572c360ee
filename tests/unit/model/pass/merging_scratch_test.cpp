#include <cstdint>

#include <doctest/doctest.h>

#include <eigenvit/core/workspace.hpp>
#include <eigenvit/model/pass/merging_scratch.hpp>

using eigenvit::Index;
using eigenvit::VitConfig;
using eigenvit::detail::ForwardPlan;
using eigenvit::detail::MergingScratch;

TEST_CASE("MergingScratch takes what it counts, and gives each image and side its own") {
  VitConfig config;
  config.embed_dim = 24;
  config.num_heads = 3;
  const ForwardPlan plan(config, 48, 64, 2, 3, 12);  // 13 tokens
  eigenvit::detail::WorkspaceSize size;
  const MergingScratch<float> counted(config, plan, size);
  CHECK(counted.stream == nullptr);
  eigenvit::Workspace workspace;
  workspace.reset(size.bytes());
  const MergingScratch<float> scratch(config, plan, workspace);
  CHECK(workspace.size() == size.bytes());
  CHECK(scratch.tokens == 13);
  CHECK(scratch.size_of(0, 1) == scratch.size + 13);
  CHECK(scratch.size_of(1, 1) == scratch.size + 39);
  CHECK(scratch.key_bias_of(1, 0) == scratch.key_bias + 2 * 13 * 32);
  CHECK(scratch.place_of(1) == scratch.place + 13);
  CHECK(scratch.first_of_image(1) == scratch.first_of + 13);
  // The matchings of two images do not share memory.
  const Index values = static_cast<Index>(eigenvit::detail::TokenMatching<float>::values(13, 8));
  CHECK(reinterpret_cast<std::uintptr_t>(scratch.match_indices) >=
        reinterpret_cast<std::uintptr_t>(scratch.match_values + 2 * values));
  CHECK(scratch.matching(0).first() != scratch.matching(1).first());
}

TEST_CASE("MergingScratch of ViT-B/16 is the other side of the stream, and little more") {
  eigenvit::detail::WorkspaceSize size;
  const VitConfig config;
  MergingScratch<float>(config, ForwardPlan(config, 224, 224, 2, 3, 12), size);
  const std::size_t stream = 2 * 197 * 768 * sizeof(float);
  CHECK(size.bytes() > stream);
  CHECK(size.bytes() < stream + stream / 2);
}
