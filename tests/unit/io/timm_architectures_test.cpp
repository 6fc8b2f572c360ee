#include <algorithm>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

#include <eigenvit/io/timm_architectures.hpp>

using namespace eigenvit;
using namespace eigenvit::detail;

namespace {

const TimmArchitecture& get(std::string_view name) {
  const TimmArchitecture* const found = find_timm_architecture(name);
  REQUIRE(found != nullptr);
  return *found;
}

void check_sizes(const TimmArchitecture& row, int img_size, int patch_size, int embed_dim,
                 int depth, int num_heads, double mlp_ratio, int num_classes) {
  CAPTURE(row.name);
  CHECK(row.img_height == img_size);
  CHECK(row.img_width == img_size);
  CHECK(row.patch_size == patch_size);
  CHECK(row.embed_dim == embed_dim);
  CHECK(row.depth == depth);
  CHECK(row.num_heads == num_heads);
  CHECK(row.mlp_ratio == mlp_ratio);
  CHECK(row.num_classes == num_classes);
}

}  // namespace

TEST_CASE("timm architectures: 251 of them, ordered, each once and sane") {
  const TimmArchitectureList all = timm_architectures();
  CHECK(all.size() == 251);
  std::set<std::string_view> names;
  int modules[4] = {};
  for (const TimmArchitecture& row : all) {
    CAPTURE(row.name);
    names.insert(row.name);
    ++modules[static_cast<int>(row.module)];
    CHECK(find_timm_architecture(row.name) == &row);
    CHECK(row.embed_dim % row.num_heads == 0);
    CHECK(row.img_height >= row.patch_size);
    CHECK(row.depth > 0);
    CHECK(row.mlp_ratio >= 1.0);
    CHECK((row.rope == TimmRope::none) == (row.rope_temperature == 0.0));
  }
  CHECK(names.size() == 251);
  CHECK(std::is_sorted(
      all.begin(), all.end(),
      [](const TimmArchitecture& a, const TimmArchitecture& b) { return a.name < b.name; }));
  CHECK(modules[static_cast<int>(TimmModule::vision_transformer)] == 163);
  CHECK(modules[static_cast<int>(TimmModule::deit)] == 16);
  CHECK(modules[static_cast<int>(TimmModule::eva)] == 65);
  CHECK(modules[static_cast<int>(TimmModule::beit)] == 7);
}

TEST_CASE("timm architectures: plain ViT and DeiT") {
  const TimmArchitecture& vit = get("vit_base_patch16_224");
  check_sizes(vit, 224, 16, 768, 12, 12, 4.0, 1000);
  CHECK(vit.module == TimmModule::vision_transformer);
  CHECK(vit.model_class == TimmClass::vision_transformer);
  CHECK(vit.global_pool == TimmPool::token);
  CHECK(vit.class_token);
  CHECK_FALSE(vit.dist_token);
  CHECK(vit.reg_tokens == 0);
  CHECK_FALSE(vit.no_embed_class);
  CHECK(vit.abs_pos_embed);
  CHECK_FALSE(vit.pre_norm);
  CHECK(vit.final_norm == TimmChoice::yes);
  CHECK(vit.fc_norm == TimmChoice::unset);
  CHECK(vit.qkv_bias);
  CHECK(vit.qkv_fused);
  CHECK_FALSE(vit.qk_norm);
  CHECK(vit.proj_bias);
  CHECK_FALSE(vit.layer_scale);
  CHECK(vit.norm == TimmNorm::layer_norm);
  CHECK(vit.norm_eps == 1e-6);
  CHECK(vit.activation == TimmActivation::gelu);
  CHECK(vit.mlp == TimmMlp::mlp);
  CHECK(vit.block == TimmBlock::pre_norm);
  CHECK(vit.attention == TimmAttention::standard);
  CHECK(vit.rope == TimmRope::none);

  check_sizes(get("vit_tiny_patch16_384"), 384, 16, 192, 12, 3, 4.0, 1000);
  check_sizes(get("vit_giant_patch14_224"), 224, 14, 1408, 40, 16, 48.0 / 11.0, 1000);
  CHECK_FALSE(get("vit_base_patch16_224_miil").qkv_bias);

  const TimmArchitecture& distilled = get("deit_small_distilled_patch16_224");
  check_sizes(distilled, 224, 16, 384, 12, 6, 4.0, 1000);
  CHECK(distilled.module == TimmModule::deit);
  CHECK(distilled.model_class == TimmClass::vision_transformer_distilled);
  CHECK(distilled.dist_token);
  CHECK_FALSE(get("deit_small_patch16_224").dist_token);

  const TimmArchitecture& deit3 = get("deit3_huge_patch14_224");
  check_sizes(deit3, 224, 14, 1280, 32, 16, 4.0, 1000);
  CHECK(deit3.no_embed_class);
  CHECK(deit3.layer_scale);
}

TEST_CASE("timm architectures: registers, pooling and norms") {
  const TimmArchitecture& dinov2 = get("vit_large_patch14_reg4_dinov2");
  check_sizes(dinov2, 518, 14, 1024, 24, 16, 4.0, 0);
  CHECK(dinov2.reg_tokens == 4);
  CHECK(dinov2.no_embed_class);
  CHECK(dinov2.layer_scale);
  const TimmArchitecture& radio = get("vit_so400m_patch16_radio_v4");
  CHECK(radio.reg_tokens == 9);
  CHECK(radio.final_norm == TimmChoice::no);
  const TimmArchitecture& giant = get("vit_giant_patch14_dinov2");
  CHECK(giant.mlp == TimmMlp::glu_packed);
  CHECK(giant.activation == TimmActivation::silu);
  CHECK(giant.mlp_ratio == 2.66667 * 2);

  const TimmArchitecture& clip = get("vit_base_patch32_clip_224");
  CHECK(clip.pre_norm);
  CHECK(clip.norm_eps == 1e-5);
  CHECK(get("vit_base_patch32_clip_quickgelu_224").num_classes == 512);
  CHECK(get("vit_base_patch32_clip_quickgelu_224").activation == TimmActivation::quick_gelu);

  const TimmArchitecture& siglip = get("vit_so400m_patch14_siglip_384");
  check_sizes(siglip, 384, 14, 1152, 27, 16, 3.7362, 0);
  CHECK(siglip.global_pool == TimmPool::map);
  CHECK_FALSE(siglip.class_token);
  const TimmArchitecture& gap = get("vit_so400m_patch14_siglip_gap_384");
  CHECK(gap.global_pool == TimmPool::avg);
  CHECK(gap.fc_norm == TimmChoice::no);
  CHECK(get("vit_base_patch16_siglip_512").activation == TimmActivation::gelu);
  CHECK(get("vit_so400m_patch16_siglip_256").activation == TimmActivation::gelu_tanh);
  CHECK(get("vit_intern300m_patch14_448").final_norm == TimmChoice::no);
  CHECK(get("test_vit3").pool_include_prefix);

  const TimmArchitecture& aimv2 = get("aimv2_large_patch14_224");
  CHECK(aimv2.norm == TimmNorm::rms_norm);
  CHECK(aimv2.norm_eps == 1e-5);
  CHECK(aimv2.embed_norm);
  CHECK(aimv2.mlp == TimmMlp::swiglu_split);
  CHECK_FALSE(aimv2.qkv_bias);
  CHECK_FALSE(aimv2.proj_bias);
  CHECK(get("beit3_base_patch16_224").attn_inner_norm);
  CHECK(get("beit3_base_patch16_224").mlp_inner_norm);
}

TEST_CASE("timm architectures: other blocks and attentions") {
  CHECK(get("vit_base_patch16_xp_224").block == TimmBlock::parallel_scaling);
  CHECK(get("vit_base_patch16_xp_224").qk_norm);
  CHECK(get("vit_dpwee_patch16_reg1_gap_256").block == TimmBlock::diff_parallel_scaling);
  CHECK(get("vit_small_patch16_18x2_224").block == TimmBlock::parallel_things);
  CHECK(get("vit_base_patch16_rpn_224").block == TimmBlock::res_post_norm);
  CHECK(get("vit_dwee_patch16_reg1_gap_256").attention == TimmAttention::differential);

  const TimmArchitecture& beit = get("beitv2_large_patch16_224");
  check_sizes(beit, 224, 16, 1024, 24, 16, 4.0, 1000);
  CHECK(beit.model_class == TimmClass::beit);
  CHECK(beit.attention == TimmAttention::beit);
  CHECK(beit.global_pool == TimmPool::avg);
  CHECK(beit.rel_pos_bias);
  CHECK_FALSE(beit.shared_rel_pos_bias);
  CHECK_FALSE(beit.abs_pos_embed);
  CHECK(beit.layer_scale);
}

TEST_CASE("timm architectures: EVA, perception encoders, DINOv3, RoPE") {
  const TimmArchitecture& eva02 = get("eva02_base_patch14_448");
  check_sizes(eva02, 448, 14, 768, 12, 12, 8.0 / 3.0, 1000);
  CHECK(eva02.model_class == TimmClass::eva);
  CHECK(eva02.attention == TimmAttention::eva);
  CHECK_FALSE(eva02.qkv_fused);
  CHECK(eva02.mlp == TimmMlp::swiglu_split);
  CHECK(eva02.mlp_inner_norm);
  CHECK(eva02.rope == TimmRope::cat);
  CHECK(eva02.rope_temperature == 10000.0);
  CHECK(eva02.rope_ref_height == 16);
  CHECK(eva02.rope_ref_width == 16);
  CHECK_FALSE(eva02.rope_xy);
  CHECK(eva02.final_norm == TimmChoice::unset);
  CHECK(get("eva02_enormous_patch14_clip_224").block == TimmBlock::res_post_norm);

  const TimmArchitecture& perception = get("vit_pe_core_large_patch14_336");
  CHECK(perception.global_pool == TimmPool::map);
  CHECK(perception.attn_pool_num_heads == 8);
  CHECK(perception.attn_pool_mlp_ratio == 4.0);
  CHECK(perception.attention == TimmAttention::rope);
  CHECK(perception.pre_norm);
  CHECK(perception.rope_grid_offset == 1.0);
  CHECK(perception.rope_xy);
  CHECK(perception.norm_eps == 1e-5);
  CHECK(perception.rope_ref_height == 24);

  const TimmArchitecture& dinov3 = get("vit_7b_patch16_dinov3");
  check_sizes(dinov3, 256, 16, 4096, 40, 32, 2.0, 0);
  CHECK(dinov3.rope == TimmRope::dinov3);
  CHECK(dinov3.rope_rotate_half);
  CHECK(dinov3.rope_temperature == 100.0);
  CHECK(dinov3.swiglu_align_to == 64);
  CHECK(dinov3.reg_tokens == 4);
  CHECK_FALSE(dinov3.abs_pos_embed);
  CHECK_FALSE(dinov3.qkv_bias);
  CHECK(dinov3.dynamic_img_size);
  CHECK(dinov3.fc_norm == TimmChoice::no);
  CHECK(get("vit_small_patch16_rope_mixed_224").rope == TimmRope::mixed);
  CHECK(get("vit_small_patch16_rope_mixed_224").rope_temperature == 10.0);

  const TimmArchitecture& lingbot = get("vit_giant_patch16_lingbot");
  check_sizes(lingbot, 512, 16, 1536, 40, 24, 4.0 * 2 / 3, 0);
  CHECK(lingbot.mlp == TimmMlp::swiglu_split);
  CHECK(lingbot.global_pool == TimmPool::token);

  const TimmArchitecture& sapiens2 = get("vit_large_patch16_sapiens2");
  CHECK(sapiens2.img_height == 1024);
  CHECK(sapiens2.img_width == 768);
  CHECK(sapiens2.num_kv_heads == 8);
  CHECK(sapiens2.full_attn_blocks == 8);
  CHECK(sapiens2.layer_scale);
  CHECK(sapiens2.attn_only_layer_scale);
  CHECK(sapiens2.qk_norm);
  CHECK(sapiens2.norm == TimmNorm::rms_norm);
  CHECK_FALSE(sapiens2.qkv_fused);
  CHECK(get("vit_base_patch16_sapiens2").num_kv_heads == 0);
}

TEST_CASE("timm architectures: names") {
  CHECK(find_timm_architecture("resnet50") == nullptr);
  CHECK(find_timm_architecture("") == nullptr);
  CHECK(find_timm_architecture("vit_base_patch16_22") == nullptr);
  CHECK(get("vit_base_patch16_224.augreg2_in21k_ft_in1k").name == "vit_base_patch16_224");
  CHECK(get("vit_huge_patch14_224_in21k").name == "vit_huge_patch14_224");
  CHECK(get("vit_base_patch32_224_clip_laion2b").name == "vit_base_patch32_clip_224");
  CHECK(get("deit3_base_patch16_384_in21ft1k").name == "deit3_base_patch16_384");
  const std::vector<std::string> close = closest_timm_architectures("vit_bse_patch16_224", 2);
  REQUIRE(close.size() == 2);
  CHECK(close[0] == "vit_base_patch16_224");
  CHECK(closest_timm_architectures("x").size() == 3);
}
