/// What timm's registered Vision Transformers are built with. A timm folder's `config.json` names
/// its architecture, and what cannot be read off the tensors (heads, pooling, which norm) is in
/// timm's source only; this table holds it.
///
/// Source: timm 1.0.31, modules vision_transformer, deit, eva and beit
/// (tools/make_timm_architectures.py).
#ifndef EIGENVIT_IO_TIMM_ARCHITECTURES_HPP
#define EIGENVIT_IO_TIMM_ARCHITECTURES_HPP

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include <eigenvit/core/compiler.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

enum class TimmModule { vision_transformer, deit, eva, beit };
enum class TimmClass { vision_transformer, vision_transformer_distilled, eva, beit };
enum class TimmPool { token, avg, map, max, avgmax };
/// An argument that timm decides by others when it is None (`unset`).
enum class TimmChoice { unset, no, yes };
enum class TimmNorm { layer_norm, rms_norm };
enum class TimmActivation { gelu, gelu_tanh, quick_gelu, silu };
enum class TimmMlp {
  mlp,          ///< fc1, activation, fc2.
  glu_packed,   ///< GluMlp with the gate first: fc1 holds both halves, the first one is activated.
  swiglu_split  ///< SwiGLU: fc1_g (activated), fc1_x, fc2.
};
enum class TimmBlock {
  pre_norm,          ///< Block, EvaBlock.
  res_post_norm,     ///< ResPostBlock, EvaBlockPostNorm.
  parallel_scaling,  ///< ParallelScalingBlock: one norm and one projection for attention and MLP.
  diff_parallel_scaling,  ///< The same with differential attention.
  parallel_things         ///< ParallelThingsBlock: two attentions, then two MLPs, side by side.
};
enum class TimmAttention {
  standard,      ///< Attention: qkv.
  differential,  ///< DiffAttention; its inner norm has an eps of 1e-5.
  eva,           ///< EvaAttention: biases for q and v only.
  rope,          ///< AttentionRope: qkv with a full bias, RoPE inside.
  beit           ///< Biases for q and v only, relative position bias.
};
enum class TimmRope { none, cat, mixed, dinov3 };

/// The constructor arguments of one architecture, with timm's names where one word serves the four
/// classes, and with img_size and num_classes of its default weights. All have three input
/// channels.
struct TimmArchitecture {
  std::string_view name;
  TimmModule module = TimmModule::vision_transformer;
  TimmClass model_class = TimmClass::vision_transformer;

  int img_height = 224;
  int img_width = 224;
  int patch_size = 16;
  int embed_dim = 768;
  int depth = 12;
  int num_heads = 12;
  double mlp_ratio = 4.0;
  /// 0: no head.
  int num_classes = 1000;

  TimmPool global_pool = TimmPool::token;
  bool class_token = true;
  bool dist_token = false;
  int reg_tokens = 0;
  /// No position rows for the prefix tokens.
  bool no_embed_class = false;
  /// A learned position table. Without it RoPE or the relative bias gives the positions.
  bool abs_pos_embed = true;
  /// A norm before the blocks, and no bias in the patch projection.
  bool pre_norm = false;
  /// Eva's `use_post_transformer_norm`; unset: there when fc_norm is not. BEiT: always unset.
  /// In the other classes no means that neither this norm nor fc_norm exists.
  TimmChoice final_norm = TimmChoice::yes;
  /// The norm after pooling in place of the one before. Unset: yes when global_pool is `avg` (in
  /// VisionTransformer also with `avgmax` and `max`).
  TimmChoice fc_norm = TimmChoice::unset;
  bool pool_include_prefix = false;
  bool dynamic_img_size = false;

  bool qkv_bias = true;
  bool qkv_fused = true;
  bool qk_norm = false;
  /// Heads of keys and values, but for the first and the last `full_attn_blocks` blocks, which have
  /// num_heads; 0: num_heads everywhere.
  int num_kv_heads = 0;
  int full_attn_blocks = 0;
  bool proj_bias = true;
  /// A norm between attention and its projection.
  bool attn_inner_norm = false;
  /// A norm between the MLP's activation and its second layer.
  bool mlp_inner_norm = false;
  bool layer_scale = false;
  bool attn_only_layer_scale = false;
  /// A norm right after the patch projection.
  bool embed_norm = false;
  /// Of every norm but DiffAttention's inner one.
  TimmNorm norm = TimmNorm::layer_norm;
  double norm_eps = 1e-6;
  TimmActivation activation = TimmActivation::gelu;
  TimmMlp mlp = TimmMlp::mlp;
  int swiglu_align_to = 0;
  TimmBlock block = TimmBlock::pre_norm;
  TimmAttention attention = TimmAttention::standard;

  TimmRope rope = TimmRope::none;
  double rope_temperature = 0.0;
  double rope_grid_offset = 0.0;
  /// Angles in the order column, row instead of row, column.
  bool rope_xy = false;
  bool rope_rotate_half = false;
  /// The grid that positions are scaled to; 0: none.
  int rope_ref_height = 0;
  int rope_ref_width = 0;

  /// Of the pooling `map`; 0: num_heads and mlp_ratio.
  int attn_pool_num_heads = 0;
  double attn_pool_mlp_ratio = 0.0;
  bool rel_pos_bias = false;
  bool shared_rel_pos_bias = false;
};

/// A range of the table that `for` takes.
struct TimmArchitectureList {
  const TimmArchitecture* first = nullptr;
  std::size_t count = 0;

  const TimmArchitecture* begin() const noexcept { return first; }
  const TimmArchitecture* end() const noexcept { return first + count; }
  std::size_t size() const noexcept { return count; }
};

/// All architectures, ordered by name.
TimmArchitectureList timm_architectures() noexcept;

/// The architecture of that name; null when it is unknown. A tag (".augreg_in21k") is passed over
/// and timm's deprecated names are understood. Cost: a binary search.
const TimmArchitecture* find_timm_architecture(std::string_view name) noexcept;

/// The known names closest to an unknown one, the closest first, for messages.
std::vector<std::string> closest_timm_architectures(std::string_view name, std::size_t count = 3);

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#if EIGENVIT_HEADER_ONLY
#include <eigenvit/io/timm_architectures.inl>
#endif

#endif
