#include <array>
#include <cstdint>
#include <cstring>
#include <iterator>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <eigenvit/core/error.hpp>
#include <eigenvit/io/dense_heads.hpp>
#include <eigenvit/io/json_reader.hpp>
#include <eigenvit/io/model_folder.hpp>
#include <eigenvit/io/preprocessor_config.hpp>
#include <eigenvit/io/tensor_store.hpp>

#include "../golden.hpp"
#include "test_files.hpp"

using namespace eigenvit;
using eigenvit::detail::parse_json;
using eigenvit::detail::timm_preprocess_config;
using eigenvit::detail::transformers_preprocess_config;

// Damaged files load, or throw an eigenvit::Error, and nothing else. The generator is seeded and
// its output fixed by the standard, so every run tests the same files.

namespace {

std::string mutated(const std::string& original, std::mt19937& random) {
  constexpr std::string_view tokens[] = {
      "0",    "9",          "{",    "}",     "[",    "]",    ",",         ":",
      "\"",   "-",          ".",    "e9",    "\\",   "null", "\"shape\"", "\"F64\"",
      "true", "4294967296", "\xFF", "1e999", "\"\"", "[[[[", "1.5",       " "};
  std::string text = original;
  const std::size_t changes = 1 + random() % 3;
  for (std::size_t i = 0; i < changes && !text.empty(); ++i) {
    const std::size_t place = random() % text.size();
    switch (random() % 6) {
      case 0:
        text[place] = static_cast<char>(text[place] ^ (1U << random() % 8));
        break;
      case 1:
        text.erase(place, 1 + random() % 8);
        break;
      case 2:
        text.insert(place, tokens[random() % std::size(tokens)]);
        break;
      case 3:
        text.insert(place, text.substr(random() % text.size(), random() % 40));
        break;
      case 4:
        text.resize(place);
        break;
      default:
        text[place] = "0123456789{}[],:\""[random() % 17];
        break;
    }
  }
  return text;
}

struct Outcome {
  int loaded = 0;
  int refused = 0;
};

template <class Load>
Outcome load_mutations(const std::string& original, int count, const Load& load) {
  std::mt19937 random(20240607);
  Outcome outcome;
  load(original);
  for (int i = 0; i < count; ++i) {
    try {
      load(mutated(original, random));
      ++outcome.loaded;
    } catch (const Error& error) {
      const std::string_view message = error.what();
      CHECK(message.find('\n') == std::string_view::npos);
      ++outcome.refused;
    }
  }
  return outcome;
}

}  // namespace

TEST_CASE("mutated safetensors files load or are refused") {
  const std::string header =
      R"({"__metadata__":{"format":"pt"},"w":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]},)"
      R"("b":{"dtype":"F16","shape":[4],"data_offsets":[24,32]},)"
      R"("s":{"dtype":"F64","shape":[],"data_offsets":[32,40]}})";
  const std::string values(40, '\x3C');
  const auto read_all = [](const std::string& bytes) {
    const TensorStore store = TensorStore::from_memory(bytes.data(), bytes.size(), "F");
    for (const TensorInfo* const info : store.tensors()) {
      // What was accepted lies within the file, so reading it cannot be too large.
      REQUIRE(info->bytes <= bytes.size());
      const bool readable = info->dtype == DType::f64 || info->dtype == DType::f32 ||
                            info->dtype == DType::f16 || info->dtype == DType::bf16;
      std::vector<float> out(readable ? info->element_count() : 0);
      store.read(*info, out.data());
    }
  };
  // The whole file, and the header with its length kept right, which gets further.
  const Outcome whole =
      load_mutations(test_files::safetensors_bytes(header, values), 10'000, read_all);
  CHECK(whole.refused > 8'000);
  const Outcome inside = load_mutations(header, 10'000, [&](const std::string& text) {
    read_all(test_files::safetensors_bytes(text, values));
  });
  CHECK(inside.refused > 5'000);
  CHECK(inside.loaded > 100);
}

TEST_CASE("mutated configurations load or are refused") {
  const std::string timm =
      R"({"architecture":"vit_tiny_patch16_224","pretrained_cfg":{"input_size":[3,224,224],)"
      R"("interpolation":"bicubic","crop_pct":0.9,"crop_mode":"center","mean":[0.5,0.5,0.5],)"
      R"("std":[0.5,0.5,0.5]}})";
  const Outcome of_timm = load_mutations(timm, 3'000, [](const std::string& text) {
    timm_preprocess_config(*parse_json(text, "F"), "F", {});
  });
  CHECK(of_timm.loaded > 100);
  CHECK(of_timm.refused > 1'000);

  const std::string transformers =
      R"({"image_processor_type":"DeiTImageProcessor","do_resize":true,"size":{"height":256,)"
      R"("width":256},"crop_size":224,"resample":3,"do_normalize":true,)"
      R"("image_mean":[0.5,0.5,0.5],"image_std":[0.5,0.5,0.5],"rescale_factor":0.00392})";
  const Outcome of_transformers = load_mutations(transformers, 3'000, [](const std::string& text) {
    transformers_preprocess_config(*parse_json(text, "F"), "ViTImageProcessor", "F", {});
  });
  CHECK(of_transformers.loaded > 100);
  CHECK(of_transformers.refused > 1'000);
}

TEST_CASE("mutated configurations of each family load or are refused") {
  for (const char* const name :
       {"timm_vit", "hf_deit_with_teacher", "hf_vit_mae", "hf_ijepa", "hf_dinov2",
        "hf_dinov2_with_registers", "hf_dinov3", "hf_beit", "hf_data2vec", "hf_clip",
        "hf_clip_config_dict", "hf_siglip", "hf_owlvit_detector", "hf_blip", "hf_tipsv2",
        "hf_sapiens2", "hf_yolos"}) {
    CAPTURE(std::string(name));
    const auto folder = golden::models_folder() / name;
    const std::string weights = test_files::read_bytes(folder / "model.safetensors");
    const Outcome outcome = load_mutations(
        test_files::read_bytes(folder / "config.json"), 300, [&](const std::string& text) {
          ModelFolder::from_memory({text, {}, weights.data(), weights.size()})
              .read_network<float>();
        });
    CHECK(outcome.loaded > 5);
    CHECK(outcome.refused > 100);
  }
}

TEST_CASE("mutated configurations of models with dense heads load or are refused") {
  for (const char* const name :
       {"hf_depth_anything", "hf_dpt_add", "hf_dpt_dinov2", "hf_dpt_beit", "hf_dpt_segmentation",
        "hf_beit_segmentation", "hf_data2vec_vision_segmentation", "hf_eomt", "hf_eomt_split",
        "hf_eomt_dinov3", "hf_vitpose_plus", "hf_zoedepth_normed", "hf_zoedepth_nk"}) {
    CAPTURE(std::string(name));
    const auto folder = golden::models_folder() / name;
    const std::string weights = test_files::read_bytes(folder / "model.safetensors");
    const auto options = eigenvit::with_dense_heads(golden::options(folder));
    const Outcome outcome = load_mutations(
        test_files::read_bytes(folder / "config.json"), 200, [&](const std::string& text) {
          ModelFolder::from_memory({text, {}, weights.data(), weights.size()}, options)
              .read_network<float>();
        });
    CHECK(outcome.loaded > 5);
    CHECK(outcome.refused > 50);
  }
}

TEST_CASE("mutated headers of weights without a configuration load or are refused") {
  for (const char* const name :
       {"torchvision_vit", "dino", "dinov2_registers_original", "mae_finetuned", "openai_clip"}) {
    CAPTURE(std::string(name));
    const std::string bytes =
        test_files::read_bytes(golden::models_folder() / name / "model.safetensors");
    std::uint64_t length = 0;
    std::memcpy(&length, bytes.data(), sizeof length);
    const std::string header = bytes.substr(8, static_cast<std::size_t>(length));
    const std::string values = bytes.substr(8 + static_cast<std::size_t>(length));
    const Outcome outcome = load_mutations(header, 300, [&](const std::string& text) {
      const std::string weights = test_files::safetensors_bytes(text, values);
      ModelFolder::from_memory({{}, {}, weights.data(), weights.size()}, golden::options(name))
          .read_network<float>();
    });
    CHECK(outcome.refused > 100);
  }
}
