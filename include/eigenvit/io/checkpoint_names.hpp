/// What a family of checkpoints calls each weight.
#ifndef EIGENVIT_IO_CHECKPOINT_NAMES_HPP
#define EIGENVIT_IO_CHECKPOINT_NAMES_HPP

#include <string_view>

#include <eigenvit/io/encoder_names.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// The shape of the weights of the patches.
enum class PatchLayout {
  convolution,  ///< `[D, channels, height, width]`
  rows,         ///< `[D, channels * pixels]`
  pixel_major,  ///< `[D, pixels * channels]`, a pixel's channels together
};

/// The shape of the position table.
enum class PositionLayout {
  rows,     ///< `[rows, D]`, those of prefix tokens first
  grid,     ///< `[height, width, D]`
  shared,   ///< `[1 + rows, D]`: the first is added to each of the others
  factors,  ///< the sum of two tensors, `[height, D]` and `[width, D]`, whose names end in `_y`,
            ///< `_x`
};

/// Names of the tensors before and after an encoder of images, and of the heads. As in
/// `EncoderNames`; members that end in `_token`, `pos_embed` and those that say so name a tensor.
struct ImageNames {
  std::string_view cls_token = "cls_token";
  std::string_view dist_token = "dist_token";
  std::string_view reg_token = "reg_token";  ///< as `cls_token`: one tensor of all prefix tokens
  std::string_view pos_embed = "pos_embed";
  std::string_view det_token = "det_token";
  std::string_view query_token = "q.weight";  ///< beside the backbone, as heads are
  /// Of queries: a tensor of shares of masked attention, one for each block that has queries, which
  /// must all be 0.
  std::string_view mask_share = "attn_mask_probs";
  std::string_view mid_pos_embed = "mid_pos_embed";  ///< a tensor with a table for each block
  std::string_view patch_embed = "patch_embed.proj";
  PatchLayout patch_layout = PatchLayout::convolution;
  std::string_view patch_norm = "patch_embed.norm";
  std::string_view rope_freqs = "rope.freqs";  ///< a tensor; or one of the angles of CLS
  std::string_view norm_pre = "norm_pre";
  std::string_view fc_norm = "fc_norm";

  /// Attention pooling belongs to the backbone. Where queries have the name of keys and values, one
  /// tensor holds all three, in this order. Without queries the latent is the query, and there is
  /// no MLP.
  std::string_view pool_latent = "attn_pool.latent";  ///< a tensor
  int pool_latents = 1;  ///< rows of that, of which the first alone is used
  /// A norm of the latent, where there is no MLP; empty where there is none.
  std::string_view pool_latent_norm;
  std::string_view pool_q = "attn_pool.q";
  std::string_view pool_kv = "attn_pool.kv";
  std::string_view pool_v;  ///< values, where `pool_kv` holds keys alone
  /// Beside a norm of the latent: a tensor of the biases of queries, keys and values, where these
  /// are in tensors of their own.
  std::string_view pool_bias;
  std::string_view pool_proj = "attn_pool.proj";
  std::string_view pool_norm = "attn_pool.norm";
  std::string_view pool_fc1 = "attn_pool.mlp.fc1";
  std::string_view pool_fc2 = "attn_pool.mlp.fc2";

  /// Heads are beside the backbone: `prefix` does not apply to them.
  std::string_view head = "head";
  std::string_view head_dist = "head_dist";
  /// Heads of detection tokens; `0`, `1` and `2` are appended for their linear layers.
  std::string_view class_head = "class_embed.layers.";
  std::string_view box_head = "bbox_embed.layers.";
  /// The pooler belongs to the backbone.
  std::string_view pooler = "pooler.dense";
  /// The projection to `image_embeds`, beside the backbone as heads are.
  std::string_view projection = "visual_projection";
  /// Whether it is a tensor `[inputs, outputs]` of that name itself.
  bool projection_is_transposed = false;

  /// Rows that the position table has for prefix tokens.
  int pos_embed_prefix_rows = 1;
  PositionLayout pos_embed_layout = PositionLayout::rows;
};

/// Names of all tensors of a checkpoint of images.
struct CheckpointNames : EncoderNames, ImageNames {};

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
