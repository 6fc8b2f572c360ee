/// OpenCLIP's own networks of texts, by `open_clip_config.json`, and those of OpenAI's CLIP, from
/// their tensors.
#ifndef EIGENVIT_IO_TEXT_FAMILIES_OPEN_CLIP_TEXT_INL
#define EIGENVIT_IO_TEXT_FAMILIES_OPEN_CLIP_TEXT_INL

#include <algorithm>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include <eigenvit/core/error.hpp>
#include <eigenvit/core/message.hpp>
#include <eigenvit/io/checkpoint_families/contrastive.inl>
#include <eigenvit/io/checkpoint_families/open_clip_release.inl>
#include <eigenvit/io/checkpoint_families/open_clip_towers.inl>
#include <eigenvit/io/checkpoint_families/transformers_keys.inl>
#include <eigenvit/io/json_reader.hpp>
#include <eigenvit/io/text_families/open_clip_hf_text.inl>
#include <eigenvit/io/text_family.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// The tensors of a network alone are beside those of the image tower; in a model of two towers of
/// their own (`CustomTextCLIP`) they begin with `text.`.
inline TextNames open_clip_text_names(const TensorStore& tensors) {
  TextNames names;
  names.prefix = transformers_prefix(tensors, "text.", "token_embedding.weight");
  names.token_embed = "token_embedding.weight";
  names.pos_embed = "positional_embedding";
  names.norm = "ln_final";
  names.block = "transformer.resblocks.{}.";
  names.norm1 = "ln_1";
  names.norm2 = "ln_2";
  names.qkv = {"attn.in_proj_"};
  names.proj = "attn.out_proj";
  names.fc1 = "mlp.c_fc";
  names.fc2 = "mlp.c_proj";
  names.ls1 = "ls_1.gamma";
  names.ls2 = "ls_2.gamma";
  names.projection = names.prefix.empty() ? "text_projection" : "text.text_projection";
  return names;
}

inline TextPool open_clip_text_pool(const JsonObject& text) {
  const std::string word = text.string_or("pool_type", "argmax");
  if (word == "argmax") return TextPool::greatest_id;
  if (word == "first") return TextPool::first;
  if (word == "last") return TextPool::last;
  if (word != "eos") text.fail("pool_type", "'argmax', 'first', 'last' or 'eos'");
  return TextPool::end_token;
}

/// `text_embeds` are `encode_text(x)`, not scaled. Source: mlfoundations/open_clip, transformer.py
/// (TextTransformer) and model.py.
inline TextCheckpoint read_open_clip_text(const TextFiles& files, const JsonObject& model) {
  const JsonObject text = model.object("text_cfg");
  if (text.has("hf_model_name")) return read_open_clip_hf_text(files, text);
  check_open_clip_blocks(text, "a network of texts of open_clip's own with plain blocks");
  TextCheckpoint checkpoint;
  checkpoint.family = "open_clip";
  checkpoint.architecture = "OpenCLIP";
  checkpoint.names = open_clip_text_names(files.tensors);
  TextConfig& config = checkpoint.config;
  const auto size = [&](const char* key, Index fallback, Index most) {
    return static_cast<Index>(text.integer_or(key, fallback, 1, most));
  };
  config.vocabulary = size("vocab_size", 49408, 1 << 24);
  config.context_length = size("context_length", 77, 1 << 16);
  config.embed_dim = size("width", 512, 1 << 16);
  config.depth = size("layers", 12, 1 << 12);
  config.num_heads = size("heads", 8, 1 << 16);
  config.mlp_hidden = static_cast<Index>(static_cast<double>(config.embed_dim) *
                                         text.number_or("mlp_ratio", 4, 1e-3, 1 << 10));
  config.act = open_clip_activation(model, text);
  config.layer_scale = text.has("ls_init_value");
  config.norm_eps = open_clip_norm_eps(text);
  config.causal = !text.boolean_or("no_causal_mask", false);
  config.text_pool = open_clip_text_pool(text);
  config.class_token = text.boolean_or("embed_cls", false);
  if (config.class_token) {
    // Its mask is made of the ids, and it is what is pooled whatever else is stated.
    config.masks_padding = config.masks_inner_padding = true;
    config.pad_id = static_cast<Index>(
        text.integer_or("pad_id", 0, 0, std::numeric_limits<std::int32_t>::max()));
    config.text_pool = TextPool::last;
  }
  config.end_id =
      static_cast<Index>(text.integer_or("eos_id", 2, 0, std::numeric_limits<std::int32_t>::max()));
  if (text.string_or("proj_type", "linear") != "none") {
    config.projection_dim = static_cast<Index>(model.integer("embed_dim", 1, 1 << 16));
    config.projection_bias = text.boolean_or("proj_bias", false);
    checkpoint.names.projection_is_transposed = !config.projection_bias;
  }
  checkpoint.contrastive = open_clip_logits(files.tensors);
  return checkpoint;
}

/// Without a configuration: sizes are those of the tensors, and the image tower tells the release.
/// Source: openai/CLIP, clip/model.py.
inline TextCheckpoint read_openai_clip_text(const TextFiles& files) {
  const TensorStore& tensors = files.tensors;
  TextCheckpoint checkpoint;
  checkpoint.family = "open_clip";
  checkpoint.names = open_clip_text_names(tensors);
  checkpoint.names.projection_is_transposed = true;
  VitConfig image;
  if (tensors.find("visual.conv1.weight") != nullptr) {
    state_dict_sizes(tensors, "visual.conv1.weight", "visual.positional_embedding", 1, image);
    image.depth = state_dict_depth(tensors, "visual.transformer.resblocks.{}.ln_1.weight");
  }
  const bool openai =
      open_clip_release({tensors, files.release, checkpoint.notes}, image) == "openai_clip";
  checkpoint.architecture = openai ? "OpenAI CLIP" : "OpenCLIP";

  const std::vector<Index> table = state_dict_shape(tensors, "token_embedding.weight", 2);
  TextConfig& config = checkpoint.config;
  config.vocabulary = table[0];
  config.embed_dim = table[1];
  config.context_length = state_dict_shape(tensors, "positional_embedding", 2)[0];
  config.depth = state_dict_depth(tensors, "transformer.resblocks.{}.ln_1.weight");
  config.num_heads = std::max<Index>(1, config.embed_dim / 64);
  config.mlp_hidden = state_dict_shape(tensors, "transformer.resblocks.0.mlp.c_fc.weight", 2)[0];
  config.act = openai ? Activation::quick_gelu : Activation::gelu;
  config.norm_eps = 1e-5;
  config.text_pool = TextPool::greatest_id;
  config.projection_dim = state_dict_shape(tensors, "text_projection", 2)[1];
  checkpoint.contrastive = open_clip_logits(tensors);
  return checkpoint;
}

inline TextFamily open_clip_text_family() {
  return {"OpenCLIP's open_clip_config.json; tensors of OpenAI's CLIP",
          [](const nlohmann::json& config) {
            const auto model = config.find("model_cfg");
            return model != config.end() && model->is_object();
          },
          [](const TextFiles& files) {
            const JsonObject json(files.config, files.config_source);
            const auto model = json.find_object("model_cfg");
            return model ? read_open_clip_text(files, *model) : read_openai_clip_text(files);
          },
          [](const TensorStore& tensors) {
            return tensors.find("token_embedding.weight") != nullptr &&
                   tensors.find("positional_embedding") != nullptr;
          }};
}

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
