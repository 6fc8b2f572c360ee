/// transformers' YOLOS: `YolosModel`, `YolosForObjectDetection`.
#ifndef EIGENVIT_IO_CHECKPOINT_FAMILIES_TRANSFORMERS_YOLOS_INL
#define EIGENVIT_IO_CHECKPOINT_FAMILIES_TRANSFORMERS_YOLOS_INL

#include <eigenvit/io/checkpoint_families/transformers_vit_like.inl>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// ViT with detection tokens after the patches, and, where the configuration has it, positions
/// that are added between the blocks too. The detection heads read the normed detection tokens:
/// `logits` are those of their classes, of which the last means no object, `pred_boxes` the
/// boxes. Positions are resampled at any other size. The pooled vector of the detector is the
/// normed CLS. Source: transformers, models/yolos; Fang et al., arXiv:2106.00666.
inline Checkpoint read_transformers_yolos(const CheckpointFiles& files) {
  const JsonObject json(files.config, files.config_source);
  Checkpoint checkpoint;
  checkpoint.family = "transformers yolos";
  checkpoint.architecture = transformers_architecture(json, "YolosModel");
  VitConfig& config = checkpoint.config;
  config = transformers_vit_like_config(json);
  if (!json.has("image_size")) {
    config.image_height = 512;
    config.image_width = 864;
  }
  config.det_tokens = static_cast<Index>(json.integer_or("num_detection_tokens", 100, 1, 1 << 12));
  config.mid_pos_embed = json.boolean_or("use_mid_position_embeddings", true) && config.depth > 1;

  CheckpointNames& names = checkpoint.names;
  names = transformers_vit_like_names(files.tensors, "vit.");
  names.det_token = "embeddings.detection_tokens";
  names.mid_pos_embed = "encoder.mid_position_embeddings";
  if (files.tensors.find(message({names.prefix, names.mid_pos_embed})) == nullptr) {
    names.mid_pos_embed = "encoder.interpolation.mid_position_embeddings";
  }
  names.class_head = "class_labels_classifier.layers.";
  names.box_head = "bbox_predictor.layers.";
  config.num_classes = 0;
  if (files.tensors.find("class_labels_classifier.layers.0.weight") != nullptr) {
    config.num_classes =
        classifier_rows(json, files.tensors, "class_labels_classifier.layers.2.weight");
    if (config.num_classes < 2) {
      raise<ConfigError>(
          {files.tensors.source(),
           ": tensor 'class_labels_classifier.layers.2.weight': expected rows for at least one "
           "class and for no object, found ",
           config.num_classes});
    }
    const auto objects = static_cast<std::size_t>(config.num_classes - 1);
    checkpoint.labels = transformers_labels(json, objects, checkpoint);
    if (!checkpoint.labels.empty()) checkpoint.labels.push_back("no object");
  } else {
    transformers_pooler(json, files, names, config);
  }
  transformers_preprocessing(files, "YolosImageProcessor", checkpoint);
  return checkpoint;
}

inline CheckpointFamily transformers_yolos_family() {
  return {"transformers yolos", "transformers model_type yolos",
          [](const nlohmann::json& config) { return has_model_type(config, "yolos"); },
          read_transformers_yolos};
}

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
