/// OpenCLIP's networks of texts that are transformers' RoBERTa or XLM-RoBERTa.
#ifndef EIGENVIT_IO_TEXT_FAMILIES_OPEN_CLIP_ROBERTA_TEXT_INL
#define EIGENVIT_IO_TEXT_FAMILIES_OPEN_CLIP_ROBERTA_TEXT_INL

#include <algorithm>
#include <string>
#include <vector>

#include <eigenvit/core/error.hpp>
#include <eigenvit/core/message.hpp>
#include <eigenvit/io/checkpoint_families/contrastive.inl>
#include <eigenvit/io/checkpoint_families/state_dict.inl>
#include <eigenvit/io/text_families/transformers_bert_text.inl>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// The folder states the network by name alone: sizes are those of the tensors, the rest is as in
/// the published configurations of that name. `text_embeds` are `encode_text(x)`, not scaled.
/// Source: mlfoundations/open_clip, hf_model.py.
inline TextCheckpoint read_open_clip_roberta(const TextFiles& files, const JsonObject& text) {
  const TensorStore& tensors = files.tensors;
  const std::string network = text.string("hf_model_name");
  if (network != "roberta-base" && network != "xlm-roberta-base" &&
      network != "xlm-roberta-large") {
    text.fail("hf_model_name", "roberta-base, xlm-roberta-base or xlm-roberta-large");
  }
  TextCheckpoint checkpoint;
  checkpoint.family = "open_clip";
  checkpoint.architecture = message({"OpenCLIP ", network});
  TextNames& names = checkpoint.names;
  names.prefix = "text.transformer.";
  name_bert_tensors(names);
  names.token_types =
      state_dict_shape(tensors, "text.transformer.embeddings.token_type_embeddings.weight", 2)[0];
  names.pos_embed_skipped_rows = 1;

  TextConfig& config = checkpoint.config;
  be_bert(config);
  config.pad_id = 1;
  config.pad_position = true;
  // The mask is made of the ids.
  config.masks_inner_padding = true;
  const std::vector<Index> table =
      state_dict_shape(tensors, "text.transformer.embeddings.word_embeddings.weight", 2);
  config.vocabulary = table[0];
  config.embed_dim = table[1];
  config.context_length =
      state_dict_shape(tensors, "text.transformer.embeddings.position_embeddings.weight", 2)[0] -
      names.pos_embed_skipped_rows - 1;
  config.depth =
      state_dict_depth(tensors, "text.transformer.encoder.layer.{}.output.LayerNorm.weight");
  config.num_heads = std::max<Index>(1, config.embed_dim / 64);
  config.mlp_hidden =
      state_dict_shape(tensors, "text.transformer.encoder.layer.0.intermediate.dense.weight", 2)[0];
  config.act = Activation::gelu;
  config.norm_eps = 1e-5;
  const std::string pooler = text.string_or("hf_pooler_type", "mean_pooler");
  if (pooler != "mean_pooler" && pooler != "cls_last_hidden_state_pooler") {
    text.fail("hf_pooler_type", "'mean_pooler' or 'cls_last_hidden_state_pooler'");
  }
  config.text_pool = pooler == "mean_pooler" ? TextPool::mean : TextPool::first;
  if (tensors.find("text.proj.0.weight") != nullptr) {
    names.projection_hidden = "text.proj.0";
    names.projection = "text.proj.2";
    config.projection_hidden = state_dict_shape(tensors, "text.proj.0.weight", 2)[0];
    config.projection_act = Activation::gelu;
    config.projection_dim = state_dict_shape(tensors, "text.proj.2.weight", 2)[0];
  } else if (tensors.find("text.proj.weight") != nullptr) {
    names.projection = "text.proj";
    config.projection_dim = state_dict_shape(tensors, "text.proj.weight", 2)[0];
  }
  checkpoint.contrastive = open_clip_logits(tensors);
  return checkpoint;
}

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
