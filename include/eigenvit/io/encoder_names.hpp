/// What a family of checkpoints calls the weights of an encoder.
#ifndef EIGENVIT_IO_ENCODER_NAMES_HPP
#define EIGENVIT_IO_ENCODER_NAMES_HPP

#include <string_view>
#include <vector>

#include <eigenvit/core/compiler.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// Names of the tensors of an encoder of images or texts, by their role, which has timm's name.
/// Members `ls1`, `ls2` and those that say so name a tensor; the others name what `.weight` and
/// `.bias` are appended to, or `weight` and `bias` where the name ends in `_`. The defaults are
/// timm's own names. Every name is a literal, or else outlives this.
struct EncoderNames {
  /// Stands before every name, for example "vit." in the task models of transformers.
  std::string_view prefix;

  std::string_view norm = "norm";  ///< after the last block

  /// What the names of a block begin with; `{}` is its index. In those of its parts `{}` is the
  /// branch, where halves of blocks are parallel.
  std::string_view block = "blocks.{}.";
  /// Whether the blocks have `prefix` too: in some files of task models it does not.
  bool block_is_prefixed = true;
  std::string_view norm1 = "norm1";
  /// One name for queries, keys and values in one tensor, or the three names in this order.
  std::vector<std::string_view> qkv = {"attn.qkv"};
  /// Tensors of the biases of queries, keys and values, an empty name for none; empty where they
  /// are called as their weights are.
  std::vector<std::string_view> qkv_bias;
  std::string_view q_norm = "attn.q_norm";
  std::string_view k_norm = "attn.k_norm";
  std::string_view rel_pos_bias = "attn.relative_position_bias_table";  ///< a tensor
  /// A table that is added to that of every block, or is all of them; empty where there is none.
  std::string_view shared_rel_pos_bias;
  bool block_rel_pos_bias = true;  ///< whether blocks have tables of their own
  std::string_view sub_norm = "attn.sub_norm";
  /// Differential attention: `q1`, `k1`, `q2`, `k2` are appended.
  std::string_view lambda = "attn.lambda_";
  std::string_view attn_norm = "attn.norm";
  std::string_view proj = "attn.proj";
  std::string_view ls1 = "ls1.gamma";
  std::string_view norm2 = "norm2";
  std::string_view fc1 = "mlp.fc1";
  /// The half of a gated MLP that is not activated; empty where fc1 holds both, the gate first.
  std::string_view fc1_ungated;
  std::string_view mlp_norm = "mlp.norm";
  std::string_view fc2 = "mlp.fc2";
  /// The last outputs of `fc2`, where experts have them; the number of the expert is appended.
  std::string_view fc2_experts = "mlp.experts.";
  std::string_view ls2 = "ls2.gamma";
  /// Parallel blocks have fc1 and qkv in one linear layer, in this order, and proj and fc2 in two
  /// or in one.
  std::string_view in_proj = "in_proj";
  std::string_view mlp_bias = "mlp_bias";  ///< a tensor, where in_proj has no bias
  std::string_view out_proj = "out_proj";

  /// Whether a tensor that the model does not use contradicts the configuration. Blocks beyond the
  /// depth always do.
  bool strict = false;
  /// Tensors that begin with one of these are left alone in any case.
  std::vector<std::string_view> ignored;
  /// As are those that hold one of these in their names.
  std::vector<std::string_view> ignored_parts;
};

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
