/// The option of a forward pass to merge tokens that are alike.
#ifndef EIGENVIT_MODEL_TOKEN_MERGING_HPP
#define EIGENVIT_MODEL_TOKEN_MERGING_HPP

#include <string>

#include <eigenvit/core/error.hpp>
#include <eigenvit/core/message.hpp>
#include <eigenvit/core/types.hpp>
#include <eigenvit/layers/token_matching.hpp>
#include <eigenvit/model/vit_config.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {

/// Token merging (ToMe): each block merges `r` pairs of patch tokens between its attention and its
/// MLP, those that `TokenMatching` finds by their keys, so that later layers have fewer to work
/// on. A merged token is the mean of its tokens, each counted as often as it has patches.
/// Prefix tokens are never merged. What a pass gives has all tokens again: each gets the vector of
/// the one that it was merged into.
///
/// The model need not be trained for it; the more is merged, the more its answers differ.
/// Source: Bolya et al., "Token Merging: Your ViT But Faster", arXiv:2210.09461.
///
///     eigenvit::Taps taps;
///     taps.logits = true;
///     taps.token_merging.per_block = 8;  // of ViT-B/16's 197 tokens, 101 leave the last block
struct TokenMerging {
  /// r: at most half of the patch tokens that are left are merged in a block. 0: an ordinary pass.
  Index per_block = 0;
  /// Whether attention counts a merged token as often as it has patches: the logarithm of
  /// that number is added to its scores.
  bool proportional_attention = true;
};

namespace detail {

/// Tokens that leave the first `blocks` blocks, of an image that enters them with `tokens`.
inline Index tokens_after(const TokenMerging& merging, Index blocks, Index tokens, Index prefix) {
  for (Index block = 0; block < blocks; ++block) {
    tokens -= TokenMatching<float>::merged(tokens, prefix, merging.per_block);
  }
  return tokens;
}

/// Throws `ConfigError` when `per_block` is negative, and `UnsupportedError` when it is not 0 and
/// the model has a part that merged tokens do not suit: a place in the grid that attention or the
/// blocks ask for, or blocks without a point between attention and MLP.
inline void check_token_merging(const TokenMerging& merging, const VitConfig& config) {
  if (merging.per_block < 0) {
    detail::raise<ConfigError>(
        {"token merging: expected 0 or more tokens in each block, found ", merging.per_block});
  }
  if (merging.per_block == 0) return;
  const auto refuse = [](bool found, const char* part) {
    if (found) {
      detail::raise<UnsupportedError>(
          {"token merging: expected a model without ", part, ", found one with"});
    }
  };
  refuse(config.rope.kind != RopeKind::none, "rotary embedding");
  refuse(config.rel_pos_bias, "relative position bias");
  refuse(config.mid_pos_embed, "positions between the blocks");
  refuse(config.det_tokens > 0, "detection tokens");
  refuse(config.query_tokens > 0, "queries");
  refuse(config.block == BlockForm::post_norm || config.block == BlockForm::sum_norm,
         "post-norm blocks");
  refuse(config.block == BlockForm::parallel, "parallel blocks");
  refuse(config.num_parallel > 1, "attentions side by side");
}

}  // namespace detail

}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
