/// OpenCLIP's networks of texts that are transformers' RoBERTa or XLM-RoBERTa.
#ifndef EIGENVIT_IO_TEXT_FAMILIES_OPEN_CLIP_ROBERTA_TEXT_INL
#define EIGENVIT_IO_TEXT_FAMILIES_OPEN_CLIP_ROBERTA_TEXT_INL

#include <algorithm>
#include <vector>

#include <eigenvit/io/checkpoint_families/state_dict.inl>
#include <eigenvit/io/text_families/transformers_bert_text.inl>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// The encoder. Sizes are those of the tensors, the rest is as in the published configurations.
inline void read_open_clip_roberta(const TensorStore& tensors, TextCheckpoint& checkpoint) {
  TextNames& names = checkpoint.names;
  name_bert_tensors(names);
  names.token_types =
      state_dict_shape(tensors, "text.transformer.embeddings.token_type_embeddings.weight", 2)[0];
  names.pos_embed_skipped_rows = 1;

  TextConfig& config = checkpoint.config;
  be_bert(config);
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
  config.pad_id = 1;
  config.pad_position = true;
}

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
