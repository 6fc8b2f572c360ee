/// timm's NaFlexVit: the architectures `naflexvit_*`.
#ifndef EIGENVIT_IO_CHECKPOINT_FAMILIES_TIMM_NAFLEX_INL
#define EIGENVIT_IO_CHECKPOINT_FAMILIES_TIMM_NAFLEX_INL

#include <array>
#include <string>
#include <string_view>

#include <eigenvit/io/checkpoint_families/timm.inl>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// How a table of positions becomes that of another grid.
enum class NaflexPositions {
  bicubic,          ///< antialiased
  bicubic_crop,     ///< the same, of a square, of which a part is taken
  linear_crop,      ///< of the sum of rows and columns
  bilinear,         ///< antialiased
  radio_crop,       ///< bilinear, of a square of 128 x 128
  radio_crop_ends,  ///< the same, its corners kept
};

/// An architecture by what differs from timm's defaults. Source: timm 1.0.31, models/naflexvit.py.
struct NaflexArchitecture {
  std::string_view name;
  int embed_dim;
  int depth;
  int num_heads;
  double mlp_ratio;
  TimmPool pool;
  int reg_tokens;
  bool layer_scale;
  NaflexPositions positions;
};

inline constexpr NaflexArchitecture naflex_architectures[] = {
    {"naflexvit_base_patch16_gap", 768, 12, 12, 4, TimmPool::avg, 4, true,
     NaflexPositions::bicubic},
    {"naflexvit_base_patch16_par_gap", 768, 12, 12, 4, TimmPool::avg, 4, true,
     NaflexPositions::bicubic_crop},
    {"naflexvit_base_patch16_parfac_gap", 768, 12, 12, 4, TimmPool::avg, 4, true,
     NaflexPositions::linear_crop},
    {"naflexvit_base_patch16_map", 768, 12, 12, 4, TimmPool::map, 1, true,
     NaflexPositions::bicubic},
    {"naflexvit_so150m2_patch16_reg1_gap", 832, 21, 13, 34.0 / 13, TimmPool::avg, 1, true,
     NaflexPositions::bicubic},
    {"naflexvit_so150m2_patch16_reg1_map", 832, 21, 13, 34.0 / 13, TimmPool::map, 1, true,
     NaflexPositions::bicubic},
    {"naflexvit_base_patch16_siglip", 768, 12, 12, 4, TimmPool::map, 0, false,
     NaflexPositions::bilinear},
    {"naflexvit_so400m_patch16_siglip", 1152, 27, 16, 3.7362, TimmPool::map, 0, false,
     NaflexPositions::bilinear},
    {"naflexvit_base_patch16_radio_v3", 768, 12, 12, 4, TimmPool::token, 7, true,
     NaflexPositions::radio_crop_ends},
    {"naflexvit_large_patch16_radio_v3", 1024, 24, 16, 4, TimmPool::token, 7, true,
     NaflexPositions::radio_crop},
    {"naflexvit_huge_patch16_radio_v3", 1280, 32, 16, 4, TimmPool::token, 7, false,
     NaflexPositions::radio_crop_ends},
    {"naflexvit_giant_patch16_radio_v3", 1536, 40, 24, 4, TimmPool::token, 7, false,
     NaflexPositions::radio_crop},
    {"naflexvit_so400m_patch16_radio_v4", 1152, 27, 16, 4304.0 / 1152, TimmPool::token, 9, false,
     NaflexPositions::radio_crop},
    {"naflexvit_huge_patch16_radio_v4", 1280, 32, 16, 4, TimmPool::token, 9, false,
     NaflexPositions::radio_crop},
};

inline GridInterpolation naflex_interpolation(NaflexPositions positions) {
  using Kernel = GridInterpolation::Kernel;
  GridInterpolation rule;
  rule.kernel = positions == NaflexPositions::bicubic || positions == NaflexPositions::bicubic_crop
                    ? Kernel::bicubic
                    : Kernel::bilinear;
  rule.antialias = rule.kernel == Kernel::bicubic || positions == NaflexPositions::bilinear;
  rule.align_corners = positions == NaflexPositions::radio_crop_ends;
  rule.crops_square =
      positions != NaflexPositions::bicubic && positions != NaflexPositions::bilinear;
  return rule;
}

inline const NaflexArchitecture& naflex_architecture(const JsonObject& json) {
  const std::string name = json.string("architecture");
  std::string known;
  for (const NaflexArchitecture& arch : naflex_architectures) {
    if (arch.name == name) return arch;
    known += message({known.empty() ? "" : ", ", arch.name});
  }
  raise<UnsupportedError>(
      {json.place("architecture"), ": expected one of ", known, ", found ", Quoted{name}});
}

/// The arguments of timm's constructor.
inline TimmArchitecture naflex_arguments(const NaflexArchitecture& naflex) {
  TimmArchitecture arch;
  arch.name = naflex.name;
  arch.embed_dim = naflex.embed_dim;
  arch.depth = naflex.depth;
  arch.num_heads = naflex.num_heads;
  arch.mlp_ratio = naflex.mlp_ratio;
  arch.global_pool = naflex.pool;
  arch.class_token = naflex.pool == TimmPool::token;
  arch.reg_tokens = naflex.reg_tokens;
  arch.no_embed_class = true;
  arch.layer_scale = naflex.layer_scale;
  arch.qkv_bias = naflex.name.find("so150m2") == std::string_view::npos;
  if (naflex.positions == NaflexPositions::bilinear) arch.activation = TimmActivation::gelu_tanh;
  if (arch.class_token) arch.final_norm = TimmChoice::no;
  return arch;
}

/// ViT whose patches are a linear layer of pixels with their channels together, and whose position
/// table is a grid of its own, whatever the image's size. The preprocessing is that of other timm
/// folders; `ModelOptions::image_size` gives other sizes and aspects.
/// Source: timm, models/naflexvit.py; Dehghani et al., arXiv:2307.06304.
inline Checkpoint read_timm_naflex(const CheckpointFiles& files) {
  const JsonObject json(files.config, files.config_source);
  const NaflexArchitecture& naflex = naflex_architecture(json);
  TimmArchitecture arch = naflex_arguments(naflex);
  const JsonObject pretrained = json.find_object("pretrained_cfg").value_or(json);
  Checkpoint checkpoint;
  checkpoint.family = "timm naflexvit";
  checkpoint.architecture = std::string(arch.name);
  VitConfig& config = checkpoint.config;
  config.patch_height = config.patch_width = arch.patch_size;
  if (pretrained.has("input_size")) {
    config.in_chans = static_cast<Index>(pretrained.integers("input_size", 3, 1, 1 << 16)[0]);
  }
  const bool radio = arch.class_token;
  std::array<Index, 2> grid{radio ? 128 : 16, radio ? 128 : 16};
  read_timm_class_count(json, pretrained, arch);
  if (const auto args = json.find_object("model_args")) {
    const std::string grid_size = "pos_embed_grid_size";
    if (args->has(grid_size)) {
      // A table that is a sum is larger than its file by as much.
      const auto sides = args->sides(grid_size, 1 << 7);
      grid = {static_cast<Index>(sides[0]), static_cast<Index>(sides[1])};
    }
    nlohmann::json others = args->json();
    others.get_ref<nlohmann::json::object_t&>().erase(grid_size);
    TimmArguments(JsonObject(others, files.config_source, "model_args"), arch, config).apply();
  }
  if (arch.fc_norm == TimmChoice::unset) {
    arch.fc_norm = arch.global_pool == TimmPool::avg ? TimmChoice::yes : TimmChoice::no;
  }
  arch.img_height = static_cast<int>(grid[0] * config.patch_height);
  arch.img_width = static_cast<int>(grid[1] * config.patch_width);
  config = timm_vit_config(arch, config);
  config.pos_interpolation = naflex_interpolation(naflex.positions);

  CheckpointNames& names = checkpoint.names;
  describe_timm_tensors(arch, files.tensors, config, names);
  names.cls_token = "embeds.cls_token";
  names.reg_token = "embeds.reg_token";
  names.pos_embed = "embeds.pos_embed";
  names.pos_embed_layout = naflex.positions == NaflexPositions::linear_crop
                               ? PositionLayout::factors
                               : PositionLayout::grid;
  names.patch_embed = "embeds.proj";
  names.patch_layout = PatchLayout::pixel_major;
  names.strict = true;
  if (config.num_classes == 0) names.ignored = {"head"};
  checkpoint.preprocessing =
      timm_preprocess_config(files.config, files.config_source, files.image_size);
  read_timm_labels(json, pretrained, files.tensors, checkpoint);
  return checkpoint;
}

inline CheckpointFamily timm_naflex_family() {
  return {"timm naflexvit",
          "timm architectures naflexvit_*",
          [](const nlohmann::json& config) {
            const std::string* const name = json_string(config, "architecture");
            return name != nullptr && name->rfind("naflexvit_", 0) == 0;
          },
          read_timm_naflex,
          nullptr,
          false};
}

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
