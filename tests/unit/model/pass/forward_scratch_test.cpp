#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <eigenvit/model/pass/forward_scratch.hpp>

#include "../../support.hpp"

using eigenvit::Index;
using eigenvit::VitConfig;
using eigenvit::detail::ForwardPlan;
using eigenvit::detail::ForwardScratch;

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

/// A piece of memory that must hold so many bytes.
struct Piece {
  const void* begin;
  Index bytes;
};

/// Whether no piece reaches into another, and all lie in the block.
bool are_apart(std::vector<Piece> pieces, const char* block, std::size_t size) {
  std::sort(pieces.begin(), pieces.end(),
            [](const Piece& a, const Piece& b) { return a.begin < b.begin; });
  const char* free = block;
  for (const Piece& piece : pieces) {
    const char* const begin = static_cast<const char*>(piece.begin);
    if (begin < free || reinterpret_cast<std::uintptr_t>(begin) % 64 != 0) return false;
    free = begin + piece.bytes;
  }
  return free <= block + size;
}

}  // namespace

TEST_CASE_TEMPLATE("ForwardScratch lays out what a pass needs", Scalar, float, double) {
  const VitConfig config = small_config();
  constexpr Index images = 3, workers = 5;
  for (const auto& size : {std::pair<Index, Index>{32, 32}, {32, 40}, {8, 8}}) {
    const Index height = size.first;
    const Index width = size.second;
    CAPTURE(width);
    const Index rows = images * (1 + height / 8 * (width / 8));
    const ForwardPlan plan(config, height, width, images, workers,
                           eigenvit::ops::tile_rows<Scalar>());
    eigenvit::detail::WorkspaceSize counted;
    ForwardScratch<Scalar>(config, plan, {}, false, workers, counted);
    eigenvit::Workspace workspace;
    workspace.reset(counted.bytes());
    const ForwardScratch<Scalar> scratch(config, plan, {}, false, workers, workspace);
    const auto& blocks = scratch.blocks;
    CHECK(blocks.normed_stride >= 24);
    CHECK(blocks.wide_stride >= 192);  // a patch, which is wider than the MLP
    const auto values = [](const Scalar* begin, Index count) {
      return Piece{begin, count * static_cast<Index>(sizeof(Scalar))};
    };
    CHECK(are_apart(
        {values(scratch.stream, rows * 24), values(blocks.normed, rows * blocks.normed_stride),
         values(blocks.qkv, rows * 3 * 3 * 16),
         values(blocks.attended, rows * blocks.normed_stride),
         values(blocks.wide, rows * blocks.wide_stride),
         values(blocks.scratch_of(0), workers * blocks.worker_size),
         values(scratch.pooled, images * 24),
         values(scratch.pooled_block.head_queries, images * 3 * 16)},
        reinterpret_cast<const char*>(scratch.stream), counted.bytes()));
    CHECK(blocks.worker_size >= eigenvit::kernels::attention_scratch(16));
  }
}

TEST_CASE("Rows that products read do not lie a multiple of 4 KB apart") {
  for (const Index width : {256, 768, 1024, 3072, 4096}) {
    CAPTURE(width);
    VitConfig config;
    config.embed_dim = width;
    config.num_heads = width / 64;
    config.mlp_hidden = 4 * width;
    eigenvit::detail::WorkspaceSize size;
    const ForwardScratch<float> scratch(config, ForwardPlan(config, 224, 224, 1, 1, 6), {}, false,
                                        1, size);
    for (const Index stride : {scratch.blocks.normed_stride, scratch.blocks.wide_stride}) {
      CHECK(stride % 16 == 0);
      CHECK(stride * Index{sizeof(float)} % 1024 != 0);
    }
  }
}

TEST_CASE("ForwardScratch of ViT-B/16 is small beside its weights, and grows with threads little") {
  const auto bytes = [](Index workers) {
    eigenvit::detail::WorkspaceSize size;
    const VitConfig config;
    const ForwardPlan plan(config, 224, 224, 1, workers, eigenvit::ops::tile_rows<float>());
    ForwardScratch<float>(config, plan, {}, false, workers, size);
    return size.bytes();
  };
  // In floats: the stream, normed and attended 197 x 768 each, queries, keys and values three
  // times that, wide 197 x 3072; for the last block a panel of queries, scores and sums.
  constexpr std::size_t values = (197 * (6 * 768 + 3072) + 16 * (2 * 768 + 197)) * sizeof(float);
  CHECK(bytes(1) > values);
  CHECK(bytes(1) < values + values / 50);
  CHECK(bytes(2) - bytes(1) >= sizeof(float) * eigenvit::kernels::attention_scratch(64));
  CHECK(bytes(2) - bytes(1) < 64 * 1024);
}
