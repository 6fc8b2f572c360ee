/// transformers' AIMv2: `Aimv2TextModel`, and the side of texts of `Aimv2Model`.
#ifndef EIGENVIT_IO_TEXT_FAMILIES_TRANSFORMERS_AIMV2_TEXT_INL
#define EIGENVIT_IO_TEXT_FAMILIES_TRANSFORMERS_AIMV2_TEXT_INL

#include <limits>

#include <eigenvit/io/checkpoint_families/transformers_aimv2_encoder.inl>
#include <eigenvit/io/text_families/transformers_text_tower.inl>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

inline constexpr TextClasses aimv2_text_classes = {"aimv2", "aimv2_text_model", "Aimv2Model",
                                                   "Aimv2TextModel"};

/// The blocks of the image model, causal; the vector is that of the first end token. In Python the
/// class is causal with the mask that its processor gives, but for PyTorch's own attention where no
/// text of the batch is filled up.
/// Source: transformers, models/aimv2; Fini et al., arXiv:2411.14402.
inline TextCheckpoint read_aimv2_text(const TextFiles& files) {
  const JsonObject json(files.config, files.config_source);
  TextDefaults defaults;
  defaults.vocabulary = 49408;
  defaults.context_length = 77;
  defaults.num_heads = 6;
  defaults.mlp_hidden = 2048;
  defaults.hidden_act = "silu";
  TextCheckpoint checkpoint = transformers_text_tower(json, files, aimv2_text_classes, defaults);
  const JsonObject text = transformers_text_config(json);
  TextConfig& config = checkpoint.config;
  read_aimv2_encoder(text, checkpoint.names, config);
  config.end_id = static_cast<Index>(
      text.integer_or("eos_token_id", 49407, 0, std::numeric_limits<std::int32_t>::max()));
  if (config.normalize_embeds) {
    config.projection_dim = static_cast<Index>(json.integer_or("projection_dim", 512, 1, 1 << 16));
  }
  checkpoint.contrastive = aimv2_logits(json, files.tensors);
  return checkpoint;
}

inline TextFamily transformers_aimv2_text_family() {
  return {"transformers model_type aimv2 and aimv2_text_model",
          [](const nlohmann::json& config) { return aimv2_text_classes.recognise(config); },
          read_aimv2_text};
}

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
