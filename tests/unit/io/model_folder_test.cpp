#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <eigenvit/io/model_folder.hpp>
#include <eigenvit/io/timm_architectures.hpp>

#include "../golden.hpp"
#include "test_files.hpp"

namespace {

using eigenvit::ModelFolder;
using nlohmann::json;
using test_files::contains;
using test_files::message_of;

/// A golden folder in memory, to be bent before it is read.
struct Bent {
  json config;
  std::string weights;

  explicit Bent(const std::string& name) {
    const auto folder = golden::models_folder() / name;
    config = json::parse(test_files::read_bytes(folder / "config.json"));
    weights = test_files::read_bytes(folder / "model.safetensors");
  }

  ModelFolder open() const {
    return ModelFolder::from_memory({text, {}, weights.data(), weights.size()});
  }

  /// What opening and reading throws as `Exception`.
  template <class Exception>
  std::string message() {
    text = config.dump();
    return message_of<Exception>([&] { open().read_network<float>(); });
  }

  /// Renames a tensor to one of the same length.
  void rename(const std::string& from, const std::string& to) {
    REQUIRE(from.size() == to.size());
    const auto place = weights.find('"' + from + '"');
    REQUIRE(place != std::string::npos);
    weights.replace(place + 1, from.size(), to);
  }

  std::string text;
};

}  // namespace

TEST_CASE("a folder states what was recognised") {
  const auto folder = ModelFolder::open(golden::models_folder() / "timm_deit_distilled");
  const auto& checkpoint = folder.checkpoint();
  CHECK(checkpoint.family == "timm");
  CHECK(checkpoint.architecture.find("deit") == 0);
  CHECK(checkpoint.config.dist_token);
  CHECK(checkpoint.config.dist_head);
  CHECK(checkpoint.config.prefix_tokens() == 2);
}

TEST_CASE("labels: the folder's, ImageNet's for 1000 classes, or none") {
  const auto labels = [](const char* name) {
    return ModelFolder::open(golden::models_folder() / name).checkpoint().labels;
  };
  CHECK(labels("timm_vit_labels").at(1) == "a goldfish");
  CHECK(labels("timm_vit_1000_classes").size() == 1000);
  CHECK(labels("timm_vit_1000_classes").at(0) == "tench, Tinca tinca");
  CHECK(labels("timm_vit").empty());
  // Keys in the order of their text would put 10 before 2.
  CHECK(labels("hf_vit").at(2) == "two");
  CHECK(labels("hf_vit").at(10) == "ten");
  CHECK(labels("timm_vit_no_head").empty());
}

TEST_CASE("an unknown family is named, and what is supported is listed") {
  Bent bent("hf_vit");
  bent.config["model_type"] = "resnet";
  const auto message = bent.message<eigenvit::UnsupportedError>();
  CHECK(contains(message, "found model_type \"resnet\""));
  CHECK(contains(message, "transformers model_type vit"));
  CHECK(contains(message, "timm architectures vit_* and deit*"));
  bent.config.erase("model_type");
  CHECK(contains(bent.message<eigenvit::UnsupportedError>(),
                 "found neither 'architecture' nor 'model_type'"));
  bent.config["model_type"] = 7;
  CHECK(contains(bent.message<eigenvit::UnsupportedError>(), "model_type 7"));
  bent.config = json::array();
  CHECK(contains(bent.message<eigenvit::ConfigError>(), "config.json"));
}

TEST_CASE("weights without a configuration are recognised by their names and shapes") {
  const auto family = [](const char* name) {
    const auto folder = ModelFolder::open(golden::models_folder() / name);
    return folder.checkpoint().family + ": " + folder.checkpoint().architecture;
  };
  CHECK(family("torchvision_vit") == "torchvision: vit_?_8");
  CHECK(family("dino") == "state dict: DINO or MAE");
  CHECK(family("dinov2_original") == "state dict: DINOv2");
  CHECK(family("dinov2_registers_original") == "state dict: DINOv2 with registers");
  CHECK(family("mae_finetuned") == "state dict: ViT");
  CHECK(family("openai_clip") == "open_clip: OpenAI CLIP");
  CHECK(family("open_clip") == "open_clip: OpenCLIP");

  // In memory too; and what no family knows is no model without a configuration.
  const std::string weights =
      test_files::read_bytes(golden::models_folder() / "dino" / "model.safetensors");
  const auto folder = ModelFolder::from_memory({{}, {}, weights.data(), weights.size()});
  CHECK(folder.checkpoint().config.embed_dim == 64);
  CHECK(folder.checkpoint().config.image_width == 24);
  Bent other("hf_vit");
  const auto message = message_of<eigenvit::UnsupportedError>([&] {
    ModelFolder::from_memory({{}, {}, other.weights.data(), other.weights.size()});
  });
  CHECK(contains(message, "tensors of torchvision's vit_*"));
  const test_files::TemporaryFolder temporary;
  temporary.write("model.safetensors", other.weights);
  CHECK(contains(message_of<eigenvit::FileError>([&] { ModelFolder::open(temporary.path()); }),
                 "config.json"));
}

TEST_CASE("shapes that are no network's are refused") {
  const std::string names[] = {"blocks.0.attn.qkv.weight", "cls_token", "pos_embed",
                               "patch_embed.proj.weight"};
  std::string header;
  for (const std::string& name : names) {
    header += (header.empty() ? "{\"" : ",\"") + name +
              "\":{\"dtype\":\"F32\",\"shape\":[0],\"data_offsets\":[0,0]}";
  }
  const std::string bytes = test_files::safetensors_bytes(header + "}", "");
  CHECK(contains(message_of<eigenvit::ShapeError>([&] {
                   ModelFolder::from_memory({{}, {}, bytes.data(), bytes.size()});
                 }),
                 "expected 4 dimensions from 1 to 16777216"));
}

TEST_CASE("an unknown timm architecture is named with the closest ones") {
  Bent bent("timm_vit");
  bent.config["architecture"] = "vit_tiny_patch16_242";
  const auto message = bent.message<eigenvit::UnsupportedError>();
  CHECK(contains(message, "found 'vit_tiny_patch16_242'"));
  CHECK(contains(message, "vit_tiny_patch16_224"));
  bent.config["architecture"] = "eva02_tiny_patch14_224";
  CHECK(contains(bent.message<eigenvit::UnsupportedError>(), "which has timm's eva module"));
}

TEST_CASE(
    "of timm's architectures the plain ones are taken, the others refused with what they have") {
  Bent bent("timm_vit");
  int taken = 0;
  int refused = 0;
  for (const auto& architecture : eigenvit::timm_architectures()) {
    bent.config = {{"architecture", architecture.name}};
    bent.text = bent.config.dump();
    const auto message = message_of<eigenvit::UnsupportedError>([&] { bent.open(); });
    CAPTURE(message);
    if (message == "(no exception)") {
      CHECK(architecture.rope == eigenvit::TimmRope::none);
      ++taken;
    } else {
      CHECK(contains(message, "expected a plain vision transformer, found '" +
                                  std::string(architecture.name) + "', which has "));
      ++refused;
    }
  }
  CHECK(taken == 125);
  CHECK(refused == 236 - 125);
}

TEST_CASE("a missing tensor is named with the closest one present") {
  Bent timm("timm_vit");
  timm.rename("head.weight", "heat.weight");
  const auto message = timm.message<eigenvit::FormatError>();
  CHECK(contains(message, "'head.weight'"));
  CHECK(contains(message, "'heat.weight'"));
  CHECK(contains(message, "model.safetensors"));
}

TEST_CASE("a configuration that contradicts the tensors is refused") {
  SUBCASE("width") {
    Bent bent("hf_vit");
    bent.config["hidden_size"] = 24;
    const auto message = bent.message<eigenvit::ShapeError>();
    CHECK(contains(message, "expected shape [24, 3, 8, 8], found [18, 3, 8, 8]"));
    CHECK(contains(message, "patch_embeddings.projection.weight"));
  }
  SUBCASE("fewer blocks than the file has") {
    Bent bent("hf_vit");
    bent.config["num_hidden_layers"] = 2;
    CHECK(contains(bent.message<eigenvit::ConfigError>(), "'vit.encoder.layer.2."));
  }
  SUBCASE("more blocks than the file has") {
    Bent bent("hf_vit");
    bent.config["num_hidden_layers"] = 4;
    CHECK(contains(bent.message<eigenvit::FormatError>(), "vit.encoder.layer.3."));
  }
  SUBCASE("heads that do not divide the width") {
    Bent bent("hf_vit");
    bent.config["num_attention_heads"] = 4;
    CHECK(contains(bent.message<eigenvit::ConfigError>(),
                   "expected num_heads that divides embed_dim 18, found 4"));
  }
  SUBCASE("classes") {
    Bent bent("timm_vit");
    bent.config["num_classes"] = 9;
    bent.config["model_args"].erase("num_classes");
    CHECK(contains(bent.message<eigenvit::ShapeError>(), "tensor 'head.weight'"));
  }
  SUBCASE("a grid of another size than the position table") {
    Bent bent("hf_vit");
    bent.config["image_size"] = 32;
    CHECK(contains(bent.message<eigenvit::ShapeError>(), "expected shape [17, 18], found"));
  }
  SUBCASE("a tensor that the architecture has no place for") {
    Bent bent("timm_deit3");
    bent.config["architecture"] = "vit_tiny_patch16_224";
    bent.config["model_args"]["no_embed_class"] = true;
    CHECK(contains(bent.message<eigenvit::ConfigError>(), "ls1.gamma'"));
  }
  SUBCASE("labels") {
    Bent bent("timm_vit");
    bent.config["label_names"] = {"one", "two"};
    CHECK(contains(bent.message<eigenvit::ConfigError>(), "labels, one for each class, found 2"));
  }
}

TEST_CASE("values out of range and of the wrong type are refused by name") {
  const auto message = [](const char* key, const json& value) {
    Bent bent("hf_vit");
    bent.config[key] = value;
    return bent.message<eigenvit::ConfigError>();
  };
  CHECK(contains(message("hidden_size", -18), "key 'hidden_size'"));
  CHECK(contains(message("hidden_size", 1e300), "key 'hidden_size'"));
  CHECK(contains(message("hidden_size", "18"), "found \"18\""));
  CHECK(contains(message("num_hidden_layers", 0), "key 'num_hidden_layers'"));
  CHECK(contains(message("num_hidden_layers", 1000000000), "key 'num_hidden_layers'"));
  CHECK(contains(message("patch_size", json::array({8})), "key 'patch_size'"));
  CHECK(contains(message("patch_size", 4096), "patch height"));
  CHECK(contains(message("layer_norm_eps", 0), "key 'layer_norm_eps'"));
  CHECK(contains(message("id2label", json{{"0", "a"}, {"2", "b"}}), "key 'id2label'"));
  CHECK(contains(message("id2label", json{{"0", 5}}), "id2label"));
  Bent bent("hf_vit");
  bent.config["hidden_act"] = "mish";
  const auto activation = bent.message<eigenvit::UnsupportedError>();
  CHECK(contains(activation, "found 'mish'"));
  CHECK(contains(activation, "gelu_pytorch_tanh"));
  Bent timm("timm_vit");
  timm.config["model_args"]["global_pool"] = "map";
  CHECK(contains(timm.message<eigenvit::UnsupportedError>(), "expected token or avg, found 'map'"));
  timm.config["model_args"] = {{"rope_theta", 3}};
  CHECK(contains(timm.message<eigenvit::UnsupportedError>(), "key 'model_args.rope_theta'"));
}

TEST_CASE("files that are missing or damaged") {
  const test_files::TemporaryFolder folder;
  CHECK(contains(message_of<eigenvit::FileError>([&] { ModelFolder::open(folder.path()); }),
                 "config.json"));
  folder.write("config.json", "{\"architecture\":");
  CHECK(contains(message_of<eigenvit::FormatError>([&] { ModelFolder::open(folder.path()); }),
                 "config.json"));
  folder.write("config.json", "{\"model_type\": \"vit\"}");
  CHECK(contains(message_of<eigenvit::FileError>([&] { ModelFolder::open(folder.path()); }),
                 "model.safetensors"));
  folder.write("model.safetensors", "short");
  CHECK(contains(message_of<eigenvit::FormatError>([&] { ModelFolder::open(folder.path()); }),
                 "model.safetensors"));
  CHECK(contains(
      message_of<eigenvit::FileError>([&] { ModelFolder::open(folder.path() / "config.json"); }),
      "expected a model folder"));
}

TEST_CASE("every truncation of the weights is refused") {
  Bent bent("timm_eps");
  const std::string whole = bent.weights;
  bent.text = bent.config.dump();
  for (std::size_t size = 0; size < whole.size(); size += 1 + size / 16) {
    bent.weights = whole.substr(0, size);
    CHECK_THROWS_AS(bent.open(), eigenvit::FormatError);
  }
}
