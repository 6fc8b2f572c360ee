/// transformers' ViTPose and ViTPose+: `VitPoseBackbone`, `VitPoseForPoseEstimation`.
#ifndef EIGENVIT_IO_CHECKPOINT_FAMILIES_TRANSFORMERS_VITPOSE_INL
#define EIGENVIT_IO_CHECKPOINT_FAMILIES_TRANSFORMERS_VITPOSE_INL

#include <eigenvit/io/checkpoint_families/transformers_vit_like.inl>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// The expert whose outputs the network has: the class has none by default.
inline void vitpose_expert(const JsonObject& json, const CheckpointFiles& files,
                           VitConfig& config) {
  const std::int64_t experts = json.integer_or("num_experts", 1, 1, 1 << 12);
  if (experts == 1) return;
  config.expert_outputs =
      static_cast<Index>(json.integer_or("part_features", 256, 1, config.embed_dim - 1));
  const Index index = files.dataset_index.value_or(-1);
  if (index < 0 || index >= experts) {
    raise<ConfigError>({json.place("num_experts"), ": expected a dataset index from 0 to ",
                        experts - 1, " to choose one of ", experts, " experts, found ",
                        files.dataset_index ? message({index}) : "none"});
  }
  config.expert = index;
}

/// Patches that begin two pixels outside of the image, no CLS token, and the table's row for one
/// added to all patches. In ViTPose+ an expert for each dataset has the last outputs of the MLPs.
/// Source: transformers, models/vitpose_backbone, models/vitpose; Xu et al., arXiv:2204.12484,
/// arXiv:2212.04246.
inline Checkpoint read_transformers_vitpose(const CheckpointFiles& files) {
  const JsonObject top(files.config, files.config_source);
  const bool bare = top.string_or("model_type", "") == "vitpose_backbone";
  const JsonObject json = bare ? top : top.object("backbone_config");
  const std::string type = json.string_or("model_type", "vitpose_backbone");
  if (type != "vitpose_backbone") {
    raise<UnsupportedError>(
        {json.place("model_type"), ": expected vitpose_backbone, found ", Quoted{type}});
  }
  Checkpoint checkpoint;
  checkpoint.family = "transformers vitpose";
  checkpoint.architecture =
      transformers_architecture(top, bare ? "VitPoseBackbone" : "VitPoseForPoseEstimation");
  VitConfig& config = checkpoint.config;
  config = transformers_vit_like_config(json);
  if (!json.has("image_size")) {
    config.image_height = 256;
    config.image_width = 192;
  }
  config.dynamic_image_size = false;
  config.patch_padding = 2;
  config.mlp_hidden = transformers_mlp_width(json, config.embed_dim, false);
  config.class_token = false;
  config.global_pool = Pool::avg;
  config.num_classes = 0;
  vitpose_expert(json, files, config);
  checkpoint.names = transformers_vit_like_names(files.tensors, "backbone.");
  checkpoint.names.fc1 = "mlp.fc1";
  checkpoint.names.fc2 = "mlp.fc2";
  if (config.expert_outputs > 0) checkpoint.names.ignored_parts = {".mlp.experts."};
  checkpoint.names.pos_embed_layout = PositionLayout::shared;
  checkpoint.names.pos_embed_prefix_rows = 0;
  transformers_preprocessing(files, "VitPoseImageProcessor", checkpoint);
  return checkpoint;
}

inline CheckpointFamily transformers_vitpose_family() {
  return {"transformers vitpose", "transformers model_type vitpose or vitpose_backbone",
          [](const nlohmann::json& config) {
            return has_model_type(config, "vitpose") || has_model_type(config, "vitpose_backbone");
          },
          read_transformers_vitpose};
}

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
