/// OpenCLIP's networks of texts that are the encoder of transformers' mT5.
#ifndef EIGENVIT_IO_TEXT_FAMILIES_OPEN_CLIP_MT5_TEXT_INL
#define EIGENVIT_IO_TEXT_FAMILIES_OPEN_CLIP_MT5_TEXT_INL

#include <vector>

#include <eigenvit/io/checkpoint_families/state_dict.inl>
#include <eigenvit/io/text_checkpoint.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// The encoder: no positions, but a bias of the scores by distances, which are not scaled; RMSNorm,
/// a gated MLP and no biases. Sizes are those of the tensors, the rest is as in the published
/// configurations. Texts may have any length in Python; here they have those of its training.
/// Source: transformers, models/mt5; Xue et al., arXiv:2010.11934.
inline void read_open_clip_mt5(const TensorStore& tensors, TextCheckpoint& checkpoint) {
  TextNames& names = checkpoint.names;
  names.token_embed = "embed_tokens.weight";
  names.distance_bias = "block.0.layer.0.SelfAttention.relative_attention_bias.weight";
  names.norm = "final_layer_norm";
  names.block = "block.{}.";
  names.norm1 = "layer.0.layer_norm";
  names.qkv = {"layer.0.SelfAttention.q", "layer.0.SelfAttention.k", "layer.0.SelfAttention.v"};
  names.proj = "layer.0.SelfAttention.o";
  names.norm2 = "layer.1.layer_norm";
  names.fc1 = "layer.1.DenseReluDense.wi_0";
  names.fc1_ungated = "layer.1.DenseReluDense.wi_1";
  names.fc2 = "layer.1.DenseReluDense.wo";

  TextConfig& config = checkpoint.config;
  const std::vector<Index> table =
      state_dict_shape(tensors, "text.transformer.embed_tokens.weight", 2);
  config.vocabulary = table[0];
  config.embed_dim = table[1];
  config.context_length = 512;
  config.depth = state_dict_depth(tensors, "text.transformer.block.{}.layer.1.layer_norm.weight");
  config.num_heads = state_dict_shape(
      tensors, "text.transformer.block.0.layer.0.SelfAttention.relative_attention_bias.weight",
      2)[1];
  config.mlp_hidden = state_dict_shape(
      tensors, "text.transformer.block.0.layer.1.DenseReluDense.wi_0.weight", 2)[0];
  config.qkv_bias = false;
  config.proj_bias = false;
  config.mlp_gate = true;
  config.act = Activation::gelu_tanh;
  config.norm = NormKind::rms_norm;
  config.norm_eps = 1e-6;
  config.pos_embed = false;
  config.distance_bias = true;
  config.scales_scores = false;
  config.causal = false;
  config.masks_padding = true;
}

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
