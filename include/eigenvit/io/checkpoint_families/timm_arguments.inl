/// `model_args`: constructor arguments that a timm folder overrides its architecture's with.
#ifndef EIGENVIT_IO_CHECKPOINT_FAMILIES_TIMM_ARGUMENTS_INL
#define EIGENVIT_IO_CHECKPOINT_FAMILIES_TIMM_ARGUMENTS_INL

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include <eigenvit/core/error.hpp>
#include <eigenvit/core/function_ref.hpp>
#include <eigenvit/core/message.hpp>
#include <eigenvit/io/json_reader.hpp>
#include <eigenvit/io/timm_architectures.hpp>
#include <eigenvit/model/vit_config.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// A word for each value of an argument.
template <class Value>
struct TimmWord {
  std::string_view word;
  Value value;
};

/// The place of `found` among the words `word(0)` to `word(count - 1)`.
inline std::size_t place_of_word(const JsonObject& args, const std::string& key,
                                 const std::string& found, std::size_t count,
                                 FunctionRef<std::string_view(std::size_t)> word) {
  std::string expected;
  for (std::size_t i = 0; i < count; ++i) {
    if (word(i) == found) return i;
    expected += message({expected.empty() ? "" : ", ", Quoted{word(i)}});
  }
  raise<UnsupportedError>(
      {args.place(key), ": expected one of ", expected, ", found ", Quoted{found}});
}

template <class Value, std::size_t count>
Value timm_word(const JsonObject& args, const std::string& key, const std::string& found,
                const TimmWord<Value> (&known)[count]) {
  return known[place_of_word(args, key, found, count, [&](std::size_t i) { return known[i].word; })]
      .value;
}

template <class Value, std::size_t count>
Value timm_word(const JsonObject& args, const std::string& key,
                const TimmWord<Value> (&known)[count]) {
  return timm_word(args, key, args.string(key), known);
}

/// Reads the arguments into an architecture, class by class: `read` gives whether it knew the key.
class TimmArguments {
 public:
  TimmArguments(const JsonObject& args, TimmArchitecture& arch, VitConfig& config)
      : args_(args), arch_(arch), config_(config) {}

  /// Throws `ConfigError` for a value that is not valid and `UnsupportedError` for an argument that
  /// the class does not have.
  void apply() {
    for (const auto& [key, value] : args_.json().get_ref<const nlohmann::json::object_t&>()) {
      // null is what the argument's default would be given as.
      if (value.is_null() || read_common(key) || has_no_effect(key)) continue;
      const bool known = arch_.model_class == TimmClass::eva    ? read_eva(key)
                         : arch_.model_class == TimmClass::beit ? read_beit(key)
                                                                : read_vit(key);
      if (known) continue;
      raise<UnsupportedError>({args_.place(key), ": expected an argument of timm's ", class_name(),
                               " that is supported, found ", json_text(value)});
    }
    resolve_mlp();
  }

 private:
  const char* class_name() const {
    switch (arch_.model_class) {
      case TimmClass::eva:
        return "Eva";
      case TimmClass::beit:
        return "Beit";
      default:
        return "VisionTransformer";
    }
  }

  void boolean(const std::string& key, bool& field) const { field = args_.boolean(key); }
  void choice(const std::string& key, TimmChoice& field) const {
    field = args_.boolean(key) ? TimmChoice::yes : TimmChoice::no;
  }
  void integer(const std::string& key, int least, int most, int& field) const {
    field = static_cast<int>(args_.integer(key, least, most));
  }

  bool read_common(const std::string& key) {
    if (key == "img_size") {
      const auto size = args_.sides(key, 1 << 16);
      arch_.img_height = static_cast<int>(size[0]);
      arch_.img_width = static_cast<int>(size[1]);
    } else if (key == "patch_size") {
      const auto size = args_.sides(key, 1 << 16);
      config_.patch_height = static_cast<Index>(size[0]);
      config_.patch_width = static_cast<Index>(size[1]);
    } else if (key == "in_chans") {
      config_.in_chans = static_cast<Index>(args_.integer(key, 1, 4096));
    } else if (key == "dynamic_img_pad") {
      if (args_.boolean(key)) {
        raise<UnsupportedError>(
            {args_.place(key),
             ": expected false (images are not padded to whole patches), found true"});
      }
    } else if (key == "num_classes") {
      integer(key, 0, 1 << 24, arch_.num_classes);
    } else if (key == "embed_dim") {
      integer(key, 1, 1 << 16, arch_.embed_dim);
    } else if (key == "depth") {
      integer(key, 1, 1 << 12, arch_.depth);
    } else if (key == "num_heads") {
      integer(key, 1, 1 << 16, arch_.num_heads);
    } else if (key == "mlp_ratio") {
      arch_.mlp_ratio = args_.number(key, 1e-3, 1e3);
    } else if (key == "init_values") {
      // Any number asks for LayerScale, in some classes any but 0; its value matters in training
      // only.
      const bool zero_is_none = arch_.model_class != TimmClass::eva &&
                                arch_.block != TimmBlock::parallel_scaling &&
                                arch_.block != TimmBlock::diff_parallel_scaling;
      arch_.layer_scale = args_.number(key, -1e9, 1e9) != 0 || !zero_is_none;
    } else if (key == "qkv_bias") {
      boolean(key, arch_.qkv_bias);
    } else if (key == "global_pool") {
      static constexpr TimmWord<TimmPool> pools[] = {{"token", TimmPool::token},
                                                     {"avg", TimmPool::avg},
                                                     {"map", TimmPool::map},
                                                     {"max", TimmPool::max},
                                                     {"avgmax", TimmPool::avgmax}};
      static constexpr TimmWord<TimmPool> of_beit[] = {{"token", TimmPool::token},
                                                       {"avg", TimmPool::avg}};
      arch_.global_pool = arch_.model_class == TimmClass::beit ? timm_word(args_, key, of_beit)
                                                               : timm_word(args_, key, pools);
    } else {
      return false;
    }
    return true;
  }

  /// What acts in training only, or chooses between equal computations.
  static bool has_no_effect(const std::string& key) {
    static constexpr std::array<std::string_view, 14> keys = {
        "dynamic_img_size",   "strict_img_size",    "drop_rate",       "pos_drop_rate",
        "patch_drop_rate",    "proj_drop_rate",     "attn_drop_rate",  "drop_path_rate",
        "weight_init",        "fix_init",           "head_init_scale", "rope_shift_coords",
        "rope_jitter_coords", "rope_rescale_coords"};
    return std::find(keys.begin(), keys.end(), key) != keys.end();
  }

  bool read_vit(const std::string& key) {
    if (key == "class_token") {
      boolean(key, arch_.class_token);
    } else if (key == "reg_tokens") {
      integer(key, 0, 1 << 12, arch_.reg_tokens);
    } else if (key == "pos_embed") {
      static constexpr TimmWord<bool> words[] = {{"learn", true}, {"none", false}, {"", false}};
      arch_.abs_pos_embed = timm_word(args_, key, words);
    } else if (key == "no_embed_class") {
      boolean(key, arch_.no_embed_class);
    } else if (key == "pre_norm") {
      boolean(key, arch_.pre_norm);
    } else if (key == "final_norm") {
      choice(key, arch_.final_norm);
    } else if (key == "fc_norm") {
      choice(key, arch_.fc_norm);
    } else if (key == "pool_include_prefix") {
      boolean(key, arch_.pool_include_prefix);
    } else if (key == "qk_norm") {
      boolean(key, arch_.qk_norm);
    } else if (key == "scale_attn_norm") {
      boolean(key, arch_.attn_inner_norm);
    } else if (key == "scale_mlp_norm") {
      boolean(key, arch_.mlp_inner_norm);
    } else if (key == "proj_bias") {
      boolean(key, arch_.proj_bias);
    } else if (key == "norm_layer") {
      static constexpr TimmWord<TimmNorm> words[] = {{"layernorm", TimmNorm::layer_norm},
                                                     {"rmsnorm", TimmNorm::rms_norm}};
      arch_.norm = timm_word(args_, key, words);
      arch_.norm_eps = 1e-6;
    } else if (key == "act_layer") {
      static constexpr TimmWord<TimmActivation> words[] = {
          {"gelu", TimmActivation::gelu},
          {"gelu_tanh", TimmActivation::gelu_tanh},
          {"quick_gelu", TimmActivation::quick_gelu},
          {"silu", TimmActivation::silu},
          {"swish", TimmActivation::silu}};
      arch_.activation = timm_word(args_, key, words);
    } else if (key == "attn_layer") {
      static constexpr TimmWord<TimmAttention> words[] = {{"", TimmAttention::standard},
                                                          {"attn", TimmAttention::standard},
                                                          {"diff", TimmAttention::differential}};
      arch_.attention = timm_word(args_, key, words);
    } else {
      return false;
    }
    return true;
  }

  bool read_beit(const std::string& key) {
    if (key == "use_abs_pos_emb") {
      boolean(key, arch_.abs_pos_embed);
    } else if (key == "use_rel_pos_bias") {
      boolean(key, arch_.rel_pos_bias);
    } else if (key == "use_shared_rel_pos_bias") {
      boolean(key, arch_.shared_rel_pos_bias);
    } else if (key == "use_fc_norm") {
      choice(key, arch_.fc_norm);
    } else if (key == "swiglu_mlp") {
      arch_.mlp = args_.boolean(key) ? TimmMlp::swiglu_split : TimmMlp::mlp;
    } else if (key == "scale_mlp") {
      boolean(key, arch_.mlp_inner_norm);
    } else {
      return false;
    }
    return true;
  }

  bool read_eva(const std::string& key) {
    if (key == "class_token") {
      boolean(key, arch_.class_token);
    } else if (key == "num_reg_tokens") {
      integer(key, 0, 1 << 12, arch_.reg_tokens);
    } else if (key == "no_embed_class") {
      boolean(key, arch_.no_embed_class);
    } else if (key == "use_abs_pos_emb") {
      boolean(key, arch_.abs_pos_embed);
    } else if (key == "use_pre_transformer_norm") {
      boolean(key, arch_.pre_norm);
    } else if (key == "use_post_transformer_norm") {
      choice(key, arch_.final_norm);
    } else if (key == "use_fc_norm") {
      choice(key, arch_.fc_norm);
    } else if (key == "qkv_fused") {
      boolean(key, arch_.qkv_fused);
    } else if (key == "qk_norm") {
      boolean(key, arch_.qk_norm);
    } else if (key == "attn_type") {
      static constexpr TimmWord<TimmAttention> words[] = {{"eva", TimmAttention::eva},
                                                          {"rope", TimmAttention::rope}};
      arch_.attention = timm_word(args_, key, words);
    } else if (key == "num_kv_heads") {
      read_kv_heads(key);
    } else if (key == "attn_only_layer_scale") {
      boolean(key, arch_.attn_only_layer_scale);
    } else if (key == "scale_attn_inner") {
      boolean(key, arch_.attn_inner_norm);
    } else if (key == "swiglu_mlp") {
      arch_.mlp = args_.boolean(key) ? TimmMlp::glu_packed : TimmMlp::mlp;
    } else if (key == "swiglu_align_to") {
      integer(key, 0, 1 << 16, arch_.swiglu_align_to);
    } else if (key == "scale_mlp") {
      boolean(key, arch_.mlp_inner_norm);
    } else if (key == "use_post_norm") {
      arch_.block = args_.boolean(key) ? TimmBlock::res_post_norm : TimmBlock::pre_norm;
    } else if (key == "attn_pool_num_heads") {
      integer(key, 1, 1 << 16, arch_.attn_pool_num_heads);
    } else if (key == "attn_pool_mlp_ratio") {
      arch_.attn_pool_mlp_ratio = args_.number(key, 1e-3, 1e3);
    } else {
      return read_rope(key);
    }
    return true;
  }

  /// One number for all blocks, or one for each.
  void read_kv_heads(const std::string& key) {
    if (!args_.json().at(key).is_array()) {
      integer(key, 1, 1 << 16, arch_.num_kv_heads);
      arch_.full_attn_blocks = 0;
      return;
    }
    config_.kv_heads.clear();
    // Arguments come in the order of their names: the depth is known.
    const auto blocks = static_cast<std::size_t>(arch_.depth);
    for (const std::int64_t heads : args_.integers(key, blocks, 1, 1 << 16)) {
      config_.kv_heads.push_back(static_cast<Index>(heads));
    }
  }

  bool read_rope(const std::string& key) {
    if (key == "use_rot_pos_emb") {
      if (!args_.boolean(key)) {
        arch_.rope = TimmRope::none;
      } else if (arch_.rope == TimmRope::none) {
        arch_.rope = TimmRope::cat;
        if (arch_.rope_temperature <= 0) arch_.rope_temperature = 10000;
      }
    } else if (key == "rope_type") {
      static constexpr TimmWord<TimmRope> words[] = {
          {"cat", TimmRope::cat}, {"mixed", TimmRope::mixed}, {"dinov3", TimmRope::dinov3}};
      const TimmRope kind = timm_word(args_, key, words);
      if (args_.boolean_or("use_rot_pos_emb", arch_.rope != TimmRope::none)) arch_.rope = kind;
    } else if (key == "rope_grid_offset") {
      arch_.rope_grid_offset = args_.number(key, -1e6, 1e6);
    } else if (key == "rope_grid_indexing") {
      static constexpr TimmWord<bool> words[] = {{"ij", false}, {"xy", true}};
      arch_.rope_xy = timm_word(args_, key, words);
    } else if (key == "rope_temperature") {
      arch_.rope_temperature = args_.number(key, 1e-6, 1e9);
    } else if (key == "rope_rotate_half") {
      boolean(key, arch_.rope_rotate_half);
    } else if (key == "ref_feat_shape") {
      const auto size = args_.sides(key, 1 << 16);
      arch_.rope_ref_height = static_cast<int>(size[0]);
      arch_.rope_ref_width = static_cast<int>(size[1]);
    } else {
      return false;
    }
    return true;
  }

  /// Which of timm's classes the gated MLP is, and its activation.
  void resolve_mlp() {
    const bool gated = arch_.mlp != TimmMlp::mlp;
    if (arch_.model_class == TimmClass::eva && gated) {
      const bool split =
          arch_.mlp_inner_norm || (arch_.swiglu_align_to > 0 && arch_.block == TimmBlock::pre_norm);
      arch_.mlp = split ? TimmMlp::swiglu_split : TimmMlp::glu_packed;
    }
    if (arch_.model_class == TimmClass::eva || arch_.model_class == TimmClass::beit) {
      arch_.activation = gated ? TimmActivation::silu : TimmActivation::gelu;
    }
  }

  const JsonObject& args_;
  TimmArchitecture& arch_;
  VitConfig& config_;
};

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
