/// transformers' RADIO: `RadioModel`.
#ifndef EIGENVIT_IO_CHECKPOINT_FAMILIES_TRANSFORMERS_RADIO_INL
#define EIGENVIT_IO_CHECKPOINT_FAMILIES_TRANSFORMERS_RADIO_INL

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <eigenvit/io/checkpoint_families/transformers_vit_like.inl>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// The names of the release, which transformers writes too, or transformers' own.
inline CheckpointNames radio_names(const TensorStore& tensors, bool gated) {
  CheckpointNames names;
  if (tensors.find("embeddings.patch_projection.weight") != nullptr) {
    names.cls_token = names.reg_token = "embeddings.cls_register_token";
    names.pos_embed = "embeddings.position_embedding";
    names.patch_embed = "embeddings.patch_projection";
    names.block = "encoder.layer.{}.";
    names.qkv = {"attention.q_proj", "attention.k_proj", "attention.v_proj"};
    names.proj = "attention.o_proj";
  } else {
    names.prefix = "radio_model.model.";
    names.cls_token = names.reg_token = "patch_generator.cls_token.token";
    names.pos_embed = "patch_generator.pos_embed";
    names.patch_embed = "patch_generator.embedder";
  }
  names.patch_layout = PatchLayout::rows;
  names.pos_embed_prefix_rows = 0;
  names.ls1 = "layer_scale1.lambda1";
  names.ls2 = "layer_scale2.lambda1";
  if (gated) {
    names.fc1 = "mlp.gate_proj";
    names.fc1_ungated = "mlp.up_proj";
    names.fc2 = "mlp.down_proj";
  }
  return names;
}

/// Which tokens the summary is made of.
inline Pool radio_pool(const JsonObject& json) {
  constexpr const char* key = "summary_idxs";
  const nlohmann::json* const stated = json.find(key);
  if (stated == nullptr) return Pool::first_two;
  const std::size_t count = stated->size();
  if (count == 1 || count == 2) {
    const std::vector<std::int64_t> places = json.integers(key, count, 0, 1 << 12);
    if (places.front() == 0 && count == 1) return Pool::token;
    if (places.front() == 0 && places.back() == 1) return Pool::first_two;
  }
  json.fail(key, "[0, 1] or [0]");
}

/// A buffer of the network's normalisation; where the file has none, what the configuration states.
inline void radio_statistic(const CheckpointFiles& files, const JsonObject& json, const char* name,
                            std::array<float, 3>& statistic) {
  if (json.has(name)) {
    const std::vector<double> stated = json.numbers(name, 3, -1e6, 1e6);
    std::transform(stated.begin(), stated.end(), statistic.begin(),
                   [](double value) { return static_cast<float>(value); });
  }
  const TensorInfo* buffer = files.tensors.find(message({"input_conditioner.", name}));
  if (buffer == nullptr) {
    buffer = files.tensors.find(message({"radio_model.input_conditioner.", name}));
  }
  if (buffer == nullptr) return;
  if (buffer->element_count() != 3) {
    raise<ShapeError>({files.tensors.source(), ": tensor ", Quoted{buffer->name},
                       ": expected 3 values, found ", buffer->description()});
  }
  files.tensors.read(*buffer, statistic.data());
}

/// The processor's recipe, then the network's own normalisation.
inline void radio_preprocessing(const CheckpointFiles& files, const JsonObject& json,
                                Checkpoint& checkpoint) {
  constexpr const char* processor = "CLIPImageProcessor";
  PreprocessConfig& recipe = checkpoint.preprocessing;
  if (files.preprocessor != nullptr) {
    recipe = transformers_preprocess_config(*files.preprocessor, processor,
                                            files.preprocessor_source, files.image_size, 3);
    if (recipe.normalize) {
      raise<UnsupportedError>({files.preprocessor_source,
                               ": key 'do_normalize': expected false, as the network does it, "
                               "found true"});
    }
  } else {
    checkpoint.notes.push_back(message(
        {files.config_source, ": no preprocessor_config.json beside it: resized to image_size"}));
    recipe = transformers_preprocess_config(
        nlohmann::json::object(), processor, files.config_source,
        files.image_size.value_or(transformers_size(json, "image_size", 224)), 3);
  }
  recipe.normalize = true;
  radio_statistic(files, json, "norm_mean", recipe.mean);
  radio_statistic(files, json, "norm_std", recipe.std);
}

/// No norm after the blocks. The position table is that of a large square; for a grid it is
/// resampled to a square of the longer side, of which the upper left part counts. The pooled vector
/// is the class's `summary`. Pixel values are those after the network's own normalisation
/// (`make_preprocessor_external`). Source: transformers, models/radio; Ranzinger et al.,
/// arXiv:2312.06709.
inline Checkpoint read_transformers_radio(const CheckpointFiles& files) {
  const JsonObject json(files.config, files.config_source);
  TransformersDefaults defaults;
  defaults.hidden_size = 1280;
  defaults.depth = 32;
  defaults.num_heads = 16;
  defaults.layer_norm_eps = 1e-6;
  Checkpoint checkpoint;
  checkpoint.family = "transformers radio";
  checkpoint.architecture = transformers_architecture(json, "RadioModel");

  VitConfig& config = checkpoint.config;
  config = transformers_vit_like_config(json, defaults);
  config.num_classes = 0;
  config.mlp_gate = json.boolean_or("use_swiglu_ffn", false);
  config.mlp_hidden = transformers_mlp_width(json, config.embed_dim, config.mlp_gate);
  if (config.mlp_gate) config.act = Activation::silu;
  const auto table = static_cast<Index>(json.integer_or("max_img_size", 2048, 1, 1 << 16));
  config.image_height = config.image_width = table;
  config.reg_tokens = static_cast<Index>(json.integer_or("num_cls_tokens", 3, 1, 1 << 12) - 1 +
                                         json.integer_or("num_registers", 7, 0, 1 << 12));
  config.no_embed_class = true;
  config.patch_bias = false;
  config.pos_interpolation = {GridInterpolation::Kernel::bilinear, false, 0};
  config.pos_interpolation.crops_square = true;
  config.final_norm = false;
  config.global_pool = radio_pool(json);

  CheckpointNames& names = checkpoint.names;
  names = radio_names(files.tensors, config.mlp_gate);
  const std::string first_block =
      names.prefix.empty() ? "encoder.layer.0." : "radio_model.model.blocks.0.";
  config.layer_scale = files.tensors.find(first_block + std::string(names.ls1)) != nullptr;
  radio_preprocessing(files, json, checkpoint);
  return checkpoint;
}

inline CheckpointFamily transformers_radio_family() {
  return {"transformers radio", "transformers model_type radio",
          [](const nlohmann::json& config) { return has_model_type(config, "radio"); },
          read_transformers_radio};
}

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
