/// transformers' CLIP, Meta CLIP 2, OWL-ViT and OWLv2: `CLIPTextModel`,
/// `CLIPTextModelWithProjection` and the side of texts of `CLIPModel`, and the same classes of the
/// others.
#ifndef EIGENVIT_IO_TEXT_FAMILIES_TRANSFORMERS_CLIP_TEXT_INL
#define EIGENVIT_IO_TEXT_FAMILIES_TRANSFORMERS_CLIP_TEXT_INL

#include <limits>

#include <eigenvit/io/text_families/transformers_text_tower.inl>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

inline constexpr TextClasses clip_text_classes = {"clip", "clip_text_model", "CLIPModel",
                                                  "CLIPTextModel"};
inline constexpr TextClasses metaclip_2_text_classes = {"metaclip_2", "metaclip_2_text_model",
                                                        "MetaClip2Model", "MetaClip2TextModel"};
inline constexpr TextClasses owlvit_text_classes = {"owlvit", "owlvit_text_model", "OwlViTModel",
                                                    "OwlViTTextModel"};
inline constexpr TextClasses owlv2_text_classes = {"owlv2", "owlv2_text_model", "Owlv2Model",
                                                   "Owlv2TextModel"};

/// Causal; the vector is that of the first end token. `text_embeds` are its projection, scaled to
/// length 1 by the pair alone. Source: transformers, models/clip; Radford et al., arXiv:2103.00020.
inline TextCheckpoint read_clip_text(const TextFiles& files, const TextClasses& classes,
                                     Index context_length = 77) {
  const JsonObject json(files.config, files.config_source);
  TextDefaults defaults;
  defaults.vocabulary = 49408;
  defaults.context_length = context_length;
  defaults.hidden_size = 512;
  defaults.num_heads = 8;
  defaults.mlp_hidden = 2048;
  defaults.layer_norm_eps = 1e-5;
  defaults.hidden_act = "quick_gelu";
  TextCheckpoint checkpoint = transformers_text_tower(json, files, classes, defaults);
  TextConfig& config = checkpoint.config;
  const JsonObject text = transformers_text_config(json);
  config.end_id = static_cast<Index>(
      text.integer_or("eos_token_id", 49407, 0, std::numeric_limits<std::int32_t>::max()));
  const bool pair = has_model_type(files.config, classes.pair_type);
  if (files.tensors.find(message({checkpoint.names.projection, ".weight"})) != nullptr) {
    // A pair states the width of its projections itself.
    config.projection_dim =
        static_cast<Index>((pair ? json : text).integer_or("projection_dim", 512, 1, 1 << 16));
  }
  checkpoint.contrastive = contrastive_logits(files.tensors, TextScore::softmax, classes.logits);
  return checkpoint;
}

inline TextFamily transformers_clip_text_family() {
  return {"transformers model_type clip and clip_text_model",
          [](const nlohmann::json& config) { return clip_text_classes.recognise(config); },
          [](const TextFiles& files) {
            TextCheckpoint checkpoint = read_clip_text(files, clip_text_classes);
            // The first published configurations state another token than the one that ends texts,
            // which has the greatest id.
            if (checkpoint.config.end_id == 2) {
              checkpoint.config.text_pool = TextPool::greatest_id;
            }
            return checkpoint;
          }};
}

/// Source: transformers, models/metaclip_2; Chuang et al., arXiv:2507.22062.
inline TextFamily transformers_metaclip_2_text_family() {
  return {"transformers model_type metaclip_2 and metaclip_2_text_model",
          [](const nlohmann::json& config) { return metaclip_2_text_classes.recognise(config); },
          [](const TextFiles& files) { return read_clip_text(files, metaclip_2_text_classes); }};
}

/// The text's vector is that of its greatest id. A detector has the pair inside of it; what it
/// makes of texts and patches together is left alone. Source: transformers, models/owlvit and
/// models/owlv2; Minderer et al., arXiv:2205.06230 and arXiv:2306.09683.
inline TextFamily transformers_owlvit_text_family() {
  return {"transformers model_type owlvit, owlvit_text_model, owlv2 and owlv2_text_model",
          [](const nlohmann::json& config) {
            return owlvit_text_classes.recognise(config) || owlv2_text_classes.recognise(config);
          },
          [](const TextFiles& files) {
            const bool second = owlv2_text_classes.recognise(files.config);
            TextClasses classes = second ? owlv2_text_classes : owlvit_text_classes;
            const char* const inside = second ? "owlv2.text_projection" : "owlvit.text_projection";
            if (files.tensors.find(message({inside, ".weight"})) != nullptr) {
              classes.prefix = second ? "owlv2.text_model." : "owlvit.text_model.";
              classes.projection = inside;
              classes.logits = second ? "owlv2." : "owlvit.";
            }
            TextCheckpoint checkpoint = read_clip_text(files, classes, 16);
            checkpoint.config.text_pool = TextPool::greatest_id;
            return checkpoint;
          }};
}

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
