/// What the ViT-like model classes of transformers share: configuration keys, tensor names, labels.
#ifndef EIGENVIT_IO_CHECKPOINT_FAMILIES_TRANSFORMERS_VIT_LIKE_INL
#define EIGENVIT_IO_CHECKPOINT_FAMILIES_TRANSFORMERS_VIT_LIKE_INL

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include <eigenvit/core/error.hpp>
#include <eigenvit/core/message.hpp>
#include <eigenvit/io/checkpoint_families/class_labels.inl>
#include <eigenvit/io/checkpoint_families/transformers_keys.inl>
#include <eigenvit/io/checkpoint_family.hpp>
#include <eigenvit/io/json_reader.hpp>
#include <eigenvit/io/preprocessor_config.hpp>
#include <eigenvit/io/text.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// A size that is one integer or `[height, width]`.
inline std::array<Index, 2> transformers_size(const JsonObject& config, const char* key,
                                              Index fallback) {
  if (!config.has(key)) return {fallback, fallback};
  const auto sides = config.sides(key, 1 << 16);
  return {static_cast<Index>(sides[0]), static_cast<Index>(sides[1])};
}

/// The number of classes by the configuration; two where it is silent.
inline Index transformers_classes(const JsonObject& json) {
  const nlohmann::json* const labels = json.find("id2label");
  const std::int64_t named = labels == nullptr ? 2 : static_cast<std::int64_t>(labels->size());
  return static_cast<Index>(json.integer_or("num_labels", named, 0, 1 << 24));
}

/// The number of classes: the rows of the classifier's weight, as labels that do not fit it must
/// not keep the tokens back. Where it has none, which then is the error, what the configuration
/// says.
inline Index classifier_rows(const JsonObject& json, const TensorStore& tensors,
                             std::string_view name) {
  const std::optional<Index> rows = classifier_rows(tensors.find(name));
  return rows ? *rows : transformers_classes(json);
}

/// Defaults in which the ViT-like classes differ.
struct TransformersDefaults {
  Index image_size = 224;
  Index patch_size = 16;
  Index hidden_size = 768;
  Index depth = 12;
  Index num_heads = 12;
  Index mlp_hidden = 3072;
  double layer_norm_eps = 1e-12;
  const char* hidden_act = "gelu";
};

/// Configuration keys that the ViT-like classes share, with their defaults.
inline VitConfig transformers_vit_like_config(const JsonObject& json,
                                              const TransformersDefaults& defaults = {}) {
  VitConfig config;
  const auto image = transformers_size(json, "image_size", defaults.image_size);
  const auto patch = transformers_size(json, "patch_size", defaults.patch_size);
  config.image_height = image[0];
  config.image_width = image[1];
  config.patch_height = patch[0];
  config.patch_width = patch[1];
  config.in_chans = static_cast<Index>(json.integer_or("num_channels", 3, 1, 4096));
  config.embed_dim =
      static_cast<Index>(json.integer_or("hidden_size", defaults.hidden_size, 1, 1 << 16));
  config.depth =
      static_cast<Index>(json.integer_or("num_hidden_layers", defaults.depth, 1, 1 << 12));
  config.num_heads =
      static_cast<Index>(json.integer_or("num_attention_heads", defaults.num_heads, 1, 1 << 16));
  config.mlp_hidden =
      static_cast<Index>(json.integer_or("intermediate_size", defaults.mlp_hidden, 1, 1 << 20));
  config.act = transformers_activation(json, "hidden_act", defaults.hidden_act);
  config.qkv_bias = json.boolean_or("qkv_bias", true);
  config.norm_eps = json.number_or("layer_norm_eps", defaults.layer_norm_eps, 1e-30, 1);
  // `interpolate_pos_encoding=True`: by size, without antialiasing.
  config.pos_interpolation = {GridInterpolation::Kernel::bicubic, false, 0};
  return config;
}

/// For classes that take any position table for a square one.
inline void require_square_image(const JsonObject& json, const VitConfig& config) {
  if (config.image_height != config.image_width) json.fail("image_size", "a square size");
}

/// The width of an MLP that is stated as a ratio; of a gated one two thirds of it, in whole eights.
inline Index transformers_mlp_width(const JsonObject& json, Index embed_dim, bool gated) {
  const auto width = static_cast<Index>(static_cast<double>(embed_dim) *
                                        json.number_or("mlp_ratio", 4, 1e-3, 1e3));
  return gated ? (2 * width / 3 + 7) / 8 * 8 : width;
}

/// Which linear layers have biases, where each is a choice of its own.
inline void transformers_biases(const JsonObject& json, bool key_by_default,
                                const std::array<std::string_view, 3>& qkv_bias, VitConfig& config,
                                CheckpointNames& names) {
  config.proj_bias = json.boolean_or("proj_bias", true);
  if (json.boolean_or("mlp_bias", true) != config.proj_bias) {
    raise<UnsupportedError>({json.place("mlp_bias"), ": expected the same as proj_bias, ",
                             config.proj_bias ? "true" : "false", ", found ",
                             config.proj_bias ? "false" : "true"});
  }
  const std::array<bool, 3> present = {json.boolean_or("query_bias", true),
                                       json.boolean_or("key_bias", key_by_default),
                                       json.boolean_or("value_bias", true)};
  config.qkv_bias = present[0] || present[1] || present[2];
  for (std::size_t part = 0; part < 3; ++part) {
    names.qkv_bias.push_back(present[part] ? qkv_bias[part] : std::string_view());
  }
}

/// Tensor names of the ViT-like classes. `backbone` is the prefix that the task classes put before
/// the backbone's names and the bare models leave out. transformers 5 has names of its own for the
/// layers' parts and usually writes the old ones; files may have either.
inline CheckpointNames transformers_vit_like_names(const TensorStore& tensors,
                                                   const char* backbone) {
  CheckpointNames names;
  names.cls_token = "embeddings.cls_token";
  names.dist_token = "embeddings.distillation_token";
  names.pos_embed = "embeddings.position_embeddings";
  names.patch_embed = "embeddings.patch_embeddings.projection";
  names.prefix =
      transformers_prefix(tensors, backbone, "embeddings.patch_embeddings.projection.weight");
  names.norm = "layernorm";
  names.norm1 = "layernorm_before";
  names.norm2 = "layernorm_after";
  if (tensors.find(message({names.prefix, "layers.0.layernorm_before.weight"})) != nullptr) {
    names.block = "layers.{}.";
    names.qkv = {"attention.q_proj", "attention.k_proj", "attention.v_proj"};
    names.proj = "attention.o_proj";
    names.fc1 = "mlp.fc1";
    names.fc2 = "mlp.fc2";
  } else {
    names.block = "encoder.layer.{}.";
    names.qkv = {"attention.attention.query", "attention.attention.key",
                 "attention.attention.value"};
    names.proj = "attention.output.dense";
    names.fc1 = "intermediate.dense";
    names.fc2 = "output.dense";
  }
  // transformers 5 writes ViTMSN's classifier without the backbone's prefix before its blocks.
  names.block_is_prefixed = tensors.find("encoder.layer.0.layernorm_before.weight") == nullptr;
  names.pooler = "pooler.dense";
  names.head = "classifier";
  return names;
}

/// The pooler, where the model class has one: the classifiers ignore a pooler that a file brings.
inline void transformers_pooler(const JsonObject& json, const CheckpointFiles& files,
                                const CheckpointNames& names, VitConfig& config) {
  const bool present =
      files.tensors.find(message({names.prefix, names.pooler, ".weight"})) != nullptr;
  if (config.num_classes > 0 || !present) return;
  config.pooler_hidden =
      static_cast<Index>(json.integer_or("pooler_output_size", config.embed_dim, 1, 1 << 16));
  config.pooler_act = transformers_activation(json, "pooler_act", "tanh");
}

/// The classifier, where the file has one; its name has not the backbone's prefix.
inline void transformers_classifier(const JsonObject& json, const CheckpointFiles& files,
                                    Checkpoint& checkpoint) {
  const std::string weight = message({checkpoint.names.head, ".weight"});
  checkpoint.config.num_classes = 0;
  if (files.tensors.find(weight) == nullptr) return;
  const Index classes = classifier_rows(json, files.tensors, weight);
  checkpoint.config.num_classes = classes;
  checkpoint.labels = transformers_labels(json, static_cast<std::size_t>(classes), checkpoint);
}

/// Preprocessing by the folder's file, or, without one, an exact resize to the network's size with
/// the defaults of the image processor.
inline void transformers_preprocessing(const CheckpointFiles& files, const char* processor,
                                       Checkpoint& checkpoint) {
  VitConfig& config = checkpoint.config;
  if (files.preprocessor != nullptr) {
    checkpoint.preprocessing =
        transformers_preprocess_config(*files.preprocessor, processor, files.preprocessor_source,
                                       files.image_size, config.in_chans);
    return;
  }
  checkpoint.notes.push_back(
      message({files.config_source, ": no preprocessor_config.json beside it: the defaults of ",
               processor, ", at the network's size"}));
  checkpoint.preprocessing = transformers_preprocess_config(
      nlohmann::json(nlohmann::json::value_t::object), processor, files.preprocessor_source,
      files.image_size.value_or(std::array<Index, 2>{config.image_height, config.image_width}));
}

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
