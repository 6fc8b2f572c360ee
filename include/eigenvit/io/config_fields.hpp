/// The parts of a configuration, one by one and by their names.
#ifndef EIGENVIT_IO_CONFIG_FIELDS_HPP
#define EIGENVIT_IO_CONFIG_FIELDS_HPP

#include <array>
#include <cstddef>
#include <type_traits>
#include <variant>

#include <eigenvit/core/compiler.hpp>
#include <eigenvit/image/preprocess_config.hpp>
#include <eigenvit/io/checkpoint.hpp>
#include <eigenvit/io/checkpoint_names.hpp>
#include <eigenvit/io/contrastive_logits.hpp>
#include <eigenvit/layers/grid_resampler.hpp>
#include <eigenvit/layers/rotary_embedding.hpp>
#include <eigenvit/model/heads/dense_config.hpp>
#include <eigenvit/model/vit_config.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

// visit_fields(config, visit) calls `visit("name", member)` for each member that changes a result.
// A structured binding names all members: without the one that was added, it does not compile.

template <class Visit>
void visit_fields(GridInterpolation& fields, const Visit& visit) {
  auto& [kernel, antialias, scale_offset, align_corners, crops_square] = fields;
  visit("kernel", kernel);
  visit("antialias", antialias);
  visit("scale_offset", scale_offset);
  visit("align_corners", align_corners);
  visit("crops_square", crops_square);
}

template <class Visit>
void visit_fields(RopeConfig& fields, const Visit& visit) {
  auto& [kind, temperature, grid_offset, xy, rotate_half, ref_height, ref_width, class_token] =
      fields;
  visit("kind", kind);
  visit("temperature", temperature);
  visit("grid_offset", grid_offset);
  visit("xy", xy);
  visit("rotate_half", rotate_half);
  visit("ref_height", ref_height);
  visit("ref_width", ref_width);
  visit("class_token", class_token);
}

/// Of an array, each under a name of its own: hashes of fields are added in any order.
template <std::size_t count, class Visit>
void visit_levels(const std::array<const char*, count>& names, std::array<Index, count>& levels,
                  const Visit& visit) {
  for (std::size_t i = 0; i < count; ++i) visit(names[i], levels[i]);
}

template <class Visit>
void visit_fields(DptNeckConfig& fields, const Visit& visit) {
  auto& [channels, blocks, level_channels, factors, normed_tokens, readout, readout_act, doubles,
         unit_bias, batch_norm, batch_norm_eps] = fields;
  visit("channels", channels);
  visit_levels({"block.0", "block.1", "block.2", "block.3"}, blocks, visit);
  visit_levels({"channels.0", "channels.1", "channels.2", "channels.3"}, level_channels, visit);
  visit_levels({"factor.0", "factor.1", "factor.2", "factor.3"}, factors, visit);
  visit("normed_tokens", normed_tokens);
  visit("readout", readout);
  visit("readout_act", readout_act);
  visit("doubles", doubles);
  visit("unit_bias", unit_bias);
  visit("batch_norm", batch_norm);
  visit("batch_norm_eps", batch_norm_eps);
}

template <class Visit>
void visit_fields(DepthConfig& fields, const Visit& visit) {
  auto& [neck, head_channels, add_projection, is_metric, max_depth] = fields;
  visit_fields(neck, visit);
  visit("head_channels", head_channels);
  visit("add_projection", add_projection);
  visit("is_metric", is_metric);
  visit("max_depth", max_depth);
}

template <class Visit>
void visit_fields(DptSegmentationConfig& fields, const Visit& visit) {
  auto& [neck, classes] = fields;
  visit_fields(neck, visit);
  visit("classes", classes);
}

/// Not the edges, which no number depends on.
template <class Visit>
void visit_fields(PoseConfig& fields, const Visit& visit) {
  auto& [keypoints, block, factor, channels, edges] = fields;
  visit("keypoints", keypoints);
  visit("block", block);
  visit("factor", factor);
  visit("channels", channels);
}

template <class Visit>
void visit_fields(UperConfig& fields, const Visit& visit) {
  auto& [classes, blocks, pool_scales] = fields;
  visit("classes", classes);
  visit_levels({"block.0", "block.1", "block.2", "block.3"}, blocks, visit);
  visit_levels(
      {"scale.0", "scale.1", "scale.2", "scale.3", "scale.4", "scale.5", "scale.6", "scale.7"},
      pool_scales, visit);
}

template <class Visit>
void visit_fields(EomtConfig& fields, const Visit& visit) {
  auto& [classes, block, enlargements, act, takes_windows] = fields;
  visit("classes", classes);
  visit("block", block);
  visit("enlargements", enlargements);
  visit("act", act);
  visit("takes_windows", takes_windows);
}

template <class Visit>
void visit_fields(ZoeDepthConfig& fields, const Visit& visit) {
  auto& [neck, add_projection, relative_channels, embedding, attractors, sums_attraction,
         bounded_bins, min_temperature, max_temperature, domain_count, domains, router_heads,
         router_hidden] = fields;
  visit_fields(neck, visit);
  visit("add_projection", add_projection);
  visit("relative_channels", relative_channels);
  visit("embedding", embedding);
  visit_levels({"attractors.0", "attractors.1", "attractors.2", "attractors.3"}, attractors, visit);
  visit("sums_attraction", sums_attraction);
  visit("bounded_bins", bounded_bins);
  visit("min_temperature", min_temperature);
  visit("max_temperature", max_temperature);
  visit("domain_count", domain_count);
  const auto visit_domain = [&visit](const std::array<const char*, 4>& names, ZoeDomain& domain) {
    auto& [name, bins, min_depth, max_depth] = domain;
    visit(names[0], name);
    visit(names[1], bins);
    visit(names[2], min_depth);
    visit(names[3], max_depth);
  };
  visit_domain({"name.0", "bins.0", "min_depth.0", "max_depth.0"}, domains[0]);
  visit_domain({"name.1", "bins.1", "min_depth.1", "max_depth.1"}, domains[1]);
  visit("router_heads", router_heads);
  visit("router_hidden", router_hidden);
}

/// Of the head that there is.
template <class Visit>
void visit_fields(DenseConfig& config, const Visit& visit) {
  static_assert(std::variant_size_v<DenseConfig> == 7, "each head is visited below");
  if (auto* const depth = std::get_if<DepthConfig>(&config)) visit_fields(*depth, visit);
  if (auto* const pose = std::get_if<PoseConfig>(&config)) visit_fields(*pose, visit);
  if (auto* const uper = std::get_if<UperConfig>(&config)) visit_fields(*uper, visit);
  if (auto* const dpt = std::get_if<DptSegmentationConfig>(&config)) visit_fields(*dpt, visit);
  if (auto* const eomt = std::get_if<EomtConfig>(&config)) visit_fields(*eomt, visit);
  if (auto* const zoe = std::get_if<ZoeDepthConfig>(&config)) visit_fields(*zoe, visit);
}

template <class Visit>
void visit_fields(VitConfig& fields, const Visit& visit) {
  auto& [embed_dim, depth, num_heads, mlp_hidden, block, num_parallel, qkv_bias, kv_heads, qk_norm,
         attn_norm, diff_attention, proj_bias, mlp_gate, mlp_norm, layer_scale, mlp_layer_scale,
         expert_outputs, expert, act, norm, norm_eps, final_norm] =
      static_cast<EncoderConfig&>(fields);
  auto& [num_classes, dist_head] = static_cast<ClassificationHead::Config&>(fields);
  auto& [pooler_hidden, pooler_act, pooled_is_pooler_output] = static_cast<Pooler::Config&>(fields);
  auto& [image_embeds, projection_dim, projection_bias, normalize_embeds] =
      static_cast<ImageProjection::Config&>(fields);
  auto& [in_chans, image_height, image_width, patch_height, patch_width, patch_padding, class_token,
         dist_token, reg_tokens, det_tokens, query_tokens, query_block, mid_pos_embed, pos_embed,
         sine_positions, no_embed_class, pos_interpolation, dynamic_image_size, rope, rel_pos_bias,
         rel_pos_interpolation, table_format, patch_bias, patch_norm, pre_norm, global_pool,
         pool_include_prefix, attn_pool_heads, attn_pool_dim, attn_pool_hidden, attn_pool_act,
         fc_norm] = static_cast<ImageModelConfig&>(fields);
  using KnownHeads = HeadList<ClassificationHead, DetectionHeads, Pooler, ImageProjection>;
  struct KnownParts : EncoderConfig, ImageModelConfig, KnownHeads::Config {};
  static_assert(std::is_same_v<Heads, KnownHeads> && sizeof(VitConfig) == sizeof(KnownParts),
                "the members of each base of VitConfig are named above");
  visit("in_chans", in_chans);
  visit("image_height", image_height);
  visit("image_width", image_width);
  visit("patch_height", patch_height);
  visit("patch_width", patch_width);
  visit("patch_padding", patch_padding);
  visit("embed_dim", embed_dim);
  visit("depth", depth);
  visit("num_heads", num_heads);
  visit("mlp_hidden", mlp_hidden);
  visit("num_classes", num_classes);
  visit("class_token", class_token);
  visit("dist_token", dist_token);
  visit("reg_tokens", reg_tokens);
  visit("det_tokens", det_tokens);
  visit("query_tokens", query_tokens);
  visit("query_block", query_block);
  visit("mid_pos_embed", mid_pos_embed);
  visit("pos_embed", pos_embed);
  visit("sine_positions", sine_positions);
  visit("no_embed_class", no_embed_class);
  visit("pos_interpolation", pos_interpolation);
  visit("dynamic_image_size", dynamic_image_size);
  visit("rope", rope);
  visit("rel_pos_bias", rel_pos_bias);
  visit("rel_pos_interpolation", rel_pos_interpolation);
  visit("table_format", table_format);
  visit("patch_bias", patch_bias);
  visit("patch_norm", patch_norm);
  visit("pre_norm", pre_norm);
  visit("block", block);
  visit("num_parallel", num_parallel);
  visit("qkv_bias", qkv_bias);
  visit("kv_heads", kv_heads);
  visit("qk_norm", qk_norm);
  visit("attn_norm", attn_norm);
  visit("diff_attention", diff_attention);
  visit("proj_bias", proj_bias);
  visit("mlp_gate", mlp_gate);
  visit("mlp_norm", mlp_norm);
  visit("layer_scale", layer_scale);
  visit("mlp_layer_scale", mlp_layer_scale);
  visit("expert_outputs", expert_outputs);
  visit("expert", expert);
  visit("act", act);
  visit("norm", norm);
  visit("norm_eps", norm_eps);
  visit("final_norm", final_norm);
  visit("global_pool", global_pool);
  visit("pool_include_prefix", pool_include_prefix);
  visit("attn_pool_heads", attn_pool_heads);
  visit("attn_pool_dim", attn_pool_dim);
  visit("attn_pool_hidden", attn_pool_hidden);
  visit("attn_pool_act", attn_pool_act);
  visit("fc_norm", fc_norm);
  visit("dist_head", dist_head);
  visit("pooler_hidden", pooler_hidden);
  visit("pooler_act", pooler_act);
  visit("pooled_is_pooler_output", pooled_is_pooler_output);
  visit("image_embeds", image_embeds);
  visit("projection_dim", projection_dim);
  visit("projection_bias", projection_bias);
  visit("normalize_embeds", normalize_embeds);
}

template <class Visit>
void visit_fields(PreprocessConfig& fields, const Visit& visit) {
  auto& [resize_mode, resize_height, resize_width, longest_edge, size_multiple, size_parts,
         max_patches, filter, resize_values, smooth_values, align_corners, mirror_border, crop,
         crop_height, crop_width, crop_rounding, pad_fill, rescale, rescale_factor, normalize, mean,
         std] = fields;
  visit("resize_mode", resize_mode);
  visit("resize_height", resize_height);
  visit("resize_width", resize_width);
  visit("longest_edge", longest_edge);
  visit("size_multiple", size_multiple);
  visit("size_parts", size_parts);
  visit("max_patches", max_patches);
  visit("filter", filter);
  visit("resize_values", resize_values);
  visit("smooth_values", smooth_values);
  visit("align_corners", align_corners);
  visit("mirror_border", mirror_border);
  visit("crop", crop);
  visit("crop_height", crop_height);
  visit("crop_width", crop_width);
  visit("crop_rounding", crop_rounding);
  visit("pad_fill", pad_fill);
  visit("rescale", rescale);
  visit("rescale_factor", rescale_factor);
  visit("normalize", normalize);
  visit("mean", mean);
  visit("std", std);
}

/// All but what only decides which tensors are refused.
template <class Visit>
void visit_fields(CheckpointNames& fields, const Visit& visit) {
  auto& [prefix, norm, block, block_is_prefixed, norm1, qkv, qkv_bias, q_norm, k_norm, rel_pos_bias,
         shared_rel_pos_bias, block_rel_pos_bias, sub_norm, lambda, attn_norm, proj, ls1, norm2,
         fc1, fc1_ungated, mlp_norm, fc2, fc2_experts, ls2, in_proj, mlp_bias, out_proj, strict,
         ignored, ignored_parts] = static_cast<EncoderNames&>(fields);
  auto& [cls_token, dist_token, reg_token, pos_embed, det_token, query_token, mask_share,
         mid_pos_embed, patch_embed, patch_layout, patch_norm, rope_freqs, norm_pre, fc_norm,
         pool_latent, pool_latents, pool_latent_norm, pool_q, pool_kv, pool_v, pool_bias, pool_proj,
         pool_norm, pool_fc1, pool_fc2, head, head_dist, class_head, box_head, pooler, projection,
         projection_is_transposed, pos_embed_prefix_rows, pos_embed_layout] =
      static_cast<ImageNames&>(fields);
  struct KnownParts : EncoderNames, ImageNames {};
  static_assert(sizeof(CheckpointNames) == sizeof(KnownParts),
                "the members of each base of CheckpointNames are named above");
  visit("prefix", prefix);
  visit("cls_token", cls_token);
  visit("dist_token", dist_token);
  visit("reg_token", reg_token);
  visit("pos_embed", pos_embed);
  visit("det_token", det_token);
  visit("query_token", query_token);
  visit("mask_share", mask_share);
  visit("mid_pos_embed", mid_pos_embed);
  visit("patch_embed", patch_embed);
  visit("patch_layout", patch_layout);
  visit("patch_norm", patch_norm);
  visit("rope_freqs", rope_freqs);
  visit("norm_pre", norm_pre);
  visit("norm", norm);
  visit("fc_norm", fc_norm);
  visit("block", block);
  visit("block_is_prefixed", block_is_prefixed);
  visit("norm1", norm1);
  visit("qkv", qkv);
  visit("qkv_bias", qkv_bias);
  visit("q_norm", q_norm);
  visit("k_norm", k_norm);
  visit("rel_pos_bias", rel_pos_bias);
  visit("shared_rel_pos_bias", shared_rel_pos_bias);
  visit("block_rel_pos_bias", block_rel_pos_bias);
  visit("sub_norm", sub_norm);
  visit("lambda", lambda);
  visit("attn_norm", attn_norm);
  visit("proj", proj);
  visit("ls1", ls1);
  visit("norm2", norm2);
  visit("fc1", fc1);
  visit("fc1_ungated", fc1_ungated);
  visit("mlp_norm", mlp_norm);
  visit("fc2", fc2);
  visit("fc2_experts", fc2_experts);
  visit("ls2", ls2);
  visit("in_proj", in_proj);
  visit("mlp_bias", mlp_bias);
  visit("out_proj", out_proj);
  visit("pool_latent", pool_latent);
  visit("pool_latents", pool_latents);
  visit("pool_latent_norm", pool_latent_norm);
  visit("pool_q", pool_q);
  visit("pool_kv", pool_kv);
  visit("pool_v", pool_v);
  visit("pool_bias", pool_bias);
  visit("pool_proj", pool_proj);
  visit("pool_norm", pool_norm);
  visit("pool_fc1", pool_fc1);
  visit("pool_fc2", pool_fc2);
  visit("head", head);
  visit("head_dist", head_dist);
  visit("class_head", class_head);
  visit("box_head", box_head);
  visit("pooler", pooler);
  visit("projection", projection);
  visit("projection_is_transposed", projection_is_transposed);
  visit("pos_embed_prefix_rows", pos_embed_prefix_rows);
  visit("pos_embed_layout", pos_embed_layout);
}

template <class Visit>
void visit_fields(ContrastiveLogits& fields, const Visit& visit) {
  auto& [score, log_scale, bias] = fields;
  visit("score", score);
  visit("log_scale", log_scale);
  visit("bias", bias);
}

/// What a network is given and what its results mean; neither the names of the classes nor those
/// that people call the model by.
template <class Visit>
void visit_fields(Checkpoint& checkpoint, const Visit& visit) {
  auto& [family, architecture, config, dense_head, names, preprocessing, labels, scores, notes,
         contrastive] = checkpoint;
  visit("config", config);
  visit("dense_head", dense_head);
  visit("names", names);
  visit("preprocessing", preprocessing);
  visit("scores", scores);
  visit("contrastive", contrastive);
}

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
