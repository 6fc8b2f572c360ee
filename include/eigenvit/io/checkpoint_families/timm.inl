/// timm's `vision_transformer` and `deit` modules: plain ViTs, with what timm needs no other module
/// for.
#ifndef EIGENVIT_IO_CHECKPOINT_FAMILIES_TIMM_INL
#define EIGENVIT_IO_CHECKPOINT_FAMILIES_TIMM_INL

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include <eigenvit/core/error.hpp>
#include <eigenvit/core/message.hpp>
#include <eigenvit/io/checkpoint_family.hpp>
#include <eigenvit/io/json_reader.hpp>
#include <eigenvit/io/preprocessor_config.hpp>
#include <eigenvit/io/text.hpp>
#include <eigenvit/io/timm_architectures.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// Reads `model_args`, the arguments that a folder overrides its architecture's with.
inline void apply_timm_model_args(const JsonObject& args, TimmArchitecture& arch,
                                  VitConfig& config) {
  const auto choice = [&](const std::string& key) {
    return args.boolean(key) ? TimmChoice::yes : TimmChoice::no;
  };
  for (const auto& [key, value] : args.json().get_ref<const nlohmann::json::object_t&>()) {
    // null is what the argument's default would be given as.
    if (value.is_null()) continue;
    if (key == "img_size") {
      const auto size = args.sides(key, 1 << 16);
      arch.img_height = static_cast<int>(size[0]);
      arch.img_width = static_cast<int>(size[1]);
    } else if (key == "patch_size") {
      const auto size = args.sides(key, 1 << 16);
      config.patch_height = static_cast<Index>(size[0]);
      config.patch_width = static_cast<Index>(size[1]);
    } else if (key == "in_chans") {
      config.in_chans = static_cast<Index>(args.integer(key, 1, 4096));
    } else if (key == "num_classes") {
      arch.num_classes = static_cast<int>(args.integer(key, 0, 1 << 24));
    } else if (key == "embed_dim") {
      arch.embed_dim = static_cast<int>(args.integer(key, 1, 1 << 16));
    } else if (key == "depth") {
      arch.depth = static_cast<int>(args.integer(key, 1, 1 << 12));
    } else if (key == "num_heads") {
      arch.num_heads = static_cast<int>(args.integer(key, 1, 1 << 16));
    } else if (key == "reg_tokens") {
      arch.reg_tokens = static_cast<int>(args.integer(key, 0, 1 << 12));
    } else if (key == "mlp_ratio") {
      arch.mlp_ratio = args.number(key, 1e-3, 1e3);
    } else if (key == "init_values") {
      // Any number asks for LayerScale; its value matters in training only.
      args.number(key, -1e9, 1e9);
      arch.layer_scale = true;
    } else if (key == "class_token") {
      arch.class_token = args.boolean(key);
    } else if (key == "no_embed_class") {
      arch.no_embed_class = args.boolean(key);
    } else if (key == "pre_norm") {
      arch.pre_norm = args.boolean(key);
    } else if (key == "qkv_bias") {
      arch.qkv_bias = args.boolean(key);
    } else if (key == "final_norm") {
      arch.final_norm = choice(key);
    } else if (key == "fc_norm") {
      arch.fc_norm = choice(key);
    } else if (key == "global_pool") {
      const std::string pool = args.string(key);
      if (pool != "token" && pool != "avg") {
        raise<UnsupportedError>({args.place(key), ": expected token or avg, found ", Quoted{pool}});
      }
      arch.global_pool = pool == "token" ? TimmPool::token : TimmPool::avg;
    } else {
      // What acts in training only, or chooses between equal computations.
      static const std::array<const char*, 11> without_effect = {
          "dynamic_img_size", "dynamic_img_pad", "strict_img_size", "drop_rate",
          "pos_drop_rate",    "patch_drop_rate", "proj_drop_rate",  "attn_drop_rate",
          "drop_path_rate",   "weight_init",     "fix_init"};
      if (std::find(without_effect.begin(), without_effect.end(), key) == without_effect.end()) {
        raise<UnsupportedError>({args.place(key),
                                 ": expected an argument of a plain vision transformer, found ",
                                 json_text(value)});
      }
    }
  }
}

/// What of an architecture this library does not compute; null when all is well.
inline const char* unsupported_timm_feature(const TimmArchitecture& arch) {
  if (arch.model_class == TimmClass::eva) return "timm's eva module";
  if (arch.model_class == TimmClass::beit) return "timm's beit module";
  if (arch.block == TimmBlock::res_post_norm) return "post-norm blocks";
  if (arch.block != TimmBlock::pre_norm) return "parallel blocks";
  if (arch.attention != TimmAttention::standard) return "differential attention";
  if (arch.mlp != TimmMlp::mlp) return "gated MLPs";
  if (arch.norm != TimmNorm::layer_norm) return "RMSNorm";
  if (arch.global_pool == TimmPool::map) return "attention pooling";
  if (arch.rope != TimmRope::none) return "rotary embeddings";
  if (arch.rel_pos_bias || arch.shared_rel_pos_bias) return "relative position bias";
  if (arch.qk_norm) return "normalised queries and keys";
  if (arch.attn_inner_norm || arch.mlp_inner_norm) return "norms inside attention or MLP";
  if (arch.embed_norm) return "a norm of the patches";
  if (!arch.proj_bias) return "projections without bias";
  if (!arch.abs_pos_embed) return "no position embedding";
  if (arch.pool_include_prefix) return "pooling over prefix tokens";
  return nullptr;
}

inline Activation timm_activation(TimmActivation activation) {
  switch (activation) {
    case TimmActivation::gelu:
      return Activation::gelu;
    case TimmActivation::gelu_tanh:
      return Activation::gelu_tanh;
    case TimmActivation::quick_gelu:
      return Activation::quick_gelu;
    case TimmActivation::silu:
      return Activation::silu;
  }
  return Activation::gelu;
}

/// The configuration that timm's constructors derive from their arguments.
inline VitConfig timm_vit_config(const TimmArchitecture& arch, VitConfig config) {
  config.image_height = arch.img_height;
  config.image_width = arch.img_width;
  config.embed_dim = arch.embed_dim;
  config.depth = arch.depth;
  config.num_heads = arch.num_heads;
  config.mlp_hidden = static_cast<Index>(static_cast<double>(arch.embed_dim) * arch.mlp_ratio);
  config.num_classes = arch.num_classes;
  config.class_token = arch.class_token;
  config.dist_token = arch.dist_token;
  config.reg_tokens = arch.reg_tokens;
  config.no_embed_class = arch.no_embed_class;
  // `resample_abs_pos_embed`.
  config.pos_interpolation = {GridInterpolation::Kernel::bicubic, true, 0};
  config.patch_bias = !arch.pre_norm;
  config.qkv_bias = arch.qkv_bias;
  config.pre_norm = arch.pre_norm;
  config.layer_scale = arch.layer_scale;
  config.act = timm_activation(arch.activation);
  config.norm_eps = arch.norm_eps;
  const bool average = arch.global_pool == TimmPool::avg;
  const bool after_pool =
      arch.fc_norm == TimmChoice::unset ? average : arch.fc_norm == TimmChoice::yes;
  const bool any_norm = arch.final_norm != TimmChoice::no;
  config.final_norm = any_norm && !after_pool;
  config.fc_norm = any_norm && after_pool;
  config.global_pool = average ? Pool::avg : Pool::token;
  if (arch.model_class == TimmClass::vision_transformer_distilled) {
    // Two heads, whose logits are averaged; features are the mean of the two tokens.
    config.global_pool = Pool::token_pair;
    config.dist_head = arch.num_classes > 0;
  }
  return config;
}

/// `label_names`, each replaced by its entry in `label_descriptions` where there is one.
inline std::vector<std::string> timm_labels(const JsonObject& config,
                                            const JsonObject& pretrained) {
  const JsonObject& holder = config.has("label_names") ? config : pretrained;
  if (!holder.has("label_names")) return {};
  std::vector<std::string> labels = holder.strings("label_names");
  const nlohmann::json* const descriptions = holder.find("label_descriptions");
  if (descriptions != nullptr && descriptions->is_object()) {
    const JsonObject texts = holder.object("label_descriptions");
    for (std::string& label : labels) label = texts.string_or(label, label);
  }
  return labels;
}

/// Reads a timm folder. The architecture's arguments come from the compiled-in table, then those of
/// the pretrained configuration, then `model_args`, as `timm.create_model` does it.
/// Source: timm, models/_builder.py, models/_hub.py, models/vision_transformer.py, models/deit.py.
inline Checkpoint read_timm(const CheckpointFiles& files) {
  const JsonObject json(files.config, files.config_source);
  const std::string name = json.string("architecture");
  const TimmArchitecture* const known = find_timm_architecture(name);
  if (known == nullptr) {
    std::string close;
    for (const std::string& candidate : closest_timm_architectures(name)) {
      close += message({close.empty() ? "" : ", ", candidate});
    }
    raise<UnsupportedError>({json.place("architecture"),
                             ": expected one of timm's vision transformers (closest: ", close,
                             "), found ", Quoted{name}});
  }
  TimmArchitecture arch = *known;
  // Folders of old versions have the pretrained configuration at the top level.
  const JsonObject pretrained = json.find_object("pretrained_cfg").value_or(json);

  Checkpoint checkpoint;
  checkpoint.family = "timm";
  checkpoint.architecture = std::string(arch.name);
  VitConfig& config = checkpoint.config;
  config.patch_height = config.patch_width = arch.patch_size;
  const auto args = json.find_object("model_args");
  if (pretrained.has("input_size")) {
    const auto input = pretrained.integers("input_size", 3, 1, 1 << 16);
    config.in_chans = static_cast<Index>(input[0]);
    // Where any size is to be taken, timm builds the architecture's own grid.
    const bool any_size = args && (args->boolean_or("dynamic_img_size", false) ||
                                   !args->boolean_or("strict_img_size", true));
    if (pretrained.boolean_or("fixed_input_size", true) && !any_size) {
      arch.img_height = static_cast<int>(input[1]);
      arch.img_width = static_cast<int>(input[2]);
    }
  }
  const JsonObject& classes = json.has("num_classes") ? json : pretrained;
  arch.num_classes =
      static_cast<int>(classes.integer_or("num_classes", arch.num_classes, 0, 1 << 24));
  if (args) apply_timm_model_args(*args, arch, config);
  if (const char* const feature = unsupported_timm_feature(arch)) {
    raise<UnsupportedError>({json.place("architecture"),
                             ": expected a plain vision transformer, found ", Quoted{name},
                             ", which has ", feature});
  }
  config = timm_vit_config(arch, config);

  CheckpointNames& names = checkpoint.names;
  const bool wrapped = files.tensors.find("timm_model.patch_embed.proj.weight") != nullptr;
  if (wrapped) {
    names.prefix = "timm_model.";
    names.head = "timm_model.head";
    names.head_dist = "timm_model.head_dist";
  }
  names.pos_embed_prefix_rows =
      config.no_embed_class ? 0 : static_cast<int>(config.prefix_tokens());
  // timm refuses tensors that the model has no place for, and so do we; but for a head that
  // `num_classes` 0 takes off.
  names.strict = true;
  if (config.num_classes == 0) names.ignored = {wrapped ? "timm_model.head" : "head"};

  checkpoint.preprocessing =
      timm_preprocess_config(files.config, files.config_source, files.image_size);
  checkpoint.labels = timm_labels(json, pretrained);
  if (config.num_classes == 0) checkpoint.labels.clear();
  return checkpoint;
}

inline CheckpointFamily timm_family() {
  return {
      "timm", "timm architectures vit_* and deit*",
      [](const nlohmann::json& config) { return json_string(config, "architecture") != nullptr; },
      read_timm};
}

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
