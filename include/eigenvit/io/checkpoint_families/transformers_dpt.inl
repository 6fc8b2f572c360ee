/// transformers' DPT: the encoder of `DPTForDepthEstimation` and `DPTForSemanticSegmentation`, a
/// plain ViT or a backbone.
#ifndef EIGENVIT_IO_CHECKPOINT_FAMILIES_TRANSFORMERS_DPT_INL
#define EIGENVIT_IO_CHECKPOINT_FAMILIES_TRANSFORMERS_DPT_INL

#include <string>

#include <eigenvit/io/checkpoint_families/transformers_beit.inl>
#include <eigenvit/io/checkpoint_families/transformers_dinov2.inl>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// A ViT whose position table is resampled bilinearly.
inline Checkpoint read_transformers_dpt_vit(const CheckpointFiles& files) {
  const JsonObject json(files.config, files.config_source);
  TransformersDefaults defaults;
  defaults.image_size = 384;
  Checkpoint checkpoint;
  VitConfig& config = checkpoint.config;
  config = transformers_vit_like_config(json, defaults);
  require_square_image(json, config);
  config.pos_interpolation.kernel = GridInterpolation::Kernel::bilinear;
  config.num_classes = 0;
  checkpoint.names = transformers_vit_like_names(files.tensors, "dpt.");
  transformers_preprocessing(files, "DPTImageProcessor", checkpoint);
  return checkpoint;
}

/// The backbone of a DPT decoder.
inline Checkpoint read_transformers_dpt_backbone(const CheckpointFiles& files,
                                                 const JsonObject& backbone,
                                                 const char* processor) {
  const std::string type = backbone.string("model_type");
  const CheckpointFiles backbone_files{
      backbone.json(), files.preprocessor, files.config_source, files.preprocessor_source,
      files.tensors,   files.image_size,   files.release,       files.dataset_index};
  if (type == "dinov2") {
    return read_transformers_dinov2(backbone_files, {false, "backbone.", processor});
  }
  if (type != "beit") {
    raise<UnsupportedError>(
        {backbone.place("model_type"), ": expected dinov2 or beit, found ", type});
  }
  const char* const embeddings = "backbone.beit.embeddings.patch_embeddings.projection.weight";
  const char* const prefix =
      files.tensors.find(embeddings) != nullptr ? "backbone.beit." : "backbone.";
  Checkpoint checkpoint = read_transformers_beit(backbone_files, false, {prefix, processor});
  checkpoint.config.fc_norm = false;
  checkpoint.config.global_pool = Pool::token;
  return checkpoint;
}

/// Source: transformers, models/dpt; Ranftl et al., arXiv:2103.13413.
inline Checkpoint read_transformers_dpt(const CheckpointFiles& files) {
  const JsonObject json(files.config, files.config_source);
  if (json.boolean_or("is_hybrid", false)) {
    raise<UnsupportedError>({json.place("is_hybrid"), ": expected false, found true"});
  }
  const std::string architecture = transformers_architecture(json, "DPTForDepthEstimation");
  Checkpoint checkpoint;
  if (const auto backbone = json.find_object("backbone_config")) {
    if (architecture == "DPTForSemanticSegmentation") {
      raise<UnsupportedError>({json.place("backbone_config"), ": expected none, as ", architecture,
                               " reads none, found one"});
    }
    checkpoint = read_transformers_dpt_backbone(files, *backbone, "DPTImageProcessor");
  } else {
    checkpoint = read_transformers_dpt_vit(files);
  }
  checkpoint.family = "transformers dpt";
  checkpoint.architecture = architecture;
  checkpoint.config.pooled_is_pooler_output = false;
  return checkpoint;
}

inline CheckpointFamily transformers_dpt_family() {
  return {"transformers dpt", "transformers model_type dpt",
          [](const nlohmann::json& config) { return has_model_type(config, "dpt"); },
          read_transformers_dpt};
}

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
