/// The releases of DINO, DINOv2, MAE and DeiT, from their tensors, which have timm's names.
#ifndef EIGENVIT_IO_CHECKPOINT_FAMILIES_ORIGINAL_VIT_INL
#define EIGENVIT_IO_CHECKPOINT_FAMILIES_ORIGINAL_VIT_INL

#include <string_view>

#include <eigenvit/io/checkpoint_families/state_dict.inl>
#include <eigenvit/io/checkpoint_family.hpp>
#include <eigenvit/io/preprocessor_config.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// Which release the tensors are of. All have timm's names, and so has any model that timm saved
/// without its config.json, but for DINOv2's `mask_token`.
inline std::string_view original_vit_release(const CheckpointFiles& files, Checkpoint& checkpoint) {
  const TensorStore& tensors = files.tensors;
  const VitConfig& config = checkpoint.config;
  const bool head = config.num_classes > 0;
  const auto is = [&](Index width, Index depth, Index patch, Index side) {
    return config.embed_dim == width && config.depth == depth && config.patch_height == patch &&
           config.patch_width == patch && config.image_height == side && config.in_chans == 3;
  };
  const bool dinov2 = config.layer_scale && !head && tensors.find("mask_token") != nullptr &&
                      (config.reg_tokens == 0 || config.reg_tokens == 4) &&
                      (is(384, 12, 14, 518) || is(768, 12, 14, 518) || is(1024, 24, 14, 518) ||
                       is(1536, 40, 14, 518));
  const bool plain = !config.layer_scale && config.reg_tokens == 0;
  const bool dino =
      plain && !head && !config.fc_norm &&
      (is(384, 12, 16, 224) || is(384, 12, 8, 224) || is(768, 12, 16, 224) || is(768, 12, 8, 224));
  const bool mae =
      plain && (is(768, 12, 16, 224) || is(1024, 24, 16, 224) || is(1280, 32, 14, 224));
  const bool deit = plain && head && !config.fc_norm && config.num_classes == 1000 &&
                    (is(192, 12, 16, 224) || is(384, 12, 16, 224) || is(768, 12, 16, 224) ||
                     is(768, 12, 16, 384));
  return state_dict_release({files.tensors, files.release, checkpoint.notes},
                            {{"dino", dino},
                             {"dinov2", dinov2},
                             {"mae", mae && !head && !config.fc_norm},
                             {"mae_finetuned", mae && head && config.fc_norm},
                             {"deit", deit}},
                            dinov2 ? "" : "timm, which needs the model's config.json");
}

/// The plain ViT. What the shapes do not tell:
///
/// - DINO and DINOv2 resample positions by a scale factor with 0.1 added, DINOv2 with registers by
///   size with antialiasing. MAE's own code takes one size only; its encoders are resampled as
///   DINO, networks with a head as in timm.
/// - Fine-tuned by MAE's code the mean is pooled and normed afterwards.
///
/// Source: facebookresearch/dino, vision_transformer.py; facebookresearch/dinov2,
/// models/vision_transformer.py; facebookresearch/mae, models_vit.py; facebookresearch/deit,
/// datasets.py.
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
  const std::string_view release = original_vit_release(files, checkpoint);
  checkpoint.architecture = release == "dino"     ? "DINO"
                            : release == "dinov2" ? registers ? "DINOv2 with registers" : "DINOv2"
                            : release == "mae"    ? "MAE"
                            : release == "mae_finetuned" ? "MAE, fine-tuned"
                                                         : "DeiT";
  // DINOv2 is released with the positions of 518 pixels and meant to be used at 224.
  const Index crop =
      release == "dinov2" ? std::min<Index>(224, config.image_height) : config.image_height;
  checkpoint.preprocessing = evaluation_preprocess_config(crop * 256 / 224, crop, Filter::bicubic,
                                                          PixelStatistics::imagenet,
                                                          files.config_source, files.image_size);
  return checkpoint;
}

inline CheckpointFamily original_vit_family() {
  return {
      "state dict", "tensors of the releases of DINO, DINOv2, MAE and DeiT",
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
