#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <eigenvit/model/forward_scratch.hpp>

#include "../support.hpp"

using eigenvit::ForwardPlan;
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

TEST_CASE_TEMPLATE("ForwardScratch lays out what a pass needs, and workspace_bytes is its size",
                   Scalar, float, double) {
  const VitConfig config = small_config();
  constexpr Index images = 3, strands = 5;
  for (const auto& size : {std::pair<Index, Index>{32, 32}, {32, 40}, {8, 8}}) {
    const Index height = size.first;
    const Index width = size.second;
    CAPTURE(width);
    const Index patches = height / 8 * (width / 8);
    const Index rows = images * (1 + patches);
    const auto bytes = eigenvit::workspace_bytes<Scalar>(config, height, width, images, strands);
    eigenvit::Workspace workspace;
    const ForwardPlan plan(config, height, width, images, strands,
                           eigenvit::ops::tile_rows<Scalar>());
    const std::size_t tables = eigenvit::PositionTables<Scalar>::bytes(config, plan);
    CHECK((tables == 0) == (width == 32));
    workspace.reset(bytes - tables);
    workspace.keep(std::make_shared<int>(), {height, width}, tables, [](std::byte*) {});
    const eigenvit::TaskFailure failure;
    const ForwardScratch<Scalar> scratch(config, plan, strands, workspace, failure);
    CHECK(workspace.size() == bytes);
    CHECK(scratch.normed_stride >= 24);
    CHECK(scratch.wide_stride >= 192);  // a patch, which is wider than the MLP
    const auto values = [](const Scalar* begin, Index count) {
      return Piece{begin, count * static_cast<Index>(sizeof(Scalar))};
    };
    const auto counters = [](const eigenvit::Progress* begin, Index count) {
      return Piece{begin, count * static_cast<Index>(sizeof(eigenvit::Progress))};
    };
    const Index groups = images * plan.groups;
    std::vector<Piece> pieces{
        values(scratch.stream, rows * 24),
        values(scratch.normed, rows * scratch.normed_stride),
        values(scratch.qkv, rows * 3 * 3 * 16),
        values(scratch.attended, rows * scratch.normed_stride),
        values(scratch.wide, rows * scratch.wide_stride),
        values(scratch.pooled, images * 24),
        values(scratch.strands, strands * eigenvit::kernels::attention_scratch(16)),
        counters(scratch.projected, images),
        counters(scratch.attended_count, images),
        counters(scratch.finished, images),
        counters(scratch.flattened, groups),
        counters(scratch.embedded, groups),
        counters(scratch.normed1, groups),
        counters(scratch.projected_rows, groups),
        counters(scratch.inner_normed, groups),
        counters(scratch.projected_out, groups),
        counters(scratch.normed2, groups),
        counters(scratch.widened, groups),
        counters(scratch.gated, groups),
        counters(scratch.narrowed, groups),
        counters(scratch.pooled_count, 1)};
    CHECK(are_apart(pieces, reinterpret_cast<const char*>(scratch.stream), bytes - tables));
    // Counters begin at zero, whatever was in the memory.
    scratch.projected->wait_for(0);
    scratch.projected->advance();
    scratch.projected->wait_for(1);
  }
}

TEST_CASE("Rows that products read do not lie a multiple of 4 KB apart") {
  for (const Index width : {256, 768, 1024, 3072, 4096}) {
    CAPTURE(width);
    VitConfig config;
    config.embed_dim = width;
    config.num_heads = width / 64;
    config.mlp_hidden = 4 * width;
    eigenvit::WorkspaceSize size;
    const eigenvit::TaskFailure failure;
    const ForwardScratch<float> scratch(config, ForwardPlan(config, 224, 224, 1, 1, 6), 1, size,
                                        failure);
    for (const Index stride : {scratch.normed_stride, scratch.wide_stride}) {
      CHECK(stride % 16 == 0);
      CHECK(stride * Index{sizeof(float)} % 1024 != 0);
    }
  }
}

TEST_CASE(
    "workspace_bytes of ViT-B/16 is small beside its weights, and grows with threads little") {
  const auto one = eigenvit::workspace_bytes<float>(VitConfig(), 224, 224, 1, 1);
  // In floats: the stream, normed and attended 197 x 768 each, queries, keys and values three
  // times that, wide 197 x 3072; for the last block a panel of queries, scores and sums.
  constexpr std::size_t values = (197 * (6 * 768 + 3072) + 16 * (2 * 768 + 197)) * sizeof(float);
  CHECK(one > values);
  CHECK(one < values + values / 50);
  const auto two = eigenvit::workspace_bytes<float>(VitConfig(), 224, 224, 1, 2);
  CHECK(two - one >= sizeof(float) * eigenvit::kernels::attention_scratch(64));
  CHECK(two - one < 64 * 1024);
}
