/// Image towers of OpenAI's CLIP, from their tensors, and of OpenCLIP, which brings
/// `open_clip_config.json`.
#ifndef EIGENVIT_IO_CHECKPOINT_FAMILIES_OPEN_CLIP_INL
#define EIGENVIT_IO_CHECKPOINT_FAMILIES_OPEN_CLIP_INL

#include <eigenvit/io/checkpoint_families/open_clip_attention_pool.inl>
#include <eigenvit/io/checkpoint_families/open_clip_release.inl>
#include <eigenvit/io/checkpoint_families/open_clip_timm.inl>
#include <eigenvit/io/checkpoint_families/open_clip_towers.inl>
#include <eigenvit/io/checkpoint_families/transformers_vit_like.inl>
#include <eigenvit/io/json_reader.hpp>
#include <eigenvit/io/preprocessor_config.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// Throws `UnsupportedError` for a ResNet, whose layers are a list.
inline void check_open_clip_tower(const JsonObject& vision) {
  const nlohmann::json& json = vision.json();
  if (!json.contains("layers") || !json["layers"].is_array()) return;
  raise<UnsupportedError>({vision.place("layers"),
                           ": expected the number of a Vision Transformer's blocks, found ",
                           json_text(json["layers"])});
}

/// As transformers' CLIP by other names: tokens leave the last block as they are, the pooled CLS or
/// the mean of the patch tokens is normed, `image_embeds` are its projection, not scaled; where
/// `pool_type` is `avg` without `final_ln_after_pool` the mean is that of normed tokens. With
/// `attentional_pool` tokens and pooled vector are others (`read_open_clip_attention_pool`). What
/// CoCa writes captions with is passed over. OpenAI's activation is quick GELU, OpenCLIP's GELU
/// where its configuration does not say otherwise.
/// Source: openai/CLIP, clip/model.py; mlfoundations/open_clip, model.py and transformer.py.
inline Checkpoint read_open_clip(const CheckpointFiles& files) {
  const TensorStore& tensors = files.tensors;
  const JsonObject json(files.config, files.config_source);
  const auto model = json.find_object("model_cfg");
  if (model && model->object("vision_cfg").has("timm_model_name")) {
    return read_open_clip_timm(files, *model);
  }

  Checkpoint checkpoint;
  checkpoint.family = "open_clip";
  CheckpointNames& names = checkpoint.names;
  names.prefix = transformers_prefix(tensors, "visual.", "conv1.weight");
  names.cls_token = "class_embedding";
  names.pos_embed = "positional_embedding";
  names.patch_embed = "conv1";
  names.norm_pre = "ln_pre";
  names.norm = "ln_post";
  names.fc_norm = "ln_post";
  names.block = "transformer.resblocks.{}.";
  names.norm1 = "ln_1";
  names.norm2 = "ln_2";
  names.qkv = {"attn.in_proj_"};
  names.proj = "attn.out_proj";
  names.fc1 = "mlp.c_fc";
  names.fc2 = "mlp.c_proj";
  names.ls1 = "ls_1.gamma";
  names.ls2 = "ls_2.gamma";
  names.projection = names.prefix.empty() ? "proj" : "visual.proj";
  names.projection_is_transposed = true;

  VitConfig& config = checkpoint.config;
  checkpoint.architecture = "OpenCLIP";
  Index head_width = 0;
  // Whether it matters that all tokens are normed, and whether what is pooled of them is.
  bool norms_tokens = false;
  bool norms_pooled = true;
  if (model) {
    const JsonObject vision = model->object("vision_cfg");
    check_open_clip_blocks(vision, "a tower of plain blocks");
    config.act = open_clip_activation(*model, vision);
    config.norm_eps = open_clip_norm_eps(vision);
    check_open_clip_tower(vision);
    const std::string pool = vision.string_or("pool_type", "tok");
    if (pool != "tok" && pool != "avg") vision.fail("pool_type", "'tok' or 'avg'");
    if (pool == "avg") {
      config.global_pool = Pool::avg;
      norms_tokens = !vision.boolean_or("final_ln_after_pool", false);
      norms_pooled = !norms_tokens;
    }
    if (open_clip_pools_by_attention(vision)) {
      read_open_clip_attention_pool(*model, vision, tensors, checkpoint);
      norms_tokens = true;
      norms_pooled = true;
    }
    head_width = static_cast<Index>(vision.integer_or("head_width", 64, 1, 1 << 16));
    config.pre_norm = !vision.boolean_or("no_ln_pre", false);
  }
  const auto named = [&](std::string_view name) { return message({names.prefix, name}); };
  state_dict_sizes(tensors, named("conv1.weight"), named("positional_embedding"), 1, config);
  config.num_heads = head_width > 0 ? std::max<Index>(1, config.embed_dim / head_width)
                                    : state_dict_heads(config.embed_dim);
  config.depth = state_dict_depth(tensors, named("transformer.resblocks.{}.ln_1.weight"));
  if (!model) {
    const bool openai =
        open_clip_release({tensors, files.release, checkpoint.notes}, config) == "openai_clip";
    if (openai) checkpoint.architecture = "OpenAI CLIP";
    config.act = openai ? Activation::quick_gelu : Activation::gelu;
    config.norm_eps = 1e-5;
    config.pre_norm = true;
  }
  config.mlp_hidden =
      state_dict_shape(tensors, named("transformer.resblocks.0.mlp.c_fc.weight"), 2)[0];
  config.layer_scale = tensors.find(named("transformer.resblocks.0.ls_1.gamma")) != nullptr;
  config.patch_bias = false;
  config.final_norm = norms_tokens;
  config.fc_norm = norms_pooled;
  config.num_classes = 0;
  config.image_embeds = tensors.find(names.projection) != nullptr;
  if (config.image_embeds)
    config.projection_dim = state_dict_shape(tensors, names.projection, 2)[1];
  config.pos_interpolation.antialias = true;
  checkpoint.contrastive = open_clip_logits(tensors);

  checkpoint.preprocessing = open_clip_preprocess_config(files.config, config.image_height,
                                                         files.config_source, files.image_size);
  return checkpoint;
}

inline CheckpointFamily open_clip_family() {
  return {"open_clip", "OpenCLIP's open_clip_config.json; tensors of OpenAI's CLIP",
          [](const nlohmann::json& config) {
            const auto model = config.find("model_cfg");
            return model != config.end() && model->is_object();
          },
          read_open_clip,
          [](const TensorStore& tensors) {
            return tensors.find("visual.conv1.weight") != nullptr ||
                   (tensors.find("conv1.weight") != nullptr &&
                    tensors.find("class_embedding") != nullptr);
          }};
}

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
