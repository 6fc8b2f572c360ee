/// What the image towers of transformers beside a text model (CLIP, SigLIP) share.
#ifndef EIGENVIT_IO_CHECKPOINT_FAMILIES_TRANSFORMERS_TOWER_INL
#define EIGENVIT_IO_CHECKPOINT_FAMILIES_TRANSFORMERS_TOWER_INL

#include <eigenvit/io/checkpoint_families/contrastive.inl>
#include <eigenvit/io/checkpoint_families/transformers_vit_like.inl>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// The image model's part of the configuration of a pair, or the configuration itself. Where old
/// files state it twice, the complete one counts.
inline JsonObject transformers_vision_config(const JsonObject& json) {
  if (const auto complete = json.find_object("vision_config_dict")) return *complete;
  if (const auto vision = json.find_object("vision_config")) return *vision;
  return json;
}

/// Tensor names of an image tower, which begin with `vision_model.`; files of transformers 5 that
/// were not written in the original form leave that out for the tower alone.
inline CheckpointNames transformers_tower_names(const TensorStore& tensors) {
  CheckpointNames names;
  names.prefix = transformers_prefix(tensors, "vision_model.", "embeddings.patch_embedding.weight");
  names.cls_token = "embeddings.class_embedding";
  names.pos_embed = "embeddings.position_embedding.weight";
  names.patch_embed = "embeddings.patch_embedding";
  names.norm = "post_layernorm";
  names.block = "encoder.layers.{}.";
  names.norm1 = "layer_norm1";
  names.norm2 = "layer_norm2";
  names.qkv = {"self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj"};
  names.proj = "self_attn.out_proj";
  names.fc1 = "mlp.fc1";
  names.fc2 = "mlp.fc2";
  names.head = "classifier";
  return names;
}

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
