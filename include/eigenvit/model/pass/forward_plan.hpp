/// How a forward pass is cut into tasks.
#ifndef EIGENVIT_MODEL_PASS_FORWARD_PLAN_HPP
#define EIGENVIT_MODEL_PASS_FORWARD_PLAN_HPP

#include <algorithm>

#include <eigenvit/core/compiler.hpp>
#include <eigenvit/core/types.hpp>
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
              Index threads, Index tile_rows, Index most_rows = part_rows);

 private:
  /// Floating-point operations of the smallest task: about 10 microseconds.
  static constexpr Index least_task = 1000000;
};

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#if EIGENVIT_HEADER_ONLY
#include <eigenvit/model/pass/forward_plan.inl>
#endif

#endif
