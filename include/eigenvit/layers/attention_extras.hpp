/// What some models add to multi-head self-attention.
#ifndef EIGENVIT_LAYERS_ATTENTION_EXTRAS_HPP
#define EIGENVIT_LAYERS_ATTENTION_EXTRAS_HPP

#include <optional>

#include <eigenvit/layers/distance_bias.hpp>
#include <eigenvit/layers/layer_norm.hpp>
#include <eigenvit/layers/relative_position_bias.hpp>
#include <eigenvit/layers/rotary_embedding.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {

/// Differential attention: heads come in pairs, the second's probabilities are subtracted times
/// `lambda` from the first's, and both have the values of the two together:
/// `o = norm((A_0 - λ A_1) [v_0, v_1])`.
/// Source: Ye et al., arXiv:2410.05258; timm's `DiffAttention`.
template <class Scalar>
struct DifferentialAttention {
  Scalar lambda = 0;
  LayerNorm<Scalar>
      norm;  ///< over the `2d` values of a pair, the factor `1 - λ_init` in its weight
};

/// Parts of attention that only some models have.
template <class Scalar>
struct AttentionExtras {
  std::optional<LayerNorm<Scalar>> q_norm;  ///< over the `d` values of each query
  std::optional<LayerNorm<Scalar>> k_norm;  ///< over those of each key
  std::optional<LayerNorm<Scalar>> norm;    ///< over the heads together, before proj
  std::optional<DifferentialAttention<Scalar>> differential;
  std::optional<RelativePositionBias<Scalar>> rel_pos_bias;
};

/// Positions of the tokens of a pass: tables of its grid, for attention that uses them.
template <class Scalar>
struct AttentionPositions {
  RotaryTable<Scalar> rope;
  Index prefix = 0;                      ///< tokens before the patches, which are not rotated
  const Scalar* rel_pos_bias = nullptr;  ///< `[H, n]`, or null
  Index grid_height = 0;
  Index grid_width = 0;
  Index suffix = 0;  ///< tokens after the patches, which have no place in the image
  /// Added to the scores of each key where there is no bias by relative positions, or null:
  /// `[T, block_queries]`, the same value in all columns of a row.
  const Scalar* key_bias = nullptr;
  /// How many tokens, the first ones, are keys, or null: all. Where heads are packed all are, so
  /// the others must be masked as well. Not with a bias by relative positions, and not where
  /// probabilities are asked for.
  const Index* keys = nullptr;
  /// Whether a token attends to itself and to those before it only, as in encoders of texts.
  bool causal = false;
  /// A bias by distances of tokens, to which that of keys is added, or null; not with a causal
  /// mask.
  const DistanceBias<Scalar>* distance_bias = nullptr;
  bool scales_scores = true;  ///< by `1 / sqrt(d)`; T5 does not
  /// Tokens of the longest sequence, where the bits of a shorter one must not depend on the tokens
  /// that fill it up; 0 where all are computed.
  Index longest = 0;

  /// Whether attention makes a bias of scores for each block of queries.
  bool makes_bias() const noexcept {
    return rel_pos_bias != nullptr || distance_bias != nullptr || causal;
  }
};

}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
