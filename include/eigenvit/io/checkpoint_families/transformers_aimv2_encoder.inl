/// What the image and the text model of transformers' AIMv2 share.
#ifndef EIGENVIT_IO_CHECKPOINT_FAMILIES_TRANSFORMERS_AIMV2_ENCODER_INL
#define EIGENVIT_IO_CHECKPOINT_FAMILIES_TRANSFORMERS_AIMV2_ENCODER_INL

#include <algorithm>
#include <cmath>

#include <eigenvit/io/checkpoint_families/contrastive.inl>
#include <eigenvit/io/checkpoint_families/transformers_keys.inl>
#include <eigenvit/io/encoder_names.hpp>
#include <eigenvit/model/encoder_config.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// Names and form of the blocks: RMSNorm and gated MLPs.
inline void read_aimv2_encoder(const JsonObject& json, EncoderNames& names, EncoderConfig& config) {
  names.norm = "rms_norm";
  names.norm1 = "rms_norm1";
  names.norm2 = "rms_norm2";
  names.qkv = {"attention.q_proj", "attention.k_proj", "attention.v_proj"};
  names.proj = "attention.out_proj";
  names.fc1 = "ffn.gate_proj";
  names.fc1_ungated = "ffn.up_proj";
  names.fc2 = "ffn.down_proj";
  config.norm = NormKind::rms_norm;
  config.norm_eps = json.number_or("rms_norm_eps", 1e-5, 1e-30, 1);
  config.qkv_bias = config.proj_bias = json.boolean_or("qkv_bias", false);
  if (json.boolean_or("mlp_bias", false) != config.proj_bias) {
    raise<UnsupportedError>({json.place("mlp_bias"), ": expected the same as qkv_bias, ",
                             config.proj_bias ? "true" : "false", ", found ",
                             config.proj_bias ? "false" : "true"});
  }
  config.mlp_gate = true;
}

/// Python limits the scale where it uses it.
inline ContrastiveLogits aimv2_logits(const JsonObject& json, const TensorStore& tensors) {
  ContrastiveLogits logits = contrastive_logits(tensors, TextScore::softmax);
  if (logits.log_scale) {
    const double most = std::log(json.number_or("max_logit_scale", 100, 1, 1e6));
    logits.log_scale = std::min(std::max(*logits.log_scale, 0.0), most);
  }
  return logits;
}

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
