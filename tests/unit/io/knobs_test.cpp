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
  const auto size = [&](int axis) { return std::ptrdiff_t(pixels.shape[std::size_t(axis)]); };
  const auto output = network.forward({pixels.values.data(), size(0), size(2), size(3)}, taps);
  const auto same = [&](bool tapped, const char* name, const AlignedBuffer<float>& found) {
    return !tapped || golden::relative_error(found, golden::read(store, name).values) < bound;
  };
  return same(taps.tokens, "tokens", output.tokens) && same(taps.pooled, "pooled", output.pooled) &&
         same(taps.logits, "logits", output.logits) &&
         same(taps.pooler_output, "pooler_output", output.pooler_output) &&
         same(taps.image_embeds, "image_embeds", output.image_embeds);
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
