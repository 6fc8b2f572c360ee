// OpenCLIP's folders whose image tower is timm's, against open_clip
// (tests/golden/make_open_clip.py).
#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <eigenvit/io/model_folder.hpp>
#include <eigenvit/io/safetensors_writer.hpp>

#include "../golden.hpp"
#include "test_files.hpp"

namespace {

using eigenvit::ModelFolder;
using eigenvit::Pool;
using eigenvit::TextScore;
using nlohmann::json;
using test_files::contains;
using test_files::message_of;

std::filesystem::path golden_folder(const std::string& name) {
  return golden::source_folder() / "tests" / "golden" / "open_clip" / name;
}

std::string golden_config(const std::string& name) {
  return test_files::read_bytes(golden_folder(name) / "open_clip_config.json");
}

/// A folder like one of OpenCLIP's: the trunk's weights are those of the golden test_vit.
class OpenClipFolder {
 public:
  explicit OpenClipFolder(const std::string& config) {
    folder_.write("open_clip_config.json", config);
    const auto store =
        eigenvit::TensorStore::open(golden::models_folder() / "timm_vit_flat_config");
    for (const std::string& name : store.names()) {
      tensors_["visual.trunk." + name] = golden::read(store, name);
    }
  }

  void rename(const std::string& from, const std::string& to) {
    tensors_[to] = tensors_.at(from);
    tensors_.erase(from);
  }
  void remove(const std::string& name) { tensors_.erase(name); }

  /// A tensor of the script's `made` values.
  void make(const std::string& name, std::vector<std::uint64_t> shape) {
    golden::Tensor tensor{std::move(shape), {}};
    std::size_t count = 1;
    for (const std::uint64_t size : tensor.shape) count *= std::size_t(size);
    for (std::size_t i = 0; i < count; ++i) {
      tensor.values.push_back(float(int((i * i * 7 + i * 13 + name.size()) % 251) - 125) / 512);
    }
    tensors_[name] = std::move(tensor);
  }

  void make_linear(const std::string& name, std::uint64_t outputs, std::uint64_t inputs) {
    make(name + ".weight", {outputs, inputs});
    make(name + ".bias", {outputs});
  }

  void set(const std::string& name, float value) { tensors_[name] = {{}, {value}}; }

  ModelFolder open() const {
    std::vector<eigenvit::TensorToWrite> tensors;
    for (const auto& [name, tensor] : tensors_) {
      tensors.push_back({name, tensor.shape, tensor.values.data()});
    }
    eigenvit::write_safetensors(folder_.path() / "open_clip_model.safetensors", tensors);
    eigenvit::ModelOptions options;
    options.read_at_load = true;  // the folder goes
    return ModelFolder::open(folder_.path(), options);
  }

  /// Compares with what open_clip makes of the golden pixel values.
  void compare(const std::string& name) const {
    const auto input = eigenvit::TensorStore::open_file(
        golden::models_folder() / "timm_vit_flat_config" / "expected.safetensors");
    const golden::Tensor pixels = golden::read(input, "pixel_values");
    eigenvit::Taps taps;
    taps.tokens = taps.pooled = taps.image_embeds = true;
    const auto output =
        open().read_network<float>().forward({pixels.values.data(), 2, 32, 32}, taps);
    const auto expected =
        eigenvit::TensorStore::open_file(golden_folder(name) / "expected.safetensors");
    const auto error = [&](const char* tensor, const eigenvit::AlignedBuffer<float>& found) {
      return golden::relative_error(found, golden::read(expected, tensor).values);
    };
    CHECK(error("tokens", output.tokens) < 1e-4);
    CHECK(error("pooled", output.pooled) < 1e-4);
    CHECK(error("image_embeds", output.image_embeds) < 1e-4);
  }

 private:
  test_files::TemporaryFolder folder_;
  std::map<std::string, golden::Tensor> tensors_;
};

/// What a configuration becomes beside weights that nothing is asked of, or the message.
ModelFolder opened(const json& config) {
  const std::string text = config.dump();
  const std::string bytes = test_files::safetensors_bytes("{}");
  return ModelFolder::from_memory({text, {}, bytes.data(), bytes.size()});
}

json with_vision(const json& vision) {
  return {{"model_cfg", {{"embed_dim", 512}, {"vision_cfg", vision}}}};
}

}  // namespace

TEST_CASE("attention pooling without a projection, as in SigLIP") {
  OpenClipFolder folder(golden_config("map_none"));
  const std::string pool = "visual.trunk.attn_pool.";
  folder.make(pool + "latent", {1, 1, 64});
  folder.make_linear(pool + "q", 64, 64);
  folder.make_linear(pool + "kv", 128, 64);
  folder.make_linear(pool + "proj", 64, 64);
  folder.make(pool + "norm.weight", {64});
  folder.make(pool + "norm.bias", {64});
  folder.make_linear(pool + "mlp.fc1", 192, 64);
  folder.make_linear(pool + "mlp.fc2", 64, 192);
  folder.remove("visual.trunk.head.weight");
  folder.remove("visual.trunk.head.bias");
  // What the text tower has is passed over.
  folder.make_linear("text.transformer.resblocks.0.mlp.c_fc", 4, 4);
  folder.set("logit_scale", 4.5F);
  folder.set("logit_bias", -12);
  folder.compare("map_none");

  const eigenvit::Checkpoint checkpoint = folder.open().checkpoint();
  CHECK(checkpoint.family == "open_clip");
  CHECK(checkpoint.architecture == "OpenCLIP test_vit");
  CHECK(checkpoint.contrastive.score == TextScore::sigmoid);
  CHECK(checkpoint.contrastive.log_scale == 4.5);
  CHECK(checkpoint.contrastive.bias == -12);
  CHECK(checkpoint.config.image_embeds_width() == 64);
  CHECK_FALSE(checkpoint.config.normalize_embeds);
  CHECK(checkpoint.preprocessing.mean == std::array<float, 3>{0.5F, 0.5F, 0.5F});
  CHECK(checkpoint.preprocessing.resize_mode == eigenvit::ResizeMode::exact);
}

TEST_CASE("the trunk's head as the projection, as in EVA-02 and the perception encoders") {
  OpenClipFolder folder(golden_config("token_head"));
  folder.set("logit_scale", 4.5F);
  folder.compare("token_head");
  const eigenvit::Checkpoint checkpoint = folder.open().checkpoint();
  CHECK(checkpoint.contrastive.score == TextScore::softmax);
  CHECK(checkpoint.config.num_classes == 0);
  CHECK(checkpoint.config.image_embeds_width() == 5);

  folder.remove("visual.trunk.head.bias");
  CHECK(contains(message_of<eigenvit::FormatError>([&] { folder.open().read_network<float>(); }),
                 "'visual.trunk.head.bias'"));
}

TEST_CASE("the mean as an argument of the trunk moves its last norm") {
  OpenClipFolder folder(golden_config("avg_head"));
  folder.rename("visual.trunk.norm.weight", "visual.trunk.fc_norm.weight");
  folder.rename("visual.trunk.norm.bias", "visual.trunk.fc_norm.bias");
  folder.compare("avg_head");
}

TEST_CASE("a linear projection beside the trunk, and open_clip's defaults") {
  OpenClipFolder folder(golden_config("avg_linear"));
  folder.make("visual.head.proj.weight", {6, 64});
  folder.compare("avg_linear");
}

TEST_CASE("the trunk's own pooling below a projection with a bias") {
  OpenClipFolder folder(golden_config("default_linear_bias"));
  folder.make_linear("visual.head.proj", 6, 64);
  folder.compare("default_linear_bias");
}

TEST_CASE("the published models of timm's vision transformers have configurations") {
  struct Published {
    const char* trunk;
    int image_size;
    const char* pool;
    json proj;
    Pool expected;
    eigenvit::Index width;
  };
  const Published all[] = {
      {"vit_base_patch16_siglip_224", 224, "map", "none", Pool::map, 768},
      {"vit_so400m_patch14_siglip_384", 384, "map", "none", Pool::map, 1152},
      {"vit_giantopt_patch16_siglip_256", 256, "map", "none", Pool::map, 1536},
      {"vit_pe_core_base_patch16_224", 224, "map", nullptr, Pool::map, 512},
      {"eva_giant_patch14_224", 224, "token", nullptr, Pool::token, 512},
      {"eva02_large_patch14_clip_336", 336, "token", nullptr, Pool::token, 512},
      {"vit_large_patch14_clip_224", 224, "token", nullptr, Pool::token, 512},
      {"vit_medium_patch16_gap_256", 256, "", "linear", Pool::avg, 512},
  };
  for (const Published& model : all) {
    CAPTURE(model.trunk);
    const eigenvit::Checkpoint checkpoint = opened(with_vision({{"timm_model_name", model.trunk},
                                                                {"timm_model_pretrained", false},
                                                                {"image_size", model.image_size},
                                                                {"timm_pool", model.pool},
                                                                {"timm_proj", model.proj}}))
                                                .checkpoint();
    CHECK(checkpoint.config.image_width == model.image_size);
    CHECK(checkpoint.config.global_pool == model.expected);
    CHECK(checkpoint.config.image_embeds_width() == model.width);
    CHECK(checkpoint.config.final_norm);
  }
}

TEST_CASE("towers that are not supported are refused by key and value") {
  const auto refused = [](json vision) {
    if (!vision.contains("timm_model_name")) vision["timm_model_name"] = "test_vit";
    return message_of<eigenvit::UnsupportedError>([&] { opened(with_vision(vision)); });
  };
  const std::string at = "config.json: key 'model_cfg.vision_cfg.";
  CHECK(contains(refused({{"timm_model_name", "convnext_base"}}),
                 at + "timm_model_name': expected one of the 251 architectures"));
  CHECK(contains(refused({{"timm_model_name", "deit_tiny_distilled_patch16_224"}}),
                 "found 'deit_tiny_distilled_patch16_224'"));
  CHECK(refused({{"timm_proj", "mlp"}}) ==
        at + "timm_proj': expected one of 'linear', 'none', '', found 'mlp'");
  CHECK(refused({{"timm_pool", "abs_attn"}}) ==
        at + "timm_pool': expected one of 'avg', 'token', 'map', found 'abs_attn'");
  // Without pooling tokens would be compared with texts.
  CHECK(contains(refused({{"timm_pool", ""}, {"timm_proj", "none"}}), "'map', found ''"));
  CHECK(refused({{"timm_pool", "map"}}) ==
        at + "timm_pool': expected a pooling that test_vit can be given here, found 'map'");
  CHECK(contains(refused({{"timm_model_name", "vit_base_patch16_siglip_224"}}),
                 "vit_base_patch16_siglip_224 can be given here, found 'avg'"));
  CHECK(contains(refused({{"timm_model_name", "vit_base_patch16_siglip_224"},
                          {"timm_pool", "token"},
                          {"timm_proj", "none"}}),
                 "can be given here, found 'token'"));
  CHECK(contains(refused({{"timm_model_name", "beit_base_patch16_224"},
                          {"timm_pool", "map"},
                          {"timm_proj", "none"}}),
                 "beit_base_patch16_224 can be given here, found 'map'"));

  const auto invalid = [](const json& config) {
    return message_of<eigenvit::ConfigError>([&] { opened(config); });
  };
  CHECK(contains(invalid(with_vision({{"timm_model_name", "test_vit"}, {"timm_pool", 3}})),
                 at + "timm_pool': expected a string, found 3"));
  CHECK(contains(invalid(with_vision({{"timm_model_name", "test_vit"}, {"image_size", "big"}})),
                 at + "image_size'"));
  CHECK(contains(invalid({{"model_cfg", {{"vision_cfg", {{"timm_model_name", "test_vit"}}}}}}),
                 "model_cfg.embed_dim'"));
}

TEST_CASE("OpenCLIP's own towers of other poolings are refused by key and value") {
  const auto message = [](const json& vision) {
    return message_of<eigenvit::Error>([&] { opened(with_vision(vision)); });
  };
  CHECK(contains(message({{"attentional_pool", "cascade"}}),
                 "attentional_pool': expected true, false or null, found \"cascade\""));
  CHECK(contains(message({{"attentional_pool", true}, {"pool_type", "avg"}}),
                 "pool_type': expected 'tok', the first query, beside attentional_pool, found "
                 "\"avg\""));
  CHECK(
      contains(message({{"attentional_pool", true}, {"norm_kwargs", {{"eps", 1e-3}}}}),
               "norm_kwargs': expected none beside attentional_pool, whose norms it leaves alone, "
               "found an object"));
  CHECK(contains(
      message({{"layers", {3, 4, 6, 3}}}),
      "layers': expected the number of a Vision Transformer's blocks, found an array of length 4"));
  CHECK(contains(message({{"pool_type", "none"}}),
                 "pool_type': expected 'tok' or 'avg', found \"none\""));
}
