#ifndef EIGENVIT_MODEL_PASS_FORWARD_PLAN_INL
#define EIGENVIT_MODEL_PASS_FORWARD_PLAN_INL

#include <eigenvit/model/pass/forward_plan.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

EIGENVIT_INLINE ForwardPlan::ForwardPlan(const VitConfig& config, Index image_height,
                                         Index image_width, Index image_count, Index threads,
                                         Index tile_rows, Index part_rows)
    : images(image_count),
      grid_height(image_height / config.patch_height),
      grid_width(image_width / config.patch_width),
      prefix(config.prefix_tokens()),
      patches(grid_height * grid_width),
      tokens(prefix + patches + config.suffix_tokens()),
      row_parts{tile_rows, part_rows, image_count, threads} {
  const LayerShares shares(images, tokens, row_parts.of(tokens), threads);
  embed_shares =
      shares.of(config.embed_dim, config.in_chans * config.patch_height * config.patch_width);
  block_shares = shares.of_blocks(config);
}

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
