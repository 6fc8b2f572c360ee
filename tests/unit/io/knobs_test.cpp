// A knob of a configuration that is set wrong shows: for each there is a golden folder that fails.
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <eigenvit/io/checkpoint_reader.hpp>
#include <eigenvit/io/model_folder.hpp>

#include "../golden.hpp"

namespace {

using namespace eigenvit;

// The bound that golden_models_test.cpp holds.
constexpr double bound = 1e-4;

struct Knob {
  const char* name;
  // Turns it; false where the configuration has it otherwise already.
  bool (*turn)(VitConfig& config);
};

template <class Value>
bool turn(Value& knob, Value from, Value to) {
  if (knob != from) return false;
  knob = to;
  return true;
}

const Knob knobs[] = {
    {"gelu as gelu_tanh",
     [](VitConfig& c) { return turn(c.act, Activation::gelu, Activation::gelu_tanh); }},
    {"gelu as quick_gelu",
     [](VitConfig& c) { return turn(c.act, Activation::gelu, Activation::quick_gelu); }},
    {"gelu_tanh as gelu",
     [](VitConfig& c) { return turn(c.act, Activation::gelu_tanh, Activation::gelu); }},
    {"quick_gelu as gelu",
     [](VitConfig& c) { return turn(c.act, Activation::quick_gelu, Activation::gelu); }},
    {"eps 1e-6 as 1e-5", [](VitConfig& c) { return turn(c.norm_eps, 1e-6, 1e-5); }},
    {"eps 1e-5 as 1e-6", [](VitConfig& c) { return turn(c.norm_eps, 1e-5, 1e-6); }},
    {"eps 1e-12 as 1e-6", [](VitConfig& c) { return turn(c.norm_eps, 1e-12, 1e-6); }},
    {"no LayerScale", [](VitConfig& c) { return turn(c.layer_scale, true, false); }},
    {"no norm before the blocks", [](VitConfig& c) { return turn(c.pre_norm, true, false); }},
    {"no final norm", [](VitConfig& c) { return turn(c.final_norm, true, false); }},
    {"no norm of the pooled vector", [](VitConfig& c) { return turn(c.fc_norm, true, false); }},
    {"no bias of queries, keys and values",
     [](VitConfig& c) { return turn(c.qkv_bias, true, false); }},
    {"no bias of patches", [](VitConfig& c) { return turn(c.patch_bias, true, false); }},
    {"one head", [](VitConfig& c) { return turn(c.num_heads, Index{3}, Index{1}); }},
    {"CLS as mean", [](VitConfig& c) { return turn(c.global_pool, Pool::token, Pool::avg); }},
    {"mean as CLS",
     [](VitConfig& c) { return c.class_token && turn(c.global_pool, Pool::avg, Pool::token); }},
    {"CLS and distillation token as CLS",
     [](VitConfig& c) { return turn(c.global_pool, Pool::token_pair, Pool::token); }},
    {"CLS and mean as CLS",
     [](VitConfig& c) { return turn(c.global_pool, Pool::token_avg, Pool::token); }},
    {"one head of two", [](VitConfig& c) { return turn(c.dist_head, true, false); }},
    {"pooler without tanh",
     [](VitConfig& c) {
       return c.pooler_hidden > 0 && turn(c.pooler_act, Activation::tanh, Activation::none);
     }},
    {"image_embeds not scaled", [](VitConfig& c) { return turn(c.normalize_embeds, true, false); }},
    {"image_embeds scaled",
     [](VitConfig& c) { return c.image_embeds && turn(c.normalize_embeds, false, true); }},
    {"positions antialiased",
     [](VitConfig& c) { return turn(c.pos_interpolation.antialias, false, true); }},
    {"positions not antialiased",
     [](VitConfig& c) { return turn(c.pos_interpolation.antialias, true, false); }},
    {"positions without the tenth",
     [](VitConfig& c) { return turn(c.pos_interpolation.scale_offset, 0.1F, 0.0F); }},
    {"positions with the tenth",
     [](VitConfig& c) {
       return !c.pos_interpolation.antialias && turn(c.pos_interpolation.scale_offset, 0.0F, 0.1F);
     }},
    {"positions without aligned corners",
     [](VitConfig& c) { return turn(c.pos_interpolation.align_corners, true, false); }},
    {"no position table", [](VitConfig& c) { return turn(c.pos_embed, true, false); }},
    {"no positions between the blocks",
     [](VitConfig& c) { return turn(c.mid_pos_embed, true, false); }},
    {"no detection tokens",
     [](VitConfig& c) {
       c.num_classes = 0;
       return turn(c.det_tokens, Index{5}, Index{0});
     }},
    {"no rotation",
     [](VitConfig& c) {
       return turn(c.rope.kind, RopeKind::centered, RopeKind::none) ||
              turn(c.rope.kind, RopeKind::axial, RopeKind::none);
     }},
    {"no learned rotation",
     [](VitConfig& c) { return turn(c.rope.kind, RopeKind::mixed, RopeKind::none); }},
    {"rotation of pairs as of halves",
     [](VitConfig& c) {
       return c.rope.kind != RopeKind::none && turn(c.rope.rotate_half, false, true);
     }},
    {"rotation of halves as of pairs",
     [](VitConfig& c) { return turn(c.rope.rotate_half, true, false); }},
    {"rotation by columns first",
     [](VitConfig& c) { return c.rope.kind == RopeKind::axial && turn(c.rope.xy, false, true); }},
    {"rotation by rows first", [](VitConfig& c) { return turn(c.rope.xy, true, false); }},
    {"temperature 10000 as 100",
     [](VitConfig& c) {
       return c.rope.kind == RopeKind::axial && turn(c.rope.temperature, 10000.0, 100.0);
     }},
    {"temperature 100 as 10000",
     [](VitConfig& c) {
       return c.rope.kind == RopeKind::centered && turn(c.rope.temperature, 100.0, 10000.0);
     }},
    {"no reference grid of the rotation",
     [](VitConfig& c) {
       const bool had = c.rope.ref_height > 0;
       c.rope.ref_height = c.rope.ref_width = 0;
       return had;
     }},
    {"no offset of the rotation", [](VitConfig& c) { return turn(c.rope.grid_offset, 1.0, 0.0); }},
    {"no relative position bias", [](VitConfig& c) { return turn(c.rel_pos_bias, true, false); }},
    {"relative positions bilinear",
     [](VitConfig& c) {
       return c.rel_pos_bias && turn(c.rel_pos_interpolation, RelativeInterpolation::geometric,
                                     RelativeInterpolation::bilinear);
     }},
    {"relative positions geometric",
     [](VitConfig& c) {
       return turn(c.rel_pos_interpolation, RelativeInterpolation::bilinear,
                   RelativeInterpolation::geometric);
     }},
    {"no norm of the patches", [](VitConfig& c) { return turn(c.patch_norm, true, false); }},
    {"post-norm blocks as pre-norm",
     [](VitConfig& c) { return turn(c.block, BlockForm::post_norm, BlockForm::pre_norm); }},
    {"pre-norm blocks as post-norm",
     [](VitConfig& c) {
       return !c.layer_scale && turn(c.block, BlockForm::pre_norm, BlockForm::post_norm);
     }},
    {"no norms of queries and keys", [](VitConfig& c) { return turn(c.qk_norm, true, false); }},
    {"no norm of the heads", [](VitConfig& c) { return turn(c.attn_norm, true, false); }},
    {"no norm in the MLP", [](VitConfig& c) { return turn(c.mlp_norm, true, false); }},
    {"no differential attention", [](VitConfig& c) { return turn(c.diff_attention, true, false); }},
    {"no biases of projections", [](VitConfig& c) { return turn(c.proj_bias, true, false); }},
    {"silu as gelu", [](VitConfig& c) { return turn(c.act, Activation::silu, Activation::gelu); }},
    {"RMSNorm with a mean",
     [](VitConfig& c) { return turn(c.norm, NormKind::rms_norm, NormKind::layer_norm); }},
    {"LayerNorm without a mean",
     [](VitConfig& c) { return turn(c.norm, NormKind::layer_norm, NormKind::rms_norm); }},
    {"half the sum of maximum and mean as the mean",
     [](VitConfig& c) { return turn(c.global_pool, Pool::avgmax, Pool::avg); }},
    {"maximum as the mean", [](VitConfig& c) { return turn(c.global_pool, Pool::max, Pool::avg); }},
    {"attention pooling as the mean",
     [](VitConfig& c) { return turn(c.global_pool, Pool::map, Pool::avg); }},
    {"attention pooling with one head",
     [](VitConfig& c) {
       return c.global_pool == Pool::map && c.attn_pool_heads > 1 &&
              turn(c.attn_pool_heads, c.attn_pool_heads, Index{1});
     }},
    {"attention pooling with gelu as gelu_tanh",
     [](VitConfig& c) {
       return c.global_pool == Pool::map &&
              turn(c.attn_pool_act, Activation::gelu, Activation::gelu_tanh);
     }},
    {"attention pooling with gelu_tanh as gelu",
     [](VitConfig& c) {
       return c.global_pool == Pool::map &&
              turn(c.attn_pool_act, Activation::gelu_tanh, Activation::gelu);
     }},
    {"prefix tokens pooled",
     [](VitConfig& c) {
       return !c.pools_prefix() && c.prefix_tokens() > 0 &&
              turn(c.pool_include_prefix, false, true);
     }},
    {"prefix tokens not pooled",
     [](VitConfig& c) { return turn(c.pool_include_prefix, true, false); }},
    {"positions bilinear",
     [](VitConfig& c) {
       return turn(c.pos_interpolation.kernel, GridInterpolation::Kernel::bicubic,
                   GridInterpolation::Kernel::bilinear);
     }},
};

// Whether the network gives what the golden file holds.
bool agrees(const VisionTransformer<float>& network, const std::filesystem::path& file) {
  const auto store = TensorStore::open_file(file);
  const golden::Tensor pixels = golden::read(store, "pixel_values");
  Taps taps;
  const auto has = [&](const char* name) { return store.find(name) != nullptr; };
  taps.tokens = has("tokens");
  taps.pooled = has("pooled");
  taps.logits = has("logits");
  taps.pooler_output = has("pooler_output");
  taps.image_embeds = has("image_embeds");
  taps.pred_boxes = has("pred_boxes");
  const auto size = [&](int axis) { return std::ptrdiff_t(pixels.shape[std::size_t(axis)]); };
  const auto output = network.forward({pixels.values.data(), size(0), size(2), size(3)}, taps);
  const auto same = [&](bool tapped, const char* name, const AlignedBuffer<float>& found) {
    return !tapped || golden::relative_error(found, golden::read(store, name).values) < bound;
  };
  return same(taps.tokens, "tokens", output.tokens) && same(taps.pooled, "pooled", output.pooled) &&
         same(taps.logits, "logits", output.logits) &&
         same(taps.pooler_output, "pooler_output", output.pooler_output) &&
         same(taps.image_embeds, "image_embeds", output.image_embeds) &&
         same(taps.pred_boxes, "pred_boxes", output.pred_boxes);
}

// Whether a golden folder is read and agrees with the knob turned.
bool passes(const ModelFolder& files, const VitConfig& config,
            const std::filesystem::path& folder) {
  try {
    const auto network =
        CheckpointReader<float>(files.tensors(), files.checkpoint().names, config).read();
    const auto resized = folder / "expected_resized.safetensors";
    return agrees(network, folder / "expected.safetensors") &&
           (!std::filesystem::exists(resized) || agrees(network, resized));
  } catch (const Error&) {
    return false;
  }
}

}  // namespace

TEST_CASE("a wrong knob is caught by a golden folder") {
  const auto folders = golden::models();
  std::vector<ModelFolder> files;
  for (const auto& folder : folders) files.push_back(ModelFolder::open(folder));
  for (const Knob& knob : knobs) {
    int turned = 0;
    int caught = 0;
    for (std::size_t i = 0; i < folders.size(); ++i) {
      VitConfig config = files[i].checkpoint().config;
      if (!knob.turn(config)) continue;
      ++turned;
      if (!passes(files[i], config, folders[i])) ++caught;
    }
    const std::string name = knob.name;
    CAPTURE(name);
    CAPTURE(turned);
    CHECK(caught > 0);
  }
}
