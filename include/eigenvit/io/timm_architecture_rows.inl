/// The words in which the table of timm's architectures is written: a row starts with its class and
/// sizes and names what differs from the class's defaults.
#ifndef EIGENVIT_IO_TIMM_ARCHITECTURE_ROWS_INL
#define EIGENVIT_IO_TIMM_ARCHITECTURE_ROWS_INL

#include <string_view>

#include <eigenvit/core/compiler.hpp>
#include <eigenvit/io/timm_architectures.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {
namespace timm_rows {

struct TimmAlias {
  std::string_view deprecated;
  std::string_view name;
};

class Row {
 public:
  constexpr Row(TimmModule module, TimmClass model_class, std::string_view name, int img_size,
                int patch_size, int embed_dim, int depth, int num_heads, double mlp_ratio,
                int num_classes) {
    row_.name = name;
    row_.module = module;
    row_.model_class = model_class;
    row_.img_height = img_size;
    row_.img_width = img_size;
    row_.patch_size = patch_size;
    row_.embed_dim = embed_dim;
    row_.depth = depth;
    row_.num_heads = num_heads;
    row_.mlp_ratio = mlp_ratio;
    row_.num_classes = num_classes;
    row_.dist_token = model_class == TimmClass::vision_transformer_distilled;
    if (model_class == TimmClass::eva || model_class == TimmClass::beit) {
      row_.global_pool = TimmPool::avg;
      row_.final_norm = TimmChoice::unset;
      row_.attention = model_class == TimmClass::eva ? TimmAttention::eva : TimmAttention::beit;
    }
  }

  constexpr operator TimmArchitecture() const { return row_; }

#define EIGENVIT_TIMM_KNOB(knob, parameter, field, value) \
  constexpr Row& knob(parameter) {                        \
    row_.field = value;                                   \
    return *this;                                         \
  }
  EIGENVIT_TIMM_KNOB(pool, TimmPool v, global_pool, v)
  EIGENVIT_TIMM_KNOB(no_class_token, , class_token, false)
  EIGENVIT_TIMM_KNOB(reg_tokens, int v, reg_tokens, v)
  EIGENVIT_TIMM_KNOB(no_embed_class, , no_embed_class, true)
  EIGENVIT_TIMM_KNOB(no_abs_pos_embed, , abs_pos_embed, false)
  EIGENVIT_TIMM_KNOB(pre_norm, , pre_norm, true)
  EIGENVIT_TIMM_KNOB(final_norm, TimmChoice v, final_norm, v)
  EIGENVIT_TIMM_KNOB(fc_norm, TimmChoice v, fc_norm, v)
  EIGENVIT_TIMM_KNOB(pool_include_prefix, , pool_include_prefix, true)
  EIGENVIT_TIMM_KNOB(dynamic_img_size, , dynamic_img_size, true)
  EIGENVIT_TIMM_KNOB(no_qkv_bias, , qkv_bias, false)
  EIGENVIT_TIMM_KNOB(split_qkv, , qkv_fused, false)
  EIGENVIT_TIMM_KNOB(qk_norm, , qk_norm, true)
  EIGENVIT_TIMM_KNOB(no_proj_bias, , proj_bias, false)
  EIGENVIT_TIMM_KNOB(attn_inner_norm, , attn_inner_norm, true)
  EIGENVIT_TIMM_KNOB(mlp_inner_norm, , mlp_inner_norm, true)
  EIGENVIT_TIMM_KNOB(layer_scale, , layer_scale, true)
  EIGENVIT_TIMM_KNOB(attn_only_layer_scale, , attn_only_layer_scale, true)
  EIGENVIT_TIMM_KNOB(embed_norm, , embed_norm, true)
  EIGENVIT_TIMM_KNOB(activation, TimmActivation v, activation, v)
  EIGENVIT_TIMM_KNOB(mlp, TimmMlp v, mlp, v)
  EIGENVIT_TIMM_KNOB(swiglu_align_to, int v, swiglu_align_to, v)
  EIGENVIT_TIMM_KNOB(block, TimmBlock v, block, v)
  EIGENVIT_TIMM_KNOB(attention, TimmAttention v, attention, v)
  EIGENVIT_TIMM_KNOB(rope_grid_offset, double v, rope_grid_offset, v)
  EIGENVIT_TIMM_KNOB(rope_xy, , rope_xy, true)
  EIGENVIT_TIMM_KNOB(rope_rotate_half, , rope_rotate_half, true)
  EIGENVIT_TIMM_KNOB(attn_pool_num_heads, int v, attn_pool_num_heads, v)
  EIGENVIT_TIMM_KNOB(attn_pool_mlp_ratio, double v, attn_pool_mlp_ratio, v)
  EIGENVIT_TIMM_KNOB(rel_pos_bias, , rel_pos_bias, true)
  EIGENVIT_TIMM_KNOB(shared_rel_pos_bias, , shared_rel_pos_bias, true)
#undef EIGENVIT_TIMM_KNOB

  constexpr Row& img_width(int width) {
    row_.img_width = width;
    return *this;
  }
  constexpr Row& kv_heads(int heads, int full_attn_blocks) {
    row_.num_kv_heads = heads;
    row_.full_attn_blocks = full_attn_blocks;
    return *this;
  }
  constexpr Row& norm(TimmNorm kind, double eps) {
    row_.norm = kind;
    row_.norm_eps = eps;
    return *this;
  }
  constexpr Row& rope(TimmRope kind, double temperature) {
    row_.rope = kind;
    row_.rope_temperature = temperature;
    return *this;
  }
  constexpr Row& rope_ref_grid(int height, int width) {
    row_.rope_ref_height = height;
    row_.rope_ref_width = width;
    return *this;
  }

 private:
  TimmArchitecture row_;
};

template <class... Sizes>
constexpr Row vit(std::string_view name, Sizes... sizes) {
  return Row(TimmModule::vision_transformer, TimmClass::vision_transformer, name, sizes...);
}
template <class... Sizes>
constexpr Row deit(std::string_view name, Sizes... sizes) {
  return Row(TimmModule::deit, TimmClass::vision_transformer, name, sizes...);
}
template <class... Sizes>
constexpr Row deit_distilled(std::string_view name, Sizes... sizes) {
  return Row(TimmModule::deit, TimmClass::vision_transformer_distilled, name, sizes...);
}
template <class... Sizes>
constexpr Row eva(std::string_view name, Sizes... sizes) {
  return Row(TimmModule::eva, TimmClass::eva, name, sizes...);
}
template <class... Sizes>
constexpr Row beit(std::string_view name, Sizes... sizes) {
  return Row(TimmModule::beit, TimmClass::beit, name, sizes...);
}

}  // namespace timm_rows
}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
