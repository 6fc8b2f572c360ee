/// transformers' BEiT and Data2VecVision: `BeitModel`, `BeitForImageClassification`, the encoder of
/// `BeitForMaskedImageModeling`, `Data2VecVisionModel`, `Data2VecVisionForImageClassification`.
#ifndef EIGENVIT_IO_CHECKPOINT_FAMILIES_TRANSFORMERS_BEIT_INL
#define EIGENVIT_IO_CHECKPOINT_FAMILIES_TRANSFORMERS_BEIT_INL

#include <eigenvit/io/checkpoint_families/transformers_vit_like.inl>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// In which words a folder with a BEiT in it differs.
struct BeitWords {
  const char* prefix = "beit.";
  const char* processor = "BeitImageProcessor";
};

/// ViT with LayerScale, keys without bias and, as the configuration has it, relative position
/// biases of each block or of all of them, or a position table. With mean pooling tokens are not
/// normed; the mean of the patches is, where the model class has a pooler. Source: transformers,
/// models/beit and models/data2vec; Bao et al., arXiv:2106.08254; Baevski et al., arXiv:2202.03555.
inline Checkpoint read_transformers_beit(const CheckpointFiles& files, bool data2vec,
                                         const BeitWords& words = {}) {
  const JsonObject json(files.config, files.config_source);
  Checkpoint checkpoint;
  checkpoint.family = data2vec ? "transformers data2vec-vision" : "transformers beit";
  checkpoint.architecture =
      transformers_architecture(json, data2vec ? "Data2VecVisionModel" : "BeitModel");
  VitConfig& config = checkpoint.config;
  config = transformers_vit_like_config(json);
  config.qkv_bias = true;
  config.pos_embed = json.boolean_or("use_absolute_position_embeddings", false);
  const bool of_blocks = json.boolean_or("use_relative_position_bias", false);
  const bool shared = json.boolean_or("use_shared_relative_position_bias", false);
  config.rel_pos_bias = of_blocks || shared;
  config.rel_pos_interpolation = RelativeInterpolation::bilinear;
  config.layer_scale = json.number_or("layer_scale_init_value", 0.1, -1e9, 1e9) > 0;

  CheckpointNames& names = checkpoint.names;
  names = transformers_vit_like_names(files.tensors, data2vec ? "data2vec_vision." : words.prefix);
  const bool old = names.block == "encoder.layer.{}.";
  names.qkv_bias = {old ? "attention.attention.query.bias" : "attention.q_proj.bias", "",
                    old ? "attention.attention.value.bias" : "attention.v_proj.bias"};
  names.ls1 = "lambda_1";
  names.ls2 = "lambda_2";
  names.block_rel_pos_bias = of_blocks;
  names.rel_pos_bias =
      old ? "attention.attention.relative_position_bias.relative_position_bias_table"
          : "relative_position_bias.relative_position_bias_table";
  if (shared) {
    names.shared_rel_pos_bias = old ? "encoder.relative_position_bias.relative_position_bias_table"
                                    : "shared_position_bias.relative_position_bias_table";
  }
  names.ignored_parts = {"relative_position_index"};
  names.fc_norm = "pooler.layernorm";

  transformers_classifier(json, files, checkpoint);
  const bool pooler = config.num_classes > 0 || checkpoint.architecture == "BeitModel";
  const bool mean = json.boolean_or("use_mean_pooling", true);
  config.final_norm = !mean;
  config.fc_norm = mean && pooler;
  config.global_pool = mean && pooler ? Pool::avg : Pool::token;
  config.pooled_is_pooler_output = pooler && config.num_classes == 0;
  transformers_preprocessing(files, words.processor, checkpoint);
  return checkpoint;
}

inline CheckpointFamily transformers_beit_family() {
  return {"transformers beit", "transformers model_type beit",
          [](const nlohmann::json& config) { return has_model_type(config, "beit"); },
          [](const CheckpointFiles& files) { return read_transformers_beit(files, false); }};
}

inline CheckpointFamily transformers_data2vec_vision_family() {
  return {"transformers data2vec-vision", "transformers model_type data2vec-vision",
          [](const nlohmann::json& config) { return has_model_type(config, "data2vec-vision"); },
          [](const CheckpointFiles& files) { return read_transformers_beit(files, true); }};
}

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
