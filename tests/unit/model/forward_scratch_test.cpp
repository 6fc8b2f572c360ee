#include <algorithm>
#include <utility>

#include <doctest/doctest.h>

#include <eigenvit/model/forward_scratch.hpp>

#include "../support.hpp"

using eigenvit::ForwardScratch;
using eigenvit::Index;
using eigenvit::VitConfig;

namespace {

VitConfig small_config() {
  VitConfig config;
  config.image_height = config.image_width = 32;
  config.patch_height = config.patch_width = 8;
  config.embed_dim = 24;
  config.num_heads = 3;
  config.mlp_hidden = 100;
  return config;
}

}  // namespace

TEST_CASE_TEMPLATE("ForwardScratch lays out what a pass needs, and workspace_bytes is its size",
                   Scalar, float, double) {
  const VitConfig config = small_config();
  for (const auto& [height, width] : {std::pair<Index, Index>{32, 32}, {32, 40}, {8, 8}}) {
    const bool native = width == 32;
    const Index patches = height / 8 * (width / 8);
    const Index rows = 3 * (1 + patches);
    const auto bytes = eigenvit::workspace_bytes<Scalar>(config, height, width, 3, 5);
    eigenvit::Workspace workspace;
    workspace.reset(bytes);
    const ForwardScratch<Scalar> scratch(config, height, width, 3, 5, workspace);
    // Every piece is as large as stated, if the next begins behind it; a sanitizer sees the rest.
    CHECK(scratch.normed >= scratch.stream + rows * 24);
    CHECK(scratch.wide >= scratch.normed + rows * 24);
    CHECK(scratch.strands >= scratch.wide + rows * 100);
    const Index strand = std::max((1 + patches) * (1 + patches), patches * 192);
    Scalar* const end = workspace.take<Scalar>(0);
    CHECK(reinterpret_cast<char*>(end) ==
          reinterpret_cast<char*>(scratch.stream) + workspace.size());
    if (native) {
      CHECK(scratch.positions == nullptr);
      CHECK(end >= scratch.strands + 5 * strand);
    } else {
      CHECK(scratch.positions >= scratch.strands + 5 * strand);
      CHECK(end >= scratch.positions + patches * 24);
    }
    CHECK(workspace.size() == bytes);
  }
}

TEST_CASE("workspace_bytes of ViT-B/16") {
  // In floats: stream and normed 197 x 768 each, wide 197 x 3072, scores 128 x 197 against
  // flattened patches 128 x 768, of which the second are more.
  CHECK(eigenvit::workspace_bytes<float>(VitConfig(), 224, 224, 1, 1) ==
        4 * (2 * 197 * 768 + 197 * 3072 + 128 * 768));
  const auto one = eigenvit::workspace_bytes<float>(VitConfig(), 224, 224, 1, 1);
  const auto two_threads = eigenvit::workspace_bytes<float>(VitConfig(), 224, 224, 1, 2);
  CHECK(two_threads - one == 4 * 128 * 768);
}
