/// How a forward pass is cut into tasks.
#ifndef EIGENVIT_MODEL_FORWARD_PLAN_HPP
#define EIGENVIT_MODEL_FORWARD_PLAN_HPP

#include <algorithm>

#include <eigenvit/kernels/ops.hpp>
#include <eigenvit/layers/multi_head_self_attention.hpp>
#include <eigenvit/model/vit_config.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {

/// Sizes of a forward pass and the pieces that its steps are cut into: groups of rows of one image,
/// and shares of the panels of a map. Results do not depend on either.
struct ForwardPlan {
  Index images = 0;
  Index grid_height = 0;
  Index grid_width = 0;
  Index prefix = 0;
  Index patches = 0;
  Index tokens = 0;  ///< of one image

  Index rows_of_group = 0;  ///< about so many, at most

  Index groups = 0;        ///< of rows, of one image
  Index query_blocks = 0;  ///< of attention, of one image and head
  Index embed_shares = 0;  ///< of the panels of each map
  Index qkv_shares = 0;
  Index proj_shares = 0;
  Index fc1_shares = 0;
  Index fc2_shares = 0;

  /// About so many rows make a group: at a width of 768 they take 200 KB, a part of any L2 cache,
  /// and the weights that each meets are used 66 times for being read.
  static constexpr Index group_rows = 66;
  /// The same where weights are packed anew for each group, which takes as long as 30 rows do.
  static constexpr Index large_group_rows = 264;

  ForwardPlan(const VitConfig& config, Index image_height, Index image_width, Index image_count,
              Index threads, Index tile_rows, Index most_rows = group_rows)
      : images(image_count),
        grid_height(image_height / config.patch_height),
        grid_width(image_width / config.patch_width),
        prefix(config.prefix_tokens()),
        patches(grid_height * grid_width),
        tokens(prefix + patches + config.det_tokens),
        rows_of_group(most_rows) {
    const auto up = [](Index a, Index b) { return (a + b - 1) / b; };
    // Whole tiles, as far as that goes.
    const Index tiles = up(tokens, tile_rows);
    groups = up(tiles, std::max<Index>(1, most_rows / tile_rows));
    query_blocks = up(tokens, MultiHeadSelfAttention<float>::block_queries);

    const auto shares = [&](Index outputs, Index inputs) {
      const Index panels = up(outputs, kernels::panel_width);
      const Index rows = up(tokens, groups);
      // A task should outlast what it takes to hand it over, and there should be enough of them
      // that threads which finish together are kept waiting for a small part of the step only.
      // Two panels or a multiple, since a kernel may take two at a time.
      const Index least = up(least_task, 2 * rows * inputs * kernels::panel_width);
      const Index most = up(panels * groups * images, 6 * threads);
      const Index share = std::max(least, std::min<Index>(most, 8));
      return up(panels, up(share, 2) * 2);
    };
    const Index head_panels = MultiHeadSelfAttention<float>::head_width(config.head_dim());
    const Index patch_size = config.in_chans * config.patch_height * config.patch_width;
    embed_shares = shares(config.embed_dim, patch_size);
    qkv_shares = shares(3 * config.attention_heads() * head_panels, config.embed_dim);
    proj_shares = shares(config.embed_dim, config.embed_dim);
    fc1_shares = shares(config.fc1_outputs(), config.embed_dim);
    fc2_shares = shares(config.embed_dim, config.mlp_hidden);
  }

  /// Rows `[first, last)` of a group.
  Index first_row(Index group) const noexcept { return tokens * group / groups; }
  Index last_row(Index group) const noexcept { return tokens * (group + 1) / groups; }

 private:
  /// Floating-point operations of the smallest task: about 10 microseconds.
  static constexpr Index least_task = 1000000;
};

}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
