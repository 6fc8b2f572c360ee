/// What the image towers of transformers beside a text model (CLIP, SigLIP and others) share.
#ifndef EIGENVIT_IO_CHECKPOINT_FAMILIES_TRANSFORMERS_TOWER_INL
#define EIGENVIT_IO_CHECKPOINT_FAMILIES_TRANSFORMERS_TOWER_INL

#include <cstdint>
#include <utility>

#include <nlohmann/json.hpp>

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
  // transformers 5 calls AltCLIP's blocks as those of its text model.
  const bool named_as_text =
      tensors.find(message({names.prefix, "encoder.layer.0.layer_norm1.weight"})) != nullptr;
  names.block = named_as_text ? "encoder.layer.{}." : "encoder.layers.{}.";
  names.norm1 = "layer_norm1";
  names.norm2 = "layer_norm2";
  names.qkv = {"self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj"};
  names.proj = "self_attn.out_proj";
  names.fc1 = "mlp.fc1";
  names.fc2 = "mlp.fc2";
  names.head = "classifier";
  return names;
}

/// In which words the classes that have CLIP's image tower differ.
struct ClipClasses {
  const char* pair_type;    ///< `model_type` of an image and a text model
  const char* vision_type;  ///< of the image model alone
  const char* pair_class;
  const char* vision_class;
  const char* projection_class;
  const char* processor;
  std::int64_t projection_dim = 512;  ///< of the pair, where its configuration is silent
  const char* norm_pre = "pre_layrnorm";
  /// Of a model around the pair: what stands before the names of the pair's tensors.
  const char* outer = "";

  bool recognise(const nlohmann::json& config) const {
    return has_model_type(config, pair_type) || has_model_type(config, vision_type);
  }
};

/// A norm before the blocks, none after them: tokens are not normed, the pooled CLS is.
/// `image_embeds` are its projection, scaled to length 1 by the pair alone. The classifier reads
/// the mean of the patches as they leave the last block. The text side is left alone.
inline Checkpoint read_clip_tower(const CheckpointFiles& files, const ClipClasses& classes,
                                  const TransformersDefaults& defaults, CheckpointNames names) {
  const JsonObject json(files.config, files.config_source);
  const bool pair = has_model_type(files.config, classes.pair_type);
  const JsonObject vision = transformers_vision_config(json);
  const bool projects = files.tensors.find(message({names.projection, ".weight"})) != nullptr;
  const bool classifies = files.tensors.find("classifier.weight") != nullptr;

  Checkpoint checkpoint;
  checkpoint.family = message({"transformers ", pair ? classes.pair_type : classes.vision_type});
  checkpoint.architecture = transformers_architecture(json, pair       ? classes.pair_class
                                                            : projects ? classes.projection_class
                                                                       : classes.vision_class);
  names.norm_pre = classes.norm_pre;
  names.fc_norm = "post_layernorm";
  checkpoint.names = std::move(names);

  VitConfig& config = checkpoint.config;
  config = transformers_vit_like_config(vision, defaults);
  config.qkv_bias = true;
  config.patch_bias = false;
  config.pre_norm = true;
  config.final_norm = false;
  transformers_classifier(json, files, checkpoint);
  config.fc_norm = !classifies;
  if (classifies) {
    config.global_pool = Pool::avg;
  } else {
    config.pooled_is_pooler_output = true;
    config.image_embeds = projects;
    config.normalize_embeds = pair && checkpoint.architecture != classes.projection_class;
    if (projects) {
      // A pair states the width of its projections itself.
      config.projection_dim = static_cast<Index>(
          pair ? json.integer_or("projection_dim", classes.projection_dim, 1, 1 << 16)
               : vision.integer_or("projection_dim", 512, 1, 1 << 16));
    }
  }
  checkpoint.contrastive = contrastive_logits(files.tensors, TextScore::softmax, classes.outer);
  transformers_preprocessing(files, classes.processor, checkpoint);
  return checkpoint;
}

/// As above, with the sizes and names of CLIP's own classes.
inline Checkpoint read_clip_tower(const CheckpointFiles& files, const ClipClasses& classes) {
  TransformersDefaults defaults;
  defaults.layer_norm_eps = 1e-5;
  defaults.patch_size = 32;
  defaults.hidden_act = "quick_gelu";
  return read_clip_tower(files, classes, defaults, transformers_tower_names(files.tensors));
}

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
