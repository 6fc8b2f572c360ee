#ifndef EIGENVIT_MODEL_PASS_FORWARD_PLAN_INL
#define EIGENVIT_MODEL_PASS_FORWARD_PLAN_INL

#include <algorithm>

#include <eigenvit/kernels/packed_matrix.hpp>
#include <eigenvit/layers/multi_head_self_attention.hpp>
#include <eigenvit/model/pass/forward_plan.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

EIGENVIT_INLINE ForwardPlan::ForwardPlan(const VitConfig& config, Index image_height,
                                         Index image_width, Index image_count, Index threads,
                                         Index tile_rows, Index most_rows)
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

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
