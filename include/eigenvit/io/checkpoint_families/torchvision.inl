/// torchvision's `vit_b_16`, `vit_b_32`, `vit_l_16`, `vit_l_32` and `vit_h_14`, from their tensors.
#ifndef EIGENVIT_IO_CHECKPOINT_FAMILIES_TORCHVISION_INL
#define EIGENVIT_IO_CHECKPOINT_FAMILIES_TORCHVISION_INL

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <string_view>

#include <eigenvit/io/checkpoint_families/state_dict.inl>
#include <eigenvit/io/checkpoint_family.hpp>
#include <eigenvit/io/preprocessor_config.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// The sizes that tell torchvision's weights apart; all classify into ImageNet's 1000 classes.
struct TorchvisionSizes {
  Index width;
  Index patch;
  Index side;
};

/// Whether the network is of one of these sizes, with the head of the published weights.
template <std::size_t count>
bool torchvision_fits(const VitConfig& config, const TorchvisionSizes (&sizes)[count]) {
  return std::any_of(std::begin(sizes), std::end(sizes), [&](const TorchvisionSizes& s) {
    return config.num_classes == 1000 && config.in_chans == 3 && config.embed_dim == s.width &&
           config.patch_height == s.patch && config.patch_width == s.patch &&
           config.image_height == s.side;
  });
}

/// Which of torchvision's weights these are. Those named IMAGENET1K_V1 and
/// IMAGENET1K_SWAG_LINEAR_V1 of `vit_b_16` and `vit_l_16` differ in their values alone: the former,
/// torchvision's default, are assumed, and a note says so.
inline std::string_view torchvision_release(const CheckpointFiles& files, Checkpoint& checkpoint) {
  static constexpr TorchvisionSizes v1[] = {
      {768, 16, 224}, {768, 32, 224}, {1024, 16, 224}, {1024, 32, 224}};
  static constexpr TorchvisionSizes swag_e2e[] = {{768, 16, 384}, {1024, 16, 512}, {1280, 14, 518}};
  static constexpr TorchvisionSizes swag_linear[] = {
      {768, 16, 224}, {1024, 16, 224}, {1280, 14, 224}};
  const VitConfig& config = checkpoint.config;
  const bool is_v1 = torchvision_fits(config, v1);
  const bool may_be_linear = torchvision_fits(config, swag_linear);
  const std::string_view release =
      state_dict_release({files.tensors, files.release, checkpoint.notes},
                         {{"torchvision", is_v1},
                          {"torchvision_swag_e2e", torchvision_fits(config, swag_e2e)},
                          {"torchvision_swag_linear", may_be_linear && !is_v1}},
                         "");
  if (files.release.empty() && is_v1 && may_be_linear) {
    checkpoint.notes.push_back(
        message({files.tensors.source(),
                 ": torchvision_swag_linear has these shapes too and another preprocessing"}));
  }
  return release;
}

/// The plain ViT, with an epsilon of 1e-6. At another size positions are resampled as torchvision's
/// `interpolate_embeddings` does it. Preprocessing is that of the weights: a bilinear resize to
/// 256/224 of the network's size (`vit_l_16`: 242/224), for those from SWAG a bicubic one without
/// margin.
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
  const bool swag = torchvision_release(files, checkpoint) != "torchvision";
  const bool large = config.embed_dim == 1024 && config.patch_height == 16;
  checkpoint.preprocessing = evaluation_preprocess_config(
      swag ? config.image_height : config.image_height * (large ? 242 : 256) / 224,
      config.image_height, swag ? Filter::bicubic : Filter::bilinear, PixelStatistics::imagenet,
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
