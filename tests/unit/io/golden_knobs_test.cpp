// Every knob of a configuration turned the wrong way: some golden must notice.
#include <set>
#include <string>
#include <variant>
#include <vector>

#include <doctest/doctest.h>

#include <eigenvit/io/checkpoint_reader.hpp>
#include <eigenvit/io/dense_heads.hpp>
#include <eigenvit/io/model_folder.hpp>

#include "../golden.hpp"
#include "wrong_turn.hpp"

namespace {

using eigenvit::Activation;
using eigenvit::DenseConfig;
using eigenvit::DepthConfig;
using eigenvit::DptNeckConfig;
using eigenvit::DptSegmentationConfig;
using eigenvit::EomtConfig;
using eigenvit::Index;
using eigenvit::Pool;
using eigenvit::PoseConfig;
using eigenvit::Readout;
using eigenvit::RopeKind;
using eigenvit::UperConfig;
using eigenvit::VitConfig;
using eigenvit::ZoeDepthConfig;
using eigenvit::detail::CheckpointNames;
using wrong_turn::set;
using wrong_turn::set_from;

/// The decoder of a head that has one.
DptNeckConfig* neck_of(DenseConfig& head) {
  if (auto* const depth = std::get_if<DepthConfig>(&head)) return &depth->neck;
  if (auto* const zoe = std::get_if<ZoeDepthConfig>(&head)) return &zoe->neck;
  auto* const segmentation = std::get_if<DptSegmentationConfig>(&head);
  return segmentation ? &segmentation->neck : nullptr;
}

/// A wrong turn, of the encoder or of its dense head; gives false where it is none for this model.
struct Knob {
  const char* name;
  bool (*turn)(VitConfig& config, CheckpointNames& names);
  bool (*turn_head)(DenseConfig& head) = nullptr;

  bool apply(eigenvit::Checkpoint& checkpoint) const {
    return turn ? turn(checkpoint.config, checkpoint.names) : turn_head(checkpoint.dense_head);
  }
};

bool has_rope(const VitConfig& c) {
  return c.rope.kind != RopeKind::none;
}

const std::vector<Knob>& knobs() {
  static const std::vector<Knob> all = {
      {"tanh GELU for GELU",
       [](VitConfig& c, auto&) {
         return set_from(c.act, Activation::gelu, Activation::gelu_tanh);
       }},
      {"quick GELU for GELU",
       [](VitConfig& c, auto&) {
         return set_from(c.act, Activation::gelu, Activation::quick_gelu);
       }},
      {"GELU for tanh GELU",
       [](VitConfig& c, auto&) {
         return set_from(c.act, Activation::gelu_tanh, Activation::gelu);
       }},
      {"GELU for quick GELU",
       [](VitConfig& c, auto&) {
         return set_from(c.act, Activation::quick_gelu, Activation::gelu);
       }},
      {"GELU for SiLU",
       [](VitConfig& c, auto&) { return set_from(c.act, Activation::silu, Activation::gelu); }},
      {"epsilon of norms",
       [](VitConfig& c, auto&) {
         c.norm_eps *= 10;
         return true;
       }},
      {"1e-5 for an epsilon of 1e-6",
       [](VitConfig& c, auto&) { return set_from(c.norm_eps, 1e-6, 1e-5); }},
      {"1e-6 for an epsilon of 1e-5",
       [](VitConfig& c, auto&) { return set_from(c.norm_eps, 1e-5, 1e-6); }},
      {"1e-6 for an epsilon of 1e-12",
       [](VitConfig& c, auto&) { return set_from(c.norm_eps, 1e-12, 1e-6); }},
      {"RMSNorm for layer norm",
       [](VitConfig& c, auto&) {
         return set_from(c.norm, eigenvit::NormKind::layer_norm, eigenvit::NormKind::rms_norm);
       }},
      {"number of heads",
       [](VitConfig& c, auto&) {
         return !c.qk_norm && !c.rel_pos_bias && c.rope.kind != RopeKind::mixed &&
                !c.diff_attention && set(c.num_heads, eigenvit::Index{1});
       }},
      {"CLS for the mean",
       [](VitConfig& c, auto&) {
         return c.class_token && set_from(c.global_pool, Pool::avg, Pool::token);
       }},
      {"the mean for CLS",
       [](VitConfig& c, auto&) { return set_from(c.global_pool, Pool::token, Pool::avg); }},
      {"CLS for the pair",
       [](VitConfig& c, auto&) { return set_from(c.global_pool, Pool::token_pair, Pool::token); }},
      {"CLS for the mean of prefix tokens",
       [](VitConfig& c, auto&) { return set_from(c.global_pool, Pool::prefix_avg, Pool::token); }},
      {"CLS for CLS and the mean",
       [](VitConfig& c, auto&) { return set_from(c.global_pool, Pool::token_avg, Pool::token); }},
      {"one head for two", [](VitConfig& c, auto&) { return set(c.dist_head, false); }},
      {"no activation of the pooler",
       [](VitConfig& c, auto&) {
         return c.pooler_hidden > 0 && set(c.pooler_act, Activation::none);
       }},
      {"length of image_embeds",
       [](VitConfig& c, auto&) {
         c.normalize_embeds = !c.normalize_embeds;
         return c.image_embeds;
       }},
      {"no projection of image_embeds",
       [](VitConfig& c, auto&) { return c.image_embeds && set(c.projection_dim, Index{0}); }},
      {"queries from the first block on",
       [](VitConfig& c, auto&) { return set(c.query_block, Index{0}); }},
      {"no queries",
       [](VitConfig& c, auto&) {
         c.query_block = 0;
         return set(c.query_tokens, Index{0});
       }},
      {"no detection tokens",
       [](VitConfig& c, auto&) {
         c.num_classes = 0;
         return set(c.det_tokens, Index{0});
       }},
      {"the mean for the greatest",
       [](VitConfig& c, auto&) { return set_from(c.global_pool, Pool::max, Pool::avg); }},
      {"the greatest for half the sum with the mean",
       [](VitConfig& c, auto&) { return set_from(c.global_pool, Pool::avgmax, Pool::max); }},
      {"prefix tokens pooled or not",
       [](VitConfig& c, auto&) {
         c.pool_include_prefix = !c.pool_include_prefix;
         return c.prefix_tokens() > 0 && !c.pools_prefix();
       }},
      {"heads of attention pooling",
       [](VitConfig& c, auto&) {
         return c.global_pool == Pool::map && set(c.attn_pool_heads, eigenvit::Index{1});
       }},
      {"another norm of the query of attention pooling",
       [](VitConfig&, CheckpointNames& names) {
         return !names.pool_latent_norm.empty() && set(names.pool_latent_norm, names.fc_norm);
       }},
      {"attention pooling of the tokens' width",
       [](VitConfig& c, auto&) { return set(c.attn_pool_dim, Index{0}); }},
      {"activation of attention pooling",
       [](VitConfig& c, auto&) {
         return c.global_pool == Pool::map &&
                set(c.attn_pool_act,
                    c.attn_pool_act == Activation::gelu ? Activation::gelu_tanh : Activation::gelu);
       }},
      {"the last norm before or after pooling",
       [](VitConfig& c, CheckpointNames& names) {
         if (c.fc_norm == c.final_norm) return false;
         std::swap(c.fc_norm, c.final_norm);
         std::swap(names.fc_norm, names.norm);
         return c.global_pool != Pool::token;
       }},
      {"post-norm blocks as pre-norm ones",
       [](VitConfig& c, auto&) {
         return set_from(c.block, eigenvit::BlockForm::post_norm, eigenvit::BlockForm::pre_norm);
       }},
      {"halves of a block side by side as one after the other",
       [](VitConfig& c, auto&) {
         return set_from(c.block, eigenvit::BlockForm::parallel, eigenvit::BlockForm::pre_norm);
       }},
      {"one branch of two", [](VitConfig& c, auto&) { return set(c.num_parallel, Index{1}); }},
      {"no class token",
       [](VitConfig& c, auto&) { return !c.pools_prefix() && set(c.class_token, false); }},
      {"no distillation token",
       [](VitConfig& c, auto&) {
         c.dist_head = false;
         c.global_pool = Pool::token;
         return set(c.dist_token, false);
       }},
      {"no registers", [](VitConfig& c, auto&) { return set(c.reg_tokens, Index{0}); }},
      {"registers before CLS",
       [](VitConfig& c, CheckpointNames& names) {
         std::swap(names.cls_token, names.reg_token);
         return c.class_token && c.reg_tokens == 1;
       }},
      {"positions of prefix tokens",
       [](VitConfig& c, CheckpointNames& names) {
         names.pos_embed_prefix_rows = static_cast<int>(c.prefix_tokens());
         return c.pos_embed && c.prefix_tokens() > 0 && set(c.no_embed_class, false);
       }},
      {"no final norm",
       [](VitConfig& c, CheckpointNames& names) {
         names.strict = false;
         return set(c.final_norm, false);
       }},
      {"no norm after pooling",
       [](VitConfig& c, CheckpointNames& names) {
         names.strict = false;
         return set(c.fc_norm, false);
       }},
      {"no gate in the mlp", [](VitConfig& c, auto&) { return set(c.mlp_gate, false); }},
      {"the gate's halves",
       [](VitConfig& c, CheckpointNames& names) {
         std::swap(names.fc1, names.fc1_ungated);
         return c.mlp_gate && !names.fc1.empty();
       }},
      {"no norm in the mlp", [](VitConfig& c, auto&) { return set(c.mlp_norm, false); }},
      {"no norm of the heads", [](VitConfig& c, auto&) { return set(c.attn_norm, false); }},
      {"no norm of queries and keys", [](VitConfig& c, auto&) { return set(c.qk_norm, false); }},
      {"queries' norm for keys",
       [](VitConfig& c, CheckpointNames& names) {
         std::swap(names.q_norm, names.k_norm);
         return c.qk_norm;
       }},
      {"no differential attention",
       [](VitConfig& c, auto&) { return set(c.diff_attention, false); }},
      {"no LayerScale", [](VitConfig& c, auto&) { return set(c.layer_scale, false); }},
      {"no LayerScale of the MLP",
       [](VitConfig& c, CheckpointNames& names) {
         names.strict = false;
         return c.layer_scale && set(c.mlp_layer_scale, false);
       }},
      {"LayerScale of the MLP",
       [](VitConfig& c, auto&) { return c.layer_scale && set(c.mlp_layer_scale, true); }},
      {"heads that share keys and values",
       [](VitConfig& c, auto&) {
         if (c.kv_heads.empty()) return false;
         c.kv_heads.clear();
         return true;
       }},
      {"no norm before the blocks", [](VitConfig& c, auto&) { return set(c.pre_norm, false); }},
      {"no norm of the patches", [](VitConfig& c, auto&) { return set(c.patch_norm, false); }},
      {"no biases of queries, keys and values",
       [](VitConfig& c, auto&) { return set(c.qkv_bias, false); }},
      {"no bias of the patches", [](VitConfig& c, auto&) { return set(c.patch_bias, false); }},
      {"no biases of projections", [](VitConfig& c, auto&) { return set(c.proj_bias, false); }},
      {"no position embedding", [](VitConfig& c, auto&) { return set(c.pos_embed, false); }},
      {"no positions between the blocks",
       [](VitConfig& c, auto&) { return set(c.mid_pos_embed, false); }},
      {"no rotary embedding", [](VitConfig& c, auto&) { return set(c.rope.kind, RopeKind::none); }},
      {"rotation of halves or of neighbours",
       [](VitConfig& c, auto&) {
         c.rope.rotate_half = !c.rope.rotate_half;
         return has_rope(c);
       }},
      {"rows and columns of rotary embedding",
       [](VitConfig& c, auto&) {
         c.rope.xy = !c.rope.xy;
         return has_rope(c);
       }},
      {"temperature of rotary embedding",
       [](VitConfig& c, auto&) {
         c.rope.temperature *= 2;
         return has_rope(c) && c.rope.kind != RopeKind::mixed;
       }},
      {"offset of rotary embedding",
       [](VitConfig& c, auto&) {
         // Added to all places it cancels out of the scores, but for those of prefix tokens.
         c.rope.grid_offset += 1;
         return c.rope.kind == RopeKind::axial && c.prefix_tokens() > 0;
       }},
      {"reference grid of rotary embedding",
       [](VitConfig& c, auto&) {
         if (c.rope.kind != RopeKind::axial || c.rope.ref_height == 0) return false;
         c.rope.ref_height = c.rope.ref_width = 0;
         return true;
       }},
      {"no relative position bias",
       [](VitConfig& c, CheckpointNames& names) {
         names.strict = false;
         return set(c.rel_pos_bias, false);
       }},
      {"interpolation of relative position biases",
       [](VitConfig& c, auto&) {
         return c.rel_pos_bias &&
                set(c.rel_pos_interpolation, eigenvit::RelativeInterpolation::bilinear);
       }},
      {"interpolation of relative position biases by spacing",
       [](VitConfig& c, auto&) {
         return c.rel_pos_bias &&
                set(c.rel_pos_interpolation, eigenvit::RelativeInterpolation::geometric);
       }},
      {"DINO's tenth of a patch in position embeddings",
       [](VitConfig& c, auto&) { return set(c.pos_interpolation.scale_offset, 0.0F); }},
      {"a tenth of a patch more in position embeddings",
       [](VitConfig& c, auto&) {
         return c.pos_embed && !c.pos_interpolation.antialias &&
                set(c.pos_interpolation.scale_offset, 0.1F);
       }},
      {"single precision of resampled tables",
       [](VitConfig& c, auto&) { return set(c.table_format, eigenvit::FloatFormat::single); }},
      {"half precision of resampled tables",
       [](VitConfig& c, auto&) { return set(c.table_format, eigenvit::FloatFormat::half); }},
      {"corners of position embeddings",
       [](VitConfig& c, auto&) { return set(c.pos_interpolation.align_corners, false); }},
      {"a crop of a square of positions",
       [](VitConfig& c, auto&) { return set(c.pos_interpolation.crops_square, false); }},
      {"CLS for the first two tokens",
       [](VitConfig& c, auto&) { return set_from(c.global_pool, Pool::first_two, Pool::token); }},
      {"positions that are computed",
       [](VitConfig& c, auto&) { return set(c.sine_positions, false); }},
      {"antialiasing of position embeddings",
       [](VitConfig& c, auto&) {
         c.pos_interpolation.antialias = !c.pos_interpolation.antialias;
         return c.pos_embed;
       }},
      {"kernel of position embeddings",
       [](VitConfig& c, auto&) {
         using Kernel = eigenvit::GridInterpolation::Kernel;
         auto& kernel = c.pos_interpolation.kernel;
         kernel = kernel == Kernel::bicubic ? Kernel::bilinear : Kernel::bicubic;
         return c.pos_embed;
       }},
      {"no padding of the patches",
       [](VitConfig& c, auto&) { return set(c.patch_padding, Index{0}); }},
      {"another expert",
       [](VitConfig& c, auto&) { return c.expert_outputs > 0 && set(c.expert, Index{0}); }},
      {"GELU for ReLU",
       [](VitConfig& c, auto&) { return set_from(c.act, Activation::relu, Activation::gelu); }},
      {"another block for a level of a decoder", nullptr,
       [](DenseConfig& c) {
         auto* const neck = neck_of(c);
         if (neck) neck->blocks[0] = 1;
         return neck != nullptr;
       }},
      {"a level as large as the patch grid", nullptr,
       [](DenseConfig& c) {
         auto* const neck = neck_of(c);
         return neck && set_from(neck->factors[3], Index{-2}, Index{-1});
       }},
      {"tokens after the norm for those before it", nullptr,
       [](DenseConfig& c) {
         auto* const neck = neck_of(c);
         return neck && set(neck->normed_tokens, true);
       }},
      {"tokens before the norm for those after it", nullptr,
       [](DenseConfig& c) {
         auto* const neck = neck_of(c);
         return neck && set(neck->normed_tokens, false);
       }},
      {"patches without what CLS adds", nullptr,
       [](DenseConfig& c) {
         auto* const neck = neck_of(c);
         return neck && set_from(neck->readout, Readout::add, Readout::ignore);
       }},
      {"the activation of a readout", nullptr,
       [](DenseConfig& c) {
         auto* const neck = neck_of(c);
         return neck && neck->readout == Readout::project &&
                set(neck->readout_act, Activation::quick_gelu);
       }},
      {"units without their batch norms", nullptr,
       [](DenseConfig& c) {
         auto* const neck = neck_of(c);
         return neck && set(neck->batch_norm, false);
       }},
      {"PyTorch's epsilon of batch norms", nullptr,
       [](DenseConfig& c) {
         auto* const neck = neck_of(c);
         return neck && set(neck->batch_norm_eps, 1e-5);
       }},
      {"relative depths for metres", nullptr,
       [](DenseConfig& c) {
         auto* const depth = std::get_if<DepthConfig>(&c);
         return depth && set(depth->is_metric, false);
       }},
      {"metres for relative depths", nullptr,
       [](DenseConfig& c) {
         auto* const depth = std::get_if<DepthConfig>(&c);
         return depth && set(depth->is_metric, true);
       }},
      {"the largest depth", nullptr,
       [](DenseConfig& c) {
         auto* const depth = std::get_if<DepthConfig>(&c);
         if (depth) depth->max_depth *= 2;
         return depth && depth->is_metric;
       }},
      {"the mean of attractors for their sum", nullptr,
       [](DenseConfig& c) {
         auto* const zoe = std::get_if<ZoeDepthConfig>(&c);
         return zoe && set(zoe->sums_attraction, false);
       }},
      {"the sum of attractors for their mean", nullptr,
       [](DenseConfig& c) {
         auto* const zoe = std::get_if<ZoeDepthConfig>(&c);
         return zoe && set(zoe->sums_attraction, true);
       }},
      {"the least temperature of bins", nullptr,
       [](DenseConfig& c) {
         auto* const zoe = std::get_if<ZoeDepthConfig>(&c);
         return zoe && set(zoe->min_temperature, 1.0);
       }},
      {"the greatest temperature of bins", nullptr,
       [](DenseConfig& c) {
         auto* const zoe = std::get_if<ZoeDepthConfig>(&c);
         return zoe && set(zoe->max_temperature, 20.0);
       }},
      {"the nearest depth of bounded bins", nullptr,
       [](DenseConfig& c) {
         auto* const zoe = std::get_if<ZoeDepthConfig>(&c);
         return zoe && zoe->bounded_bins && set(zoe->domains[0].min_depth, 0.1);
       }},
      {"the farthest depth of bounded bins", nullptr,
       [](DenseConfig& c) {
         auto* const zoe = std::get_if<ZoeDepthConfig>(&c);
         return zoe && zoe->bounded_bins && set(zoe->domains[0].max_depth, 10.0);
       }},
      {"the heads that choose a domain", nullptr,
       [](DenseConfig& c) {
         auto* const zoe = std::get_if<ZoeDepthConfig>(&c);
         return zoe && zoe->has_router() && set(zoe->router_heads, Index{8});
       }},
      {"another block for a level of segmentation", nullptr,
       [](DenseConfig& c) {
         auto* const uper = std::get_if<UperConfig>(&c);
         return uper && set(uper->blocks[3], Index{4});
       }},
      {"another pool scale", nullptr,
       [](DenseConfig& c) {
         auto* const uper = std::get_if<UperConfig>(&c);
         return uper && set(uper->pool_scales[0], Index{4});
       }},
      {"the decoder of DPT for that of Depth Anything", nullptr,
       [](DenseConfig& c) {
         auto* const neck = neck_of(c);
         return neck && set(neck->doubles, true);
       }},
      {"the decoder of Depth Anything for that of DPT", nullptr,
       [](DenseConfig& c) {
         auto* const neck = neck_of(c);
         return neck && set(neck->doubles, false);
       }},
      {"units without their biases", nullptr,
       [](DenseConfig& c) {
         auto* const neck = neck_of(c);
         return neck && set(neck->unit_bias, false);
       }},
      {"the block that a pose is read of", nullptr,
       [](DenseConfig& c) {
         auto* const pose = std::get_if<PoseConfig>(&c);
         return pose && set(pose->block, Index{0});
       }},
      {"the size of heatmaps", nullptr,
       [](DenseConfig& c) {
         auto* const pose = std::get_if<PoseConfig>(&c);
         return pose && set(pose->factor, Index{2});
       }},
      {"a class less of queries", nullptr,
       [](DenseConfig& c) {
         auto* const eomt = std::get_if<EomtConfig>(&c);
         return eomt && set(eomt->classes, Index{2});
       }},
      {"a doubling less of masks", nullptr,
       [](DenseConfig& c) {
         auto* const eomt = std::get_if<EomtConfig>(&c);
         return eomt && set(eomt->enlargements, Index{1});
       }},
      {"GELU for the ReLU of masks", nullptr,
       [](DenseConfig& c) {
         auto* const eomt = std::get_if<EomtConfig>(&c);
         return eomt && set_from(eomt->act, Activation::relu, Activation::gelu);
       }},
  };
  return all;
}

/// Whether a golden's tokens, pooled vector, logits, boxes or dense maps differ from the network's
/// by more than the tests of the goldens let pass.
bool differs(const eigenvit::VisionTransformer<float>& network, const std::filesystem::path& file) {
  const auto store = eigenvit::TensorStore::open_file(file);
  const golden::Tensor pixels = golden::read(store, "pixel_values");
  eigenvit::Taps taps;
  taps.tokens = taps.pooled = true;
  const auto has = [&](const char* name) { return store.find(name) != nullptr; };
  taps.logits = has("logits");
  taps.pooler_output = has("pooler_output");
  taps.image_embeds = has("image_embeds");
  taps.pred_boxes = has("pred_boxes");
  const char* const dense = has("depth")         ? "depth"
                            : has("mask_logits") ? "mask_logits"
                            : has("heatmaps")    ? "heatmaps"
                                                 : "segment_logits";
  taps.dense = has(dense);
  const auto size = [&](int axis) { return std::ptrdiff_t(pixels.shape[std::size_t(axis)]); };
  const auto output = network.forward({pixels.values.data(), size(0), size(2), size(3)}, taps);
  const auto is_off = [&](const char* name, const eigenvit::AlignedBuffer<float>& found) {
    const auto expected = golden::read(store, name).values;
    return found.size() != expected.size() || !(golden::relative_error(found, expected) < 1e-4);
  };
  return is_off("tokens", output.tokens) || is_off("pooled", output.pooled) ||
         (taps.logits && is_off("logits", output.logits)) ||
         (taps.pooler_output && is_off("pooler_output", output.pooler_output)) ||
         (taps.image_embeds && is_off("image_embeds", output.image_embeds)) ||
         (taps.pred_boxes && is_off("pred_boxes", output.pred_boxes)) ||
         (taps.dense && is_off(dense, output.dense.maps)) ||
         (has("domain_logits") && is_off("domain_logits", output.dense.class_logits)) ||
         (has("class_logits") && is_off("class_logits", output.dense.class_logits));
}

/// How a folder's goldens notice a turn: by other numbers, or only in that the tensors contradict
/// it.
enum class Notice { none, contradiction, numbers };

Notice notice_of(const std::filesystem::path& folder, const eigenvit::Checkpoint& checkpoint) {
  try {
    const auto tensors = eigenvit::TensorStore::open(folder);
    eigenvit::detail::CheckpointReader<float> reader(tensors, checkpoint.names, checkpoint.config);
    const auto network =
        reader.read({&checkpoint.dense_head, eigenvit::detail::dense_readers().in_float});
    if (differs(network, folder / "expected.safetensors")) return Notice::numbers;
    const auto resized = folder / "expected_resized.safetensors";
    return std::filesystem::exists(resized) && differs(network, resized) ? Notice::numbers
                                                                         : Notice::none;
  } catch (const eigenvit::Error&) {
    return Notice::contradiction;
  }
}

/// What only tensors of other shapes, or of other names, contradict: no folder loads with it.
const std::set<std::string>& knobs_of_shapes() {
  static const std::set<std::string> all = {"RMSNorm for layer norm",
                                            "attention pooling of the tokens' width",
                                            "CLS for CLS and the mean",
                                            "queries from the first block on",
                                            "no queries",
                                            "no detection tokens",
                                            "halves of a block side by side as one after the other",
                                            "one branch of two",
                                            "no class token",
                                            "no distillation token",
                                            "positions of prefix tokens",
                                            "no gate in the mlp",
                                            "no norm in the mlp",
                                            "no norm of the heads",
                                            "no norm of queries and keys",
                                            "no differential attention",
                                            "no LayerScale",
                                            "no LayerScale of the MLP",
                                            "LayerScale of the MLP",
                                            "heads that share keys and values",
                                            "no biases of queries, keys and values",
                                            "no biases of projections",
                                            "the decoder of DPT for that of Depth Anything",
                                            "a class less of queries"};
  return all;
}

}  // namespace

TEST_CASE("a knob turned the wrong way is noticed by a golden that has it") {
  std::set<std::string> unnoticed, only_refused, absent;
  for (const Knob& knob : knobs()) {
    unnoticed.insert(knob.name);
    absent.insert(knob.name);
  }
  for (const auto& folder : golden::models()) {
    const auto files =
        eigenvit::ModelFolder::open(folder, eigenvit::with_dense_heads(golden::options(folder)));
    for (const Knob& knob : knobs()) {
      if (unnoticed.count(knob.name) == 0) continue;
      eigenvit::Checkpoint checkpoint = files.checkpoint();
      if (!knob.apply(checkpoint)) continue;
      absent.erase(knob.name);
      const Notice notice = notice_of(folder, checkpoint);
      if (notice == Notice::contradiction) only_refused.insert(knob.name);
      if (notice == Notice::numbers) unnoticed.erase(knob.name);
    }
  }
  for (const Knob& knob : knobs()) {
    CHECK_MESSAGE(absent.count(knob.name) == 0, "no golden has: ", std::string(knob.name));
    const std::string name = knob.name;
    const bool is_of_shapes = knobs_of_shapes().count(name) > 0;
    CHECK_MESSAGE((unnoticed.count(name) == 0) != is_of_shapes,
                  "only refused, or by a golden too: ", name);
    CHECK_MESSAGE((!is_of_shapes || only_refused.count(name) > 0), "no golden notices: ", name);
  }
}
