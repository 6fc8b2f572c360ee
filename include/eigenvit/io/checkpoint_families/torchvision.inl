/// torchvision's `vit_b_16`, `vit_b_32`, `vit_l_16`, `vit_l_32` and `vit_h_14`, from their tensors.
#ifndef EIGENVIT_IO_CHECKPOINT_FAMILIES_TORCHVISION_INL
#define EIGENVIT_IO_CHECKPOINT_FAMILIES_TORCHVISION_INL

#include <eigenvit/io/checkpoint_families/state_dict.inl>
#include <eigenvit/io/preprocessor_config.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// The plain ViT, with an epsilon of 1e-6. At another size positions are resampled as torchvision's
/// `interpolate_embeddings` does it. Preprocessing is that of the weights of this size: a bilinear
/// resize to 256 (`vit_l_16`: 242) at 224 pixels, a bicubic one without margin at the sizes of the
/// weights from SWAG.
/// Source: torchvision, models/vision_transformer.py.
inline Checkpoint read_torchvision(const CheckpointFiles& files) {
  const TensorStore& tensors = files.tensors;
  Checkpoint checkpoint;
  checkpoint.family = "torchvision";
  CheckpointNames& names = checkpoint.names;
  names.cls_token = "class_token";
  names.pos_embed = "encoder.pos_embedding";
  names.patch_embed = "conv_proj";
  names.norm = "encoder.ln";
  names.block = "encoder.layers.encoder_layer_{}.";
  names.norm1 = "ln_1";
  names.norm2 = "ln_2";
  names.qkv = {"self_attention.in_proj_"};
  names.proj = "self_attention.out_proj";
  const bool old = tensors.find("encoder.layers.encoder_layer_0.mlp.linear_1.weight") != nullptr;
  names.fc1 = old ? "mlp.linear_1" : "mlp.0";
  names.fc2 = old ? "mlp.linear_2" : "mlp.3";
  names.head = "heads.head";
  names.strict = true;

  VitConfig& config = checkpoint.config;
  state_dict_sizes(tensors, "conv_proj.weight", names.pos_embed, 1, config);
  config.depth = state_dict_depth(tensors, "encoder.layers.encoder_layer_{}.ln_1.weight");
  config.num_heads = state_dict_heads(config.embed_dim);
  config.mlp_hidden = state_dict_shape(tensors,
                                       old ? "encoder.layers.encoder_layer_0.mlp.linear_1.weight"
                                           : "encoder.layers.encoder_layer_0.mlp.0.weight",
                                       2)[0];
  const bool head = tensors.find("heads.head.weight") != nullptr;
  config.num_classes = head ? state_dict_shape(tensors, "heads.head.weight", 2)[0] : 0;
  config.pos_interpolation = {};
  config.pos_interpolation.align_corners = true;

  const char* const size = config.embed_dim == 768    ? "b"
                           : config.embed_dim == 1024 ? "l"
                           : config.embed_dim == 1280 ? "h"
                                                      : "?";
  checkpoint.architecture = message({"vit_", size, "_", config.patch_height});
  const bool plain = config.image_height == 224;
  const bool large = config.embed_dim == 1024 && config.patch_height == 16;
  checkpoint.preprocessing = evaluation_preprocess_config(
      !plain  ? config.image_height
      : large ? 242
              : 256,
      config.image_height, plain ? Filter::bilinear : Filter::bicubic, PixelStatistics::imagenet,
      files.config_source, files.image_size);
  return checkpoint;
}

inline CheckpointFamily torchvision_family() {
  return {"torchvision", "tensors of torchvision's vit_*",
          [](const nlohmann::json&) { return false; }, read_torchvision,
          [](const TensorStore& tensors) {
            return tensors.find("conv_proj.weight") != nullptr &&
                   tensors.find("encoder.pos_embedding") != nullptr;
          }};
}

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
