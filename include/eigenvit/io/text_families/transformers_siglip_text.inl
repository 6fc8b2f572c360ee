/// transformers' SigLIP and SigLIP 2: `SiglipTextModel` and the side of texts of `SiglipModel`, and
/// the same classes of SigLIP 2.
#ifndef EIGENVIT_IO_TEXT_FAMILIES_TRANSFORMERS_SIGLIP_TEXT_INL
#define EIGENVIT_IO_TEXT_FAMILIES_TRANSFORMERS_SIGLIP_TEXT_INL

#include <eigenvit/io/text_families/transformers_text_tower.inl>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

inline constexpr TextClasses siglip_text_classes = {"siglip", "siglip_text_model", "SiglipModel",
                                                    "SiglipTextModel"};
inline constexpr TextClasses siglip2_text_classes = {"siglip2", "siglip2_text_model",
                                                     "Siglip2Model", "Siglip2TextModel"};

/// No mask: texts are filled up to the context length, and the vector is that of the last token,
/// through a linear layer. Scaled to length 1 by the pair alone. Source: transformers,
/// models/siglip and models/siglip2; Zhai et al., arXiv:2303.15343; Tschannen et al.,
/// arXiv:2502.14786.
inline TextCheckpoint read_siglip_text(const TextFiles& files, const TextClasses& classes) {
  const JsonObject json(files.config, files.config_source);
  TextCheckpoint checkpoint = transformers_text_tower(json, files, classes, {});
  checkpoint.names.projection = checkpoint.names.prefix.empty() ? "head" : "text_model.head";
  TextConfig& config = checkpoint.config;
  config.causal = false;
  config.text_pool = TextPool::last;
  config.projection_dim = static_cast<Index>(
      transformers_text_config(json).integer_or("projection_size", config.embed_dim, 1, 1 << 16));
  config.projection_bias = true;
  checkpoint.contrastive = contrastive_logits(files.tensors, TextScore::sigmoid);
  return checkpoint;
}

inline TextFamily transformers_siglip_text_family() {
  return {"transformers model_type siglip and siglip_text_model",
          [](const nlohmann::json& config) { return siglip_text_classes.recognise(config); },
          [](const TextFiles& files) { return read_siglip_text(files, siglip_text_classes); }};
}

inline TextFamily transformers_siglip2_text_family() {
  return {"transformers model_type siglip2 and siglip2_text_model",
          [](const nlohmann::json& config) { return siglip2_text_classes.recognise(config); },
          [](const TextFiles& files) { return read_siglip_text(files, siglip2_text_classes); }};
}

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
