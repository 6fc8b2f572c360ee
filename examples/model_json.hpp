// What inspect prints about a model as one JSON object.
#ifndef EIGENVIT_EXAMPLES_MODEL_JSON_HPP
#define EIGENVIT_EXAMPLES_MODEL_JSON_HPP

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>

#include <nlohmann/json.hpp>

#include <eigenvit/eigenvit.hpp>

#include "config_keys.hpp"

namespace model_json_detail {

using eigenvit::VitConfig;
using Json = nlohmann::ordered_json;

/// The shortest decimal that is that float: 0.485, not 0.48500001430511475.
inline double decimal(float value) {
  char text[32];
  for (int digits = 6; digits <= 9; ++digits) {
    std::snprintf(text, sizeof text, "%.*g", digits, static_cast<double>(value));
    if (std::strtof(text, nullptr) == value) break;
  }
  return std::strtod(text, nullptr);
}

inline Json decimals(const std::array<float, 3>& values) {
  return {decimal(values[0]), decimal(values[1]), decimal(values[2])};
}

inline Json size(std::ptrdiff_t height, std::ptrdiff_t width) {
  return {{"height", height}, {"width", width}};
}

inline Json network(const VitConfig& c) {
  Json json;
  json["image"] = {{"channels", c.in_chans}, {"height", c.image_height}, {"width", c.image_width}};
  json["patch"] = size(c.patch_height, c.patch_width);
  json["tokens"] = {{"total", c.tokens()},
                    {"prefix", c.prefix_tokens()},
                    {"cls", c.class_token},
                    {"distillation", c.dist_token},
                    {"registers", c.reg_tokens},
                    {"detection", c.det_tokens},
                    {"queries", c.query_tokens},
                    {"query_block", c.query_tokens > 0 ? Json(c.query_block) : Json()},
                    {"grid", size(c.grid_height(), c.grid_width())}};
  json["width"] = c.embed_dim;
  json["depth"] = c.depth;
  json["positions"] = {{"table", c.pos_embed},
                       {"computed", c.sine_positions},
                       {"rotary", key(c.rope.kind)},
                       {"relative_bias", c.rel_pos_bias}};
  json["block"] = {{"form", key(c.block)}, {"side_by_side", c.num_parallel}};
  json["attention"] = {{"heads", c.num_heads},   {"head_width", c.embed_dim / c.num_heads},
                       {"kv_heads", c.kv_heads}, {"differential", c.diff_attention},
                       {"qk_norm", c.qk_norm},   {"norm", c.attn_norm}};
  json["mlp"] = {{"width", c.mlp_hidden},
                 {"activation", key(c.act)},
                 {"gated", c.mlp_gate},
                 {"norm", c.mlp_norm}};
  json["norm"] = {{"kind", c.norm == eigenvit::NormKind::rms_norm ? "rms_norm" : "layer_norm"},
                  {"eps", c.norm_eps}};
  json["layer_scale"] = {{"attention", c.layer_scale}, {"mlp", c.layer_scale && c.mlp_layer_scale}};
  json["pool"] = {{"kind", key(c.global_pool)}, {"norm", c.fc_norm}};
  json["classes"] = c.num_classes;
  json["distillation_head"] = c.dist_head;
  json["detects"] = c.detects();
  json["image_embeds"] = nullptr;
  if (c.image_embeds) {
    json["image_embeds"] = {{"width", c.image_embeds_width()}, {"unit_length", c.normalize_embeds}};
  }
  return json;
}

inline Json depth_estimation(const eigenvit::DenseConfig& head) {
  if (const auto* const zoe = std::get_if<eigenvit::ZoeDepthConfig>(&head)) {
    Json json = {{"metric", true}, {"blocks", zoe->neck.blocks}, {"channels", zoe->neck.channels}};
    json["domains"] = Json::array();
    for (eigenvit::Index i = 0; i < zoe->domain_count; ++i) {
      const eigenvit::ZoeDomain& domain = zoe->domains[std::size_t(i)];
      json["domains"].push_back({{"name", domain.name},
                                 {"bins", domain.bins},
                                 {"min_depth", domain.min_depth},
                                 {"max_depth", domain.max_depth}});
    }
    return json;
  }
  const auto* const depth = std::get_if<eigenvit::DepthConfig>(&head);
  if (depth == nullptr) return nullptr;
  return {{"metric", depth->is_metric},
          {"blocks", depth->neck.blocks},
          {"channels", depth->neck.channels}};
}

inline Json pose_estimation(const eigenvit::DenseConfig& head) {
  const auto* const pose = std::get_if<eigenvit::PoseConfig>(&head);
  if (pose == nullptr) return nullptr;
  return {{"keypoints", pose->keypoints}, {"block", pose->block}, {"edges", pose->edges}};
}

inline Json segmentation(const eigenvit::DenseConfig& head) {
  if (const auto* const uper = std::get_if<eigenvit::UperConfig>(&head)) {
    return {{"classes", uper->classes}, {"blocks", uper->blocks}};
  }
  if (const auto* const dpt = std::get_if<eigenvit::DptSegmentationConfig>(&head)) {
    return {{"classes", dpt->classes}, {"blocks", dpt->neck.blocks}};
  }
  return nullptr;
}

inline Json mask_segmentation(const eigenvit::DenseConfig& head) {
  const auto* const eomt = std::get_if<eigenvit::EomtConfig>(&head);
  if (eomt == nullptr) return nullptr;
  return {{"classes", eomt->classes},
          {"enlargement", 1 << eomt->enlargements},
          {"windows", eomt->takes_windows}};
}

inline Json preprocessing(const eigenvit::PreprocessConfig& p) {
  Json json = {{"resize", {{"mode", key(p.resize_mode)}}}, {"crop", nullptr}};
  if (p.resize_mode != eigenvit::ResizeMode::none) {
    if (p.resize_mode == eigenvit::ResizeMode::patches) {
      json["resize"]["patch"] = p.size_multiple;
      json["resize"]["max_patches"] = p.max_patches;
    } else {
      json["resize"].update(size(p.resize_height, p.resize_width));
    }
    if (p.resize_mode == eigenvit::ResizeMode::nearest_side) {
      json["resize"]["multiple"] = double(p.size_multiple) / double(p.size_parts);
    }
    json["resize"]["filter"] = key(p.filter);
    json["resize"]["align_corners"] = p.align_corners;
    json["resize"]["mirrored_border"] = p.mirror_border;
  }
  if (p.crop) json["crop"] = size(p.crop_height, p.crop_width);
  json["mean"] = p.normalize ? decimals(p.mean) : Json();
  json["std"] = p.normalize ? decimals(p.std) : Json();
  return json;
}

}  // namespace model_json_detail

/// What the pass gives whose memory is stated: the maps of a dense head, else tokens.
inline eigenvit::Taps inspected_taps(const eigenvit::Model& model) {
  eigenvit::Taps taps;
  taps.dense = model.network().layers().dense_head != nullptr;
  taps.tokens = !taps.dense;
  return taps;
}

/// Keys stay as they are from version to version; further ones may come. What a model lacks is
/// null, false or 0.
inline nlohmann::ordered_json model_json(const eigenvit::Model& model, int batch_size,
                                         int threads) {
  namespace detail = model_json_detail;
  const eigenvit::Checkpoint& checkpoint = model.checkpoint();
  const eigenvit::VitConfig& config = model.network().config();
  nlohmann::ordered_json json = {{"family", checkpoint.family},
                                 {"architecture", checkpoint.architecture}};
  json.update(detail::network(config));
  json["depth_estimation"] = detail::depth_estimation(checkpoint.dense_head);
  json["pose_estimation"] = detail::pose_estimation(checkpoint.dense_head);
  json["segmentation"] = detail::segmentation(checkpoint.dense_head);
  json["mask_segmentation"] = detail::mask_segmentation(checkpoint.dense_head);
  json["preprocessing"] = detail::preprocessing(checkpoint.preprocessing);
  json["labels"] = model.labels().size();
  json["scores"] = nullptr;
  if (model.has_head()) json["scores"] = key(checkpoint.scores);
  json["parameters"] = model.network().parameters();
  const eigenvit::ModelMemory memory = model.memory(config.image_width, config.image_height,
                                                    inspected_taps(model), batch_size, threads);
  json["weight_bytes"] = memory.weights;
  json["workspace"] = {
      {"bytes", memory.workspace()}, {"batch_size", batch_size}, {"threads", threads}};
  json["peak_bytes"] = memory.peak();
  json["flops"] = model.network().flops(config.image_height, config.image_width);
  json["notes"] = checkpoint.notes;
  return json;
}

#endif
