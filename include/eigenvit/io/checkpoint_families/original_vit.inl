/// The releases of DINO, DINOv2 and MAE, from their tensors, which have timm's names.
#ifndef EIGENVIT_IO_CHECKPOINT_FAMILIES_ORIGINAL_VIT_INL
#define EIGENVIT_IO_CHECKPOINT_FAMILIES_ORIGINAL_VIT_INL

#include <eigenvit/io/checkpoint_families/state_dict.inl>
#include <eigenvit/io/preprocessor_config.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// The plain ViT. What the shapes do not tell:
///
/// - DINOv2 (LayerScale) and DINO resample positions by a scale factor with 0.1 added, DINOv2 with
///   registers by size with antialiasing. Encoders of MAE cannot be told from DINO; their own code
///   takes one size only.
/// - With a head the network is taken for one that was fine-tuned in timm or by MAE's code, which
///   pools the mean and norms it afterwards where there is `fc_norm`; positions are resampled as in
///   timm.
///
/// Source: facebookresearch/dino, vision_transformer.py; facebookresearch/dinov2,
/// models/vision_transformer.py; facebookresearch/mae, models_vit.py.
inline Checkpoint read_original_vit(const CheckpointFiles& files) {
  const TensorStore& tensors = files.tensors;
  const auto has = [&](std::string_view name) { return tensors.find(name) != nullptr; };
  if (has("storage_tokens")) {
    raise<UnsupportedError>(
        {tensors.source(),
         ": expected DINOv3 as transformers or timm have it, with their config.json, found "
         "'storage_tokens', a name of its own release"});
  }
  const bool layer_scale = has("blocks.0.ls1.gamma");
  const bool registers = has("register_tokens");
  const bool head = has("head.weight");

  Checkpoint checkpoint;
  checkpoint.family = "state dict";
  checkpoint.architecture = registers     ? "DINOv2 with registers"
                            : layer_scale ? "DINOv2"
                            : head        ? "ViT"
                                          : "DINO or MAE";
  CheckpointNames& names = checkpoint.names;
  names.reg_token = "register_tokens";
  names.ignored = {"mask_token", "decoder", "head"};
  names.strict = true;

  VitConfig& config = checkpoint.config;
  state_dict_sizes(tensors, "patch_embed.proj.weight", "pos_embed", 1, config);
  config.depth = state_dict_depth(tensors, "blocks.{}.norm1.weight");
  config.num_heads = state_dict_heads(config.embed_dim);
  config.qkv_bias = has("blocks.0.attn.qkv.bias");
  config.layer_scale = layer_scale;
  if (registers) {
    const std::vector<Index> shape = state_dict_shape(tensors, "register_tokens", 3);
    config.reg_tokens = shape[1];
  }
  config.mlp_gate = has("blocks.0.mlp.w12.weight");
  if (config.mlp_gate) {
    names.fc1 = "mlp.w12";
    names.fc2 = "mlp.w3";
    config.act = Activation::silu;
  }
  config.mlp_hidden = state_dict_shape(tensors, message({"blocks.0.", names.fc2, ".weight"}), 2)[1];
  config.num_classes = head ? state_dict_shape(tensors, "head.weight", 2)[0] : 0;
  config.fc_norm = has("fc_norm.weight");
  config.final_norm = !config.fc_norm;
  config.global_pool = config.fc_norm ? Pool::avg : Pool::token;
  config.pos_interpolation.antialias = registers || head;
  config.pos_interpolation.scale_offset = registers || head ? 0.0f : 0.1f;
  // DINOv2 is released with the positions of 518 pixels and meant to be used at 224.
  const Index crop = layer_scale ? std::min<Index>(224, config.image_height) : config.image_height;
  checkpoint.preprocessing = evaluation_preprocess_config(crop * 256 / 224, crop, Filter::bicubic,
                                                          PixelStatistics::imagenet,
                                                          files.config_source, files.image_size);
  return checkpoint;
}

inline CheckpointFamily original_vit_family() {
  return {
      "state dict", "tensors of the releases of DINO, DINOv2 and MAE",
      [](const nlohmann::json&) { return false; }, read_original_vit,
      [](const TensorStore& tensors) {
        return tensors.find("blocks.0.attn.qkv.weight") != nullptr &&
               tensors.find("cls_token") != nullptr &&
               (tensors.find("pos_embed") != nullptr || tensors.find("storage_tokens") != nullptr);
      }};
}

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
