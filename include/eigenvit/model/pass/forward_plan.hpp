/// How a forward pass is cut into tasks.
#ifndef EIGENVIT_MODEL_PASS_FORWARD_PLAN_HPP
#define EIGENVIT_MODEL_PASS_FORWARD_PLAN_HPP

#include <algorithm>

#include <eigenvit/kernels/ops.hpp>
#include <eigenvit/layers/multi_head_self_attention.hpp>
#include <eigenvit/model/vit_config.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// `a / b`, rounded up.
constexpr Index ceil_div(Index a, Index b) noexcept {
  return (a + b - 1) / b;
}

/// How the rows of an image are cut into parts: whole tiles of the product kernel, as far as that
/// goes, and about `most_rows` of them in each.
struct RowParts {
  Index tile_rows;
  Index most_rows;

  Index of(Index rows) const noexcept {
    return ceil_div(ceil_div(rows, tile_rows), std::max<Index>(1, most_rows / tile_rows));
  }
};

/// Shares of the weights of each linear layer of a block: a task takes one of them.
struct BlockShares {
  Index qkv = 1;
  Index proj = 1;
  Index fc1 = 1;
  Index fc2 = 1;
};

/// Sizes of a forward pass and the pieces that its stages are cut into. Results do not depend on
/// the pieces.
struct ForwardPlan {
  Index images = 0;
  Index grid_height = 0;
  Index grid_width = 0;
  Index prefix = 0;
  Index patches = 0;
  Index tokens = 0;  ///< of one image

  RowParts row_parts;
  Index embed_shares = 1;
  BlockShares block_shares;
  bool packs_heads = false;  ///< whether a block packs keys and values

  /// About so many rows make a part: at a width of 768 they take 200 KB, a fraction of any L2
  /// cache, and the weights that each meets are used 66 times for being read.
  static constexpr Index part_rows = 66;
  /// The same where weights are packed anew for each part, which takes as long as 30 rows do.
  static constexpr Index large_part_rows = 264;

  ForwardPlan(const VitConfig& config, Index image_height, Index image_width, Index image_count,
              Index threads, Index tile_rows, Index most_rows = part_rows)
      : images(image_count),
        grid_height(image_height / config.patch_height),
        grid_width(image_width / config.patch_width),
        prefix(config.prefix_tokens()),
        patches(grid_height * grid_width),
        tokens(prefix + patches + config.det_tokens),
        row_parts{tile_rows, most_rows} {
    const Index parts = row_parts.of(tokens);
    const auto shares = [&](Index outputs, Index inputs) {
      const Index panels = ceil_div(outputs, kernels::panel_width);
      const Index rows = ceil_div(tokens, parts);
      // A task should outlast what it takes to hand it over, and there should be enough of them
      // that threads which finish together are kept waiting for a small part of the stage only.
      // Two panels or a multiple, since a kernel may take two at a time.
      const Index least = ceil_div(least_task, 2 * rows * inputs * kernels::panel_width);
      const Index most = ceil_div(panels * parts * images, 6 * threads);
      const Index share = std::max(least, std::min<Index>(most, 8));
      return ceil_div(panels, ceil_div(share, 2) * 2);
    };
    const Index width = config.embed_dim;
    const Index head_width = MultiHeadSelfAttention<float>::head_width(config.head_dim());
    embed_shares = shares(width, config.in_chans * config.patch_height * config.patch_width);
    block_shares.qkv = shares(3 * config.attention_heads() * head_width, width);
    block_shares.proj = shares(width, width);
    block_shares.fc1 = shares(config.fc1_outputs(), width);
    block_shares.fc2 = shares(width, config.mlp_hidden);
  }

 private:
  /// Floating-point operations of the smallest task: about 10 microseconds.
  static constexpr Index least_task = 1000000;
};

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
