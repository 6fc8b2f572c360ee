/// The networks of texts of transformers that are BERT's: the side of texts of `ChineseCLIPModel`
/// and `AltCLIPModel`, and `AltCLIPTextModel`.
#ifndef EIGENVIT_IO_TEXT_FAMILIES_TRANSFORMERS_BERT_TEXT_INL
#define EIGENVIT_IO_TEXT_FAMILIES_TRANSFORMERS_BERT_TEXT_INL

#include <limits>

#include <eigenvit/io/text_families/transformers_text_tower.inl>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

inline constexpr TextClasses chinese_clip_text_classes = {"chinese_clip", "", "ChineseCLIPModel",
                                                          ""};
inline constexpr TextClasses altclip_text_classes = {"altclip", "altclip_text_model",
                                                     "AltCLIPModel", "AltCLIPTextModel"};

/// Names of BERT's tensors.
inline void name_bert_tensors(TextNames& names) {
  names.token_embed = "embeddings.word_embeddings.weight";
  names.pos_embed = "embeddings.position_embeddings.weight";
  names.token_type_embed = "embeddings.token_type_embeddings.weight";
  names.block = "encoder.layer.{}.";
  names.qkv = {"attention.self.query", "attention.self.key", "attention.self.value"};
  names.proj = "attention.output.dense";
  names.norm1 = "attention.output.LayerNorm";
  names.fc1 = "intermediate.dense";
  names.fc2 = "output.dense";
  names.norm2 = "output.LayerNorm";
}

/// Norms after the sums, one of the embeddings, none at the end; no token attends to what fills a
/// text up; the vector is that of the first token. All tokens are of the first type.
/// Source: Devlin et al., arXiv:1810.04805.
inline void be_bert(TextConfig& config) {
  config.block = BlockForm::sum_norm;
  config.embed_norm = true;
  config.final_norm = false;
  config.causal = false;
  config.masks_padding = true;
  config.text_pool = TextPool::first;
}

inline TextCheckpoint read_bert_text(const TextFiles& files, const TextClasses& classes,
                                     const TextDefaults& defaults, std::int64_t pad_id,
                                     std::int64_t token_types) {
  const JsonObject json(files.config, files.config_source);
  TextCheckpoint checkpoint = transformers_text_tower(json, files, classes, defaults);
  const JsonObject text = transformers_text_config(json);
  name_bert_tensors(checkpoint.names);
  checkpoint.names.token_types =
      static_cast<Index>(text.integer_or("type_vocab_size", token_types, 1, 1 << 16));
  be_bert(checkpoint.config);
  checkpoint.config.pad_id = static_cast<Index>(
      text.integer_or("pad_token_id", pad_id, 0, std::numeric_limits<std::int32_t>::max()));
  checkpoint.contrastive = contrastive_logits(files.tensors, TextScore::softmax);
  return checkpoint;
}

/// The text model alone is left out: its vector goes through a layer that the pair lacks, and is
/// not compared with those of images. Source: transformers, models/chinese_clip; Yang et al.,
/// arXiv:2211.01335.
inline TextCheckpoint read_chinese_clip_text(const TextFiles& files) {
  TextDefaults defaults;
  defaults.vocabulary = 30522;
  defaults.context_length = 512;
  defaults.num_heads = 12;
  defaults.layer_norm_eps = 1e-12;
  defaults.hidden_act = "gelu";
  TextCheckpoint checkpoint = read_bert_text(files, chinese_clip_text_classes, defaults, 0, 2);
  checkpoint.names.prefix = "text_model.";
  checkpoint.config.projection_dim = static_cast<Index>(
      JsonObject(files.config, files.config_source).integer_or("projection_dim", 512, 1, 1 << 16));
  return checkpoint;
}

/// XLM-RoBERTa, whose positions begin with that of what fills a text up; its tokens are normed and
/// go through a layer, which the pair's projection follows.
/// Source: transformers, models/altclip; Chen et al., arXiv:2211.06679.
inline TextCheckpoint read_altclip_text(const TextFiles& files) {
  const JsonObject json(files.config, files.config_source);
  TextDefaults defaults;
  defaults.vocabulary = 250002;
  defaults.context_length = 514;
  defaults.hidden_size = 1024;
  defaults.depth = 24;
  defaults.num_heads = 16;
  defaults.mlp_hidden = 4096;
  defaults.layer_norm_eps = 1e-5;
  defaults.hidden_act = "gelu";
  TextCheckpoint checkpoint = read_bert_text(files, altclip_text_classes, defaults, 1, 1);
  TextConfig& config = checkpoint.config;
  TextNames& names = checkpoint.names;
  const bool pair = config.normalize_embeds;
  names.prefix = pair ? "text_model." : "";
  names.token_embed = "roberta.embeddings.word_embeddings.weight";
  names.pos_embed = "roberta.embeddings.position_embeddings.weight";
  names.token_type_embed = "roberta.embeddings.token_type_embeddings.weight";
  names.embed_norm = "roberta.embeddings.LayerNorm";
  // transformers 5 calls the blocks as those of the image model, and writes them so of the text
  // model alone, of a pair where it is asked for.
  const bool named_as_image =
      files.tensors.find(message({names.prefix, "roberta.encoder.layers.0.output.dense.weight"})) !=
      nullptr;
  names.block = named_as_image ? "roberta.encoder.layers.{}." : "roberta.encoder.layer.{}.";
  names.norm = "pre_LN";
  names.pos_embed_skipped_rows = config.pad_id;
  config.pad_position = true;
  config.context_length -= names.pos_embed_skipped_rows + 1;
  config.final_norm = true;
  const auto width =
      static_cast<Index>(transformers_text_config(json).integer_or("project_dim", 768, 1, 1 << 16));
  if (pair) {
    names.projection_hidden = "text_model.transformation";
    config.projection_hidden = width;
    config.projection_hidden_bias = true;
    config.projection_dim = static_cast<Index>(json.integer_or("projection_dim", 768, 1, 1 << 16));
  } else {
    names.projection = "transformation";
    config.projection_dim = width;
    config.projection_bias = true;
  }
  return checkpoint;
}

inline TextFamily transformers_chinese_clip_text_family() {
  return {"transformers model_type chinese_clip",
          [](const nlohmann::json& config) { return has_model_type(config, "chinese_clip"); },
          read_chinese_clip_text};
}

inline TextFamily transformers_altclip_text_family() {
  return {"transformers model_type altclip and altclip_text_model",
          [](const nlohmann::json& config) { return altclip_text_classes.recognise(config); },
          read_altclip_text};
}

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
