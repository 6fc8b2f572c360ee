/// What the networks of texts of transformers beside an image model (CLIP, SigLIP and others)
/// share.
#ifndef EIGENVIT_IO_TEXT_FAMILIES_TRANSFORMERS_TEXT_TOWER_INL
#define EIGENVIT_IO_TEXT_FAMILIES_TRANSFORMERS_TEXT_TOWER_INL

#include <nlohmann/json.hpp>

#include <eigenvit/io/checkpoint_families/contrastive.inl>
#include <eigenvit/io/checkpoint_families/transformers_keys.inl>
#include <eigenvit/io/text_family.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// In which words the classes of a family differ.
struct TextClasses {
  const char* pair_type;  ///< `model_type` of an image and a text model
  const char* text_type;  ///< of the text model alone
  const char* pair_class;
  const char* text_class;
  // What the names of tensors begin with; a model around the pair has its own name before them.
  const char* prefix = "text_model.";
  const char* projection = "text_projection";
  const char* logits = "";

  bool recognise(const nlohmann::json& config) const {
    return has_model_type(config, pair_type) || has_model_type(config, text_type);
  }
};

/// The text model's part of the configuration of a pair, or the configuration itself. Where old
/// files state it twice, the complete one counts.
inline JsonObject transformers_text_config(const JsonObject& json) {
  if (const auto complete = json.find_object("text_config_dict")) return *complete;
  if (const auto text = json.find_object("text_config")) return *text;
  return json;
}

/// Defaults in which the classes differ.
struct TextDefaults {
  Index vocabulary = 32000;
  Index context_length = 64;
  Index hidden_size = 768;
  Index depth = 12;
  Index num_heads = 12;
  Index mlp_hidden = 3072;
  double layer_norm_eps = 1e-6;
  const char* hidden_act = "gelu_pytorch_tanh";
};

/// Sizes, names and the family's own name; the caller adds pooling, mask and projection.
inline TextCheckpoint transformers_text_tower(const JsonObject& json, const TextFiles& files,
                                              const TextClasses& classes,
                                              const TextDefaults& defaults) {
  const bool pair = has_model_type(files.config, classes.pair_type);
  const JsonObject text = transformers_text_config(json);
  TextCheckpoint checkpoint;
  checkpoint.family = message({"transformers ", pair ? classes.pair_type : classes.text_type});
  checkpoint.architecture =
      transformers_architecture(json, pair ? classes.pair_class : classes.text_class);

  TextNames& names = checkpoint.names;
  names.prefix =
      transformers_prefix(files.tensors, classes.prefix, "embeddings.token_embedding.weight");
  names.projection = classes.projection;
  names.norm = "final_layer_norm";
  names.block = "encoder.layers.{}.";
  names.norm1 = "layer_norm1";
  names.norm2 = "layer_norm2";
  names.qkv = {"self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj"};
  names.proj = "self_attn.out_proj";

  TextConfig& config = checkpoint.config;
  const auto size = [&](const char* key, Index fallback, Index most) {
    return static_cast<Index>(text.integer_or(key, fallback, 1, most));
  };
  config.vocabulary = size("vocab_size", defaults.vocabulary, 1 << 24);
  config.context_length = size("max_position_embeddings", defaults.context_length, 1 << 16);
  config.embed_dim = size("hidden_size", defaults.hidden_size, 1 << 16);
  config.depth = size("num_hidden_layers", defaults.depth, 1 << 12);
  config.num_heads = size("num_attention_heads", defaults.num_heads, 1 << 16);
  config.mlp_hidden = size("intermediate_size", defaults.mlp_hidden, 1 << 20);
  config.act = transformers_activation(text, "hidden_act", defaults.hidden_act);
  config.norm_eps = text.number_or("layer_norm_eps", defaults.layer_norm_eps, 1e-30, 1);
  config.normalize_embeds = pair;
  return checkpoint;
}

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
