/// Attention followed through all blocks.
#ifndef EIGENVIT_FEATURES_ATTENTION_ROLLOUT_HPP
#define EIGENVIT_FEATURES_ATTENTION_ROLLOUT_HPP

#include <eigenvit/core/compiler.hpp>
#include <eigenvit/core/types.hpp>
#include <eigenvit/features/attention_map.hpp>
#include <eigenvit/model/taps.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {

/// How the heads of a block become one matrix, entry by entry.
enum class HeadFusion { mean, max, min };

struct RolloutOptions {
  HeadFusion heads = HeadFusion::mean;
  /// The share, in `[0, 1)`, of each block's entries that are set to 0, the smallest first and of
  /// equals the first; the entry of the first token for itself always stays. 0: none.
  double discard = 0;
};

/// Attention rollout `[T, T]`: how much each token of the last block is made of each patch of the
/// image, with the residual connection counted as attention to oneself:
///
///     A_k = heads of block k, fused, the smallest entries discarded
///     M_k = rows of (A_k + I) / 2, scaled to sum to 1
///     rollout = M_L ... M_2 M_1
///
/// over the blocks that were tapped, in the order of the request; ask for all from 0 to `L - 1`.
/// Throws `ShapeError` where no block was tapped or there is no such image, `ConfigError` where the
/// share is out of range. In double precision; cost `2 L T^3` flops.
///
/// Source: Abnar and Zuidema, "Quantifying Attention Flow in Transformers" (2020), with a mean over
/// heads and nothing discarded; the other choices as J. Gildenblat's vit-explain makes them, which
/// scales columns where this scales rows.
Matrix<float> attention_rollout(const VitOutput<float>& output, Index image,
                                const RolloutOptions& options = {});

/// The rollout of one query over the patches, `[h, w]`. Throws as `attention_rollout`. Cost
/// `L H T^2` flops: the matrices are not multiplied with each other.
Matrix<float> attention_rollout_map(const VitOutput<float>& output, Index image,
                                    AttentionQuery query, const RolloutOptions& options = {});

}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#if EIGENVIT_HEADER_ONLY
#include <eigenvit/features/attention_rollout.inl>
#endif

#endif
