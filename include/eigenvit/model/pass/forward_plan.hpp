/// How a forward pass is cut into tasks.
#ifndef EIGENVIT_MODEL_PASS_FORWARD_PLAN_HPP
#define EIGENVIT_MODEL_PASS_FORWARD_PLAN_HPP

#include <eigenvit/core/compiler.hpp>
#include <eigenvit/core/types.hpp>
#include <eigenvit/model/pass/block_plan.hpp>
#include <eigenvit/model/vit_config.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

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

  ForwardPlan(const VitConfig& config, Index image_height, Index image_width, Index image_count,
              Index threads, Index tile_rows, Index part_rows = RowParts::usual_rows);

  /// The passes that compute these images.
  PassSize pass_size(Index threads) const noexcept { return {images, tokens, row_parts, threads}; }
};

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#if EIGENVIT_HEADER_ONLY
#include <eigenvit/model/pass/forward_plan.inl>
#endif

#endif
