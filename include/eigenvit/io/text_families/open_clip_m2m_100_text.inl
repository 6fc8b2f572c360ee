/// OpenCLIP's networks of texts that are the encoder of transformers' M2M100: NLLB-CLIP.
#ifndef EIGENVIT_IO_TEXT_FAMILIES_OPEN_CLIP_M2M_100_TEXT_INL
#define EIGENVIT_IO_TEXT_FAMILIES_OPEN_CLIP_M2M_100_TEXT_INL

#include <algorithm>
#include <cmath>
#include <vector>

#include <eigenvit/io/checkpoint_families/state_dict.inl>
#include <eigenvit/io/text_checkpoint.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// The encoder: plain blocks with ReLU over tokens that are scaled by the root of the width, and
/// positions that are computed. Sizes are those of the tensors, the rest is as in the published
/// configurations of NLLB-200. Files of older releases have the table of positions too, which is
/// left alone.
/// Source: transformers, models/m2m_100; NLLB Team, arXiv:2207.04672; Visheratin, arXiv:2309.01859.
inline void read_open_clip_m2m_100(const TensorStore& tensors, TextCheckpoint& checkpoint) {
  TextNames& names = checkpoint.names;
  names.token_embed = "embed_tokens.weight";
  names.norm = "layer_norm";
  names.block = "layers.{}.";
  names.norm1 = "self_attn_layer_norm";
  names.norm2 = "final_layer_norm";
  names.qkv = {"self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj"};
  names.proj = "self_attn.out_proj";
  names.fc1 = "fc1";
  names.fc2 = "fc2";

  TextConfig& config = checkpoint.config;
  const std::vector<Index> table =
      state_dict_shape(tensors, "text.transformer.embed_tokens.weight", 2);
  config.vocabulary = table[0];
  config.embed_dim = table[1];
  config.context_length = 1024;
  config.depth = state_dict_depth(tensors, "text.transformer.layers.{}.final_layer_norm.weight");
  config.num_heads = std::max<Index>(1, config.embed_dim / 64);
  config.mlp_hidden = state_dict_shape(tensors, "text.transformer.layers.0.fc1.weight", 2)[0];
  config.act = Activation::relu;
  config.norm_eps = 1e-5;
  config.pad_id = 1;
  config.pad_position = true;
  config.causal = false;
  config.masks_padding = true;
  config.sine_positions = true;
  config.token_scale = std::sqrt(static_cast<double>(config.embed_dim));
}

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
