/// OpenCLIP's networks of texts that are encoders of transformers.
#ifndef EIGENVIT_IO_TEXT_FAMILIES_OPEN_CLIP_HF_TEXT_INL
#define EIGENVIT_IO_TEXT_FAMILIES_OPEN_CLIP_HF_TEXT_INL

#include <array>
#include <string>
#include <string_view>

#include <eigenvit/core/message.hpp>
#include <eigenvit/io/checkpoint_families/contrastive.inl>
#include <eigenvit/io/checkpoint_families/state_dict.inl>
#include <eigenvit/io/json_reader.hpp>
#include <eigenvit/io/text_families/open_clip_m2m_100_text.inl>
#include <eigenvit/io/text_families/open_clip_mt5_text.inl>
#include <eigenvit/io/text_families/open_clip_roberta_text.inl>
#include <eigenvit/io/text_family.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// A network that `hf_model_name` may name.
struct OpenClipEncoder {
  std::string_view name;
  void (*read)(const TensorStore& tensors, TextCheckpoint& checkpoint);
  /// Whether its class in Python has no layer after the first token, so that both poolings of that
  /// token are one.
  bool bare;
};

inline constexpr std::array<OpenClipEncoder, 7> open_clip_encoders = {{
    {"roberta-base", read_open_clip_roberta, false},
    {"xlm-roberta-base", read_open_clip_roberta, false},
    {"xlm-roberta-large", read_open_clip_roberta, false},
    {"facebook/nllb-200-distilled-600M", read_open_clip_m2m_100, true},
    {"facebook/nllb-200-distilled-1.3B", read_open_clip_m2m_100, true},
    {"google/mt5-base", read_open_clip_mt5, true},
    {"google/mt5-xl", read_open_clip_mt5, true},
}};

inline const OpenClipEncoder& open_clip_encoder(const JsonObject& text) {
  const std::string name = text.string("hf_model_name");
  std::string expected;
  for (const OpenClipEncoder& encoder : open_clip_encoders) {
    if (encoder.name == name) return encoder;
    expected += message({expected.empty() ? "" : ", ", encoder.name});
  }
  text.fail("hf_model_name", message({"one of ", expected}));
}

inline TextPool open_clip_hf_pool(const JsonObject& text, const OpenClipEncoder& encoder) {
  const std::string word = text.string_or("hf_pooler_type", "mean_pooler");
  if (word == "mean_pooler") return TextPool::mean;
  if (word == "cls_last_hidden_state_pooler" || (word == "cls_pooler" && encoder.bare)) {
    return TextPool::first;
  }
  text.fail("hf_pooler_type", encoder.bare
                                  ? "'mean_pooler', 'cls_pooler' or 'cls_last_hidden_state_pooler'"
                                  : "'mean_pooler' or 'cls_last_hidden_state_pooler'");
}

/// The folder states the network by name alone. `text_embeds` are `encode_text(x)`, not scaled.
/// Source: mlfoundations/open_clip, hf_model.py.
inline TextCheckpoint read_open_clip_hf_text(const TextFiles& files, const JsonObject& text) {
  const TensorStore& tensors = files.tensors;
  const OpenClipEncoder& encoder = open_clip_encoder(text);
  TextCheckpoint checkpoint;
  checkpoint.family = "open_clip";
  checkpoint.architecture = message({"OpenCLIP ", encoder.name});
  TextNames& names = checkpoint.names;
  names.prefix = "text.transformer.";
  encoder.read(tensors, checkpoint);

  TextConfig& config = checkpoint.config;
  // The mask is made of the ids.
  config.masks_inner_padding = true;
  config.text_pool = open_clip_hf_pool(text, encoder);
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
