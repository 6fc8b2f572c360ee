/// timm's `vision_transformer`, `deit`, `eva` and `beit` modules.
#ifndef EIGENVIT_IO_CHECKPOINT_FAMILIES_TIMM_INL
#define EIGENVIT_IO_CHECKPOINT_FAMILIES_TIMM_INL

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include <eigenvit/core/error.hpp>
#include <eigenvit/core/message.hpp>
#include <eigenvit/io/checkpoint_families/class_labels.inl>
#include <eigenvit/io/checkpoint_families/timm_arguments.inl>
#include <eigenvit/io/checkpoint_family.hpp>
#include <eigenvit/io/json_reader.hpp>
#include <eigenvit/io/preprocessor_config.hpp>
#include <eigenvit/io/text.hpp>
#include <eigenvit/io/timm_architectures.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

inline bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
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

inline Pool timm_pool(TimmPool pool) {
  switch (pool) {
    case TimmPool::token:
      return Pool::token;
    case TimmPool::avg:
      return Pool::avg;
    case TimmPool::map:
      return Pool::map;
    case TimmPool::max:
      return Pool::max;
    case TimmPool::avgmax:
      return Pool::avgmax;
  }
  return Pool::token;
}

inline RopeConfig timm_rope(const TimmArchitecture& arch) {
  RopeConfig rope;
  switch (arch.rope) {
    case TimmRope::none:
      return rope;
    case TimmRope::cat:
      rope.kind = RopeKind::axial;
      rope.ref_height = arch.rope_ref_height;
      rope.ref_width = arch.rope_ref_width;
      break;
    case TimmRope::mixed:
      rope.kind = RopeKind::mixed;
      break;
    case TimmRope::dinov3:
      rope.kind = RopeKind::centered;
      break;
  }
  rope.temperature = arch.rope_temperature;
  rope.grid_offset = arch.rope_grid_offset;
  rope.xy = arch.rope_xy;
  rope.rotate_half = arch.rope_rotate_half;
  return rope;
}

/// Which of the two last norms there are, and what is pooled: each class has its own rule.
inline void timm_pooling(const TimmArchitecture& arch, VitConfig& config) {
  const auto resolved = [](TimmChoice choice, bool unset) {
    return choice == TimmChoice::unset ? unset : choice == TimmChoice::yes;
  };
  const bool average = arch.global_pool == TimmPool::avg;
  config.global_pool = timm_pool(arch.global_pool);
  config.pool_include_prefix = arch.pool_include_prefix;
  config.attn_pool_heads = arch.num_heads;
  double ratio = arch.mlp_ratio;
  config.attn_pool_act = timm_activation(arch.activation);
  switch (arch.model_class) {
    case TimmClass::eva:
      config.fc_norm = resolved(arch.fc_norm, average);
      config.final_norm = resolved(arch.final_norm, !config.fc_norm);
      config.pool_include_prefix = arch.global_pool == TimmPool::map;
      if (arch.attn_pool_num_heads > 0) config.attn_pool_heads = arch.attn_pool_num_heads;
      if (arch.attn_pool_mlp_ratio > 0) ratio = arch.attn_pool_mlp_ratio;
      config.attn_pool_act = Activation::gelu;
      break;
    case TimmClass::beit:
      config.fc_norm = resolved(arch.fc_norm, average);
      config.final_norm = !config.fc_norm;
      break;
    default: {
      const bool after_pool =
          resolved(arch.fc_norm, average || arch.global_pool == TimmPool::avgmax ||
                                     arch.global_pool == TimmPool::max);
      const bool any_norm = arch.final_norm != TimmChoice::no;
      config.final_norm = any_norm && !after_pool;
      config.fc_norm = any_norm && after_pool;
    }
  }
  if (config.global_pool == Pool::map) {
    config.attn_pool_hidden = static_cast<Index>(static_cast<double>(arch.embed_dim) * ratio);
  }
  if (arch.model_class == TimmClass::vision_transformer_distilled) {
    // Two heads, whose logits are averaged; features are the mean of the two tokens.
    config.global_pool = Pool::token_pair;
    config.dist_head = arch.num_classes > 0;
  }
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
  config.pos_embed = arch.abs_pos_embed;
  config.no_embed_class = arch.no_embed_class;
  // `resample_abs_pos_embed`, which FlexiViT's models call in their own way.
  config.pos_interpolation = {GridInterpolation::Kernel::bicubic, true, 0};
  if (contains(arch.name, "flexi") || contains(arch.name, "radio")) {
    config.pos_interpolation = {GridInterpolation::Kernel::bilinear, false, 0};
    // As the code beside each of RADIO's releases has it.
    config.pos_interpolation.align_corners = contains(arch.name, "base_patch16_radio_v3") ||
                                             contains(arch.name, "huge_patch16_radio_v3");
  }
  config.rope = timm_rope(arch);
  config.rel_pos_bias = arch.rel_pos_bias || arch.shared_rel_pos_bias;
  config.patch_bias = !arch.pre_norm;
  config.patch_norm = arch.embed_norm;
  config.pre_norm = arch.pre_norm;
  config.qkv_bias = arch.qkv_bias;
  config.qk_norm = arch.qk_norm;
  if (config.kv_heads.empty() && arch.num_kv_heads > 0) {
    config.kv_heads.assign(static_cast<std::size_t>(arch.depth), arch.num_heads);
    for (int i = arch.full_attn_blocks; i < arch.depth - arch.full_attn_blocks; ++i) {
      config.kv_heads[static_cast<std::size_t>(i)] = arch.num_kv_heads;
    }
  }
  config.attn_norm = arch.attn_inner_norm;
  config.diff_attention = arch.attention == TimmAttention::differential ||
                          arch.block == TimmBlock::diff_parallel_scaling;
  config.proj_bias = arch.proj_bias;
  config.mlp_gate = arch.mlp != TimmMlp::mlp;
  config.mlp_norm = arch.mlp_inner_norm;
  config.layer_scale = arch.layer_scale;
  config.mlp_layer_scale = !arch.attn_only_layer_scale;
  switch (arch.block) {
    case TimmBlock::pre_norm:
      break;
    case TimmBlock::res_post_norm:
      config.block = BlockForm::post_norm;
      // What it would begin with is in the norms' weights.
      config.layer_scale = false;
      break;
    case TimmBlock::parallel_scaling:
    case TimmBlock::diff_parallel_scaling:
      config.block = BlockForm::parallel;
      break;
    case TimmBlock::parallel_things:
      config.num_parallel = 2;
      break;
  }
  config.act = timm_activation(arch.activation);
  config.norm = arch.norm == TimmNorm::rms_norm ? NormKind::rms_norm : NormKind::layer_norm;
  config.norm_eps = arch.norm_eps;
  timm_pooling(arch, config);
  return config;
}

/// What timm's classes call the parts of a block.
inline void name_timm_blocks(const TimmArchitecture& arch, const TensorStore& tensors,
                             CheckpointNames& names) {
  if (arch.mlp == TimmMlp::swiglu_split) {
    names.fc1 = "mlp.fc1_g";
    names.fc1_ungated = "mlp.fc1_x";
  }
  if (arch.model_class == TimmClass::eva || arch.model_class == TimmClass::beit ||
      tensors.find(message({names.prefix, "blocks.0.gamma_1"})) != nullptr) {
    names.ls1 = "gamma_1";
    names.ls2 = "gamma_2";
  }
  if (!arch.qkv_fused) names.qkv = {"attn.q_proj", "attn.k_proj", "attn.v_proj"};
  if (arch.attention == TimmAttention::eva || arch.attention == TimmAttention::beit) {
    names.qkv_bias =
        arch.qkv_fused ? std::vector<std::string_view>{"attn.q_bias", "", "attn.v_bias"}
                       : std::vector<std::string_view>{"attn.q_proj.bias", "", "attn.v_proj.bias"};
  }
  names.block_rel_pos_bias = arch.rel_pos_bias;
  if (arch.shared_rel_pos_bias) {
    names.shared_rel_pos_bias = "rel_pos_bias.relative_position_bias_table";
  }
  // Tables that are made anew.
  if (arch.model_class == TimmClass::eva) names.ignored_parts = {"rope"};
  if (arch.model_class == TimmClass::beit) names.ignored_parts = {"relative_position_index"};
  if (arch.block == TimmBlock::parallel_scaling || arch.block == TimmBlock::diff_parallel_scaling) {
    names.norm1 = "in_norm";
    names.q_norm = "q_norm";
    names.k_norm = "k_norm";
    names.sub_norm = "sub_norm";
    names.lambda = "lambda_";
    names.proj = "attn_out_proj";
    names.fc2 = "mlp_out_proj";
    names.ls1 = "ls.gamma";
  }
  if (arch.block == TimmBlock::parallel_things) {
    names.norm1 = "attns.{}.norm";
    names.qkv = {"attns.{}.attn.qkv"};
    names.q_norm = "attns.{}.attn.q_norm";
    names.k_norm = "attns.{}.attn.k_norm";
    names.sub_norm = "attns.{}.attn.sub_norm";
    names.lambda = "attns.{}.attn.lambda_";
    names.attn_norm = "attns.{}.attn.norm";
    names.proj = "attns.{}.attn.proj";
    names.ls1 = "attns.{}.ls.gamma";
    names.norm2 = "ffns.{}.norm";
    names.fc1 = "ffns.{}.mlp.fc1";
    names.mlp_norm = "ffns.{}.mlp.norm";
    names.fc2 = "ffns.{}.mlp.fc2";
    names.ls2 = "ffns.{}.ls.gamma";
  }
}

/// The width of a gated MLP, which timm rounds in several ways, from the file; 0 where it is not
/// there.
inline Index timm_gated_width(const TensorStore& tensors, const CheckpointNames& names) {
  const TensorInfo* const fc2 =
      tensors.find(message({names.prefix, "blocks.0.", names.fc2, ".weight"}));
  if (fc2 == nullptr || fc2->shape.size() != 2) return 0;
  return static_cast<Index>(std::min<std::uint64_t>(fc2->shape[1], std::uint64_t{1} << 32));
}

/// What the tensors below `names.prefix` are called, and what only they tell of the network.
inline void describe_timm_tensors(const TimmArchitecture& arch, const TensorStore& tensors,
                                  VitConfig& config, CheckpointNames& names) {
  name_timm_blocks(arch, tensors, names);
  if (config.mlp_gate) {
    const Index width = timm_gated_width(tensors, names);
    if (width > 0) config.mlp_hidden = width;
  }
  names.pos_embed_prefix_rows =
      config.no_embed_class ? 0 : static_cast<int>(config.prefix_tokens());
}

/// How the file has the tables that are resampled for other image sizes.
inline FloatFormat timm_table_format(const TensorStore& tensors, const CheckpointNames& names) {
  for (const std::string_view name : {"pos_embed", "blocks.0.attn.relative_position_bias_table",
                                      "rel_pos_bias.relative_position_bias_table"}) {
    const TensorInfo* const table = tensors.find(message({names.prefix, name}));
    if (table == nullptr) continue;
    return table->dtype == DType::f16    ? FloatFormat::half
           : table->dtype == DType::bf16 ? FloatFormat::bfloat16
                                         : FloatFormat::single;
  }
  return FloatFormat::single;
}

/// The architecture that the configuration names under a key. Throws `UnsupportedError`, with the
/// closest known ones, for an unknown one.
inline const TimmArchitecture& timm_architecture(const JsonObject& json, const char* key) {
  const std::string name = json.string(key);
  const TimmArchitecture* const known = find_timm_architecture(name);
  if (known == nullptr) {
    std::string close;
    for (const std::string& candidate : closest_timm_architectures(name)) {
      close += message({close.empty() ? "" : ", ", candidate});
    }
    raise<UnsupportedError>({json.place(key), ": expected one of the ", timm_architectures().size(),
                             " architectures of timm's modules vision_transformer, deit, eva and "
                             "beit (closest: ",
                             close, "), found ", Quoted{name}});
  }
  return *known;
}

/// The number of classes that a folder states; the architecture's own where it states none.
inline void read_timm_class_count(const JsonObject& json, const JsonObject& pretrained,
                                  TimmArchitecture& arch) {
  const JsonObject& classes = json.has("num_classes") ? json : pretrained;
  arch.num_classes =
      static_cast<int>(classes.integer_or("num_classes", arch.num_classes, 0, 1 << 24));
}

/// The names of the classes, where the head has a row for each: its absence is told when the
/// network is read.
inline void read_timm_labels(const JsonObject& json, const JsonObject& pretrained,
                             const TensorStore& tensors, Checkpoint& checkpoint) {
  const std::optional<Index> rows =
      classifier_rows(tensors.find(message({checkpoint.names.head, ".weight"})));
  if (checkpoint.config.num_classes > 0 && rows == checkpoint.config.num_classes) {
    checkpoint.labels = timm_labels(json, pretrained, static_cast<std::size_t>(*rows), checkpoint);
    // timm has names of its own for these parts of ImageNet-22k.
    const auto parts = {11221, 11821, 21841, 21842, 21843};
    const bool is_part = std::find(parts.begin(), parts.end(), *rows) != parts.end();
    if (checkpoint.labels.empty() && is_part) {
      checkpoint.notes.push_back(message(
          {json.place("label_names"), ": no label for any of ", *rows, " classes of ImageNet"}));
    }
  }
}

/// Names of the backbone and of its heads behind what wrappers put before them.
struct TimmWrapper {
  std::string_view prefix;
  std::string_view head;
  std::string_view head_dist;
};

/// Where timm's own names are not in the file: the modules of PyTorch's parallel and compiled
/// models, which timm takes off, with or without OpenCLIP's names around a timm network; and
/// transformers' around it.
/// Source: timm, models/_helpers.py (clean_state_dict) and models/vision_transformer.py
/// (checkpoint_filter_fn); transformers, models/timm_wrapper.
inline constexpr TimmWrapper timm_wrappers[] = {
    {"timm_model.", "timm_model.head", "timm_model.head_dist"},
    {"module.", "module.head", "module.head_dist"},
    {"_orig_mod.", "_orig_mod.head", "_orig_mod.head_dist"},
    {"module._orig_mod.", "module._orig_mod.head", "module._orig_mod.head_dist"},
    {"_orig_mod.module.", "_orig_mod.module.head", "_orig_mod.module.head_dist"},
    {"visual.trunk.", "visual.trunk.head", "visual.trunk.head_dist"},
    {"module.visual.trunk.", "module.visual.trunk.head", "module.visual.trunk.head_dist"},
    {"_orig_mod.visual.trunk.", "_orig_mod.visual.trunk.head", "_orig_mod.visual.trunk.head_dist"},
    {"module._orig_mod.visual.trunk.", "module._orig_mod.visual.trunk.head",
     "module._orig_mod.visual.trunk.head_dist"},
    {"_orig_mod.module.visual.trunk.", "_orig_mod.module.visual.trunk.head",
     "_orig_mod.module.visual.trunk.head_dist"},
};

/// Takes the names over of the wrapper whose tensors the file has, if any. OpenCLIP's files have
/// other networks besides, which timm passes over.
inline void unwrap_timm_names(const TensorStore& tensors, CheckpointNames& names) {
  for (const TimmWrapper& wrapper : timm_wrappers) {
    if (tensors.find(message({wrapper.prefix, "patch_embed.proj.weight"})) == nullptr) continue;
    names.prefix = wrapper.prefix;
    names.head = wrapper.head;
    names.head_dist = wrapper.head_dist;
    names.strict = !contains(wrapper.prefix, "visual.trunk.");
    return;
  }
}

/// Reads a timm folder. The architecture's arguments come from the compiled-in table, then those of
/// the pretrained configuration, then `model_args`, as `timm.create_model` does it.
/// Source: timm, models/_builder.py, models/_hub.py, models/vision_transformer.py, models/deit.py,
/// models/eva.py, models/beit.py.
inline Checkpoint read_timm(const CheckpointFiles& files) {
  const JsonObject json(files.config, files.config_source);
  TimmArchitecture arch = timm_architecture(json, "architecture");
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
  read_timm_class_count(json, pretrained, arch);
  if (args) TimmArguments(*args, arch, config).apply();
  if ((arch.num_kv_heads > 0 || !config.kv_heads.empty()) &&
      (arch.attention != TimmAttention::rope || arch.qkv_fused)) {
    raise<UnsupportedError>({json.place("model_args"),
                             ": expected 'num_kv_heads' with an 'attn_type' of 'rope' and without "
                             "'qkv_fused', found another attention"});
  }
  config = timm_vit_config(arch, config);

  CheckpointNames& names = checkpoint.names;
  // timm refuses tensors that the model has no place for, and so do we; but for a head that
  // `num_classes` 0 takes off.
  names.strict = true;
  unwrap_timm_names(files.tensors, names);
  describe_timm_tensors(arch, files.tensors, config, names);
  config.table_format = timm_table_format(files.tensors, names);
  // SigLIP's towers are also built without their pooling.
  if (contains(arch.name, "siglip") && config.global_pool != Pool::map) names.strict = false;
  if (config.num_classes == 0) names.ignored = {names.head};
  // Of the training with masked patches; these classes take it off.
  if (arch.model_class == TimmClass::vision_transformer ||
      arch.model_class == TimmClass::vision_transformer_distilled) {
    names.ignored.push_back("mask_token");
  }

  checkpoint.preprocessing =
      timm_preprocess_config(files.config, files.config_source, files.image_size);
  read_timm_labels(json, pretrained, files.tensors, checkpoint);
  return checkpoint;
}

inline CheckpointFamily timm_family() {
  return {
      "timm",
      "timm architectures of vision_transformer, deit, eva and beit",
      [](const nlohmann::json& config) { return json_string(config, "architecture") != nullptr; },
      read_timm,
      nullptr,
      false};
}

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
