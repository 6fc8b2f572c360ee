#include <set>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <eigenvit/io/model_fingerprint.hpp>
#include <eigenvit/io/model_folder.hpp>
#include <eigenvit/pipeline/model.hpp>

#include "../golden.hpp"
#include "test_files.hpp"

namespace {

using eigenvit::ModelFolder;

/// The shipped model in memory, to be bent before it is read.
struct Bent {
  std::string config = test_files::read_bytes(golden::shipped_model() / "config.json");
  std::string weights = test_files::read_bytes(golden::shipped_model() / "model.safetensors");

  std::string fingerprint(const eigenvit::ModelOptions& options = {}) const {
    const auto folder =
        ModelFolder::from_memory({config, {}, weights.data(), weights.size()}, options);
    return eigenvit::model_fingerprint(folder.checkpoint(), folder.tensors());
  }
};

}  // namespace

TEST_CASE("a fingerprint is the same wherever and however the model is loaded") {
  const std::string fingerprint = Bent().fingerprint();
  // Stated here, so that files made by an older version stay valid, on every machine.
  CHECK(fingerprint == "b0361d000ab398ca");
  const auto folder = golden::shipped_model();
  const auto mapped = eigenvit::load_model(folder);
  CHECK(mapped.fingerprint() == fingerprint);
  eigenvit::Taps taps;
  taps.logits = true;
  mapped.run({eigenvit::Image(32, 32)}, taps);
  CHECK(mapped.fingerprint() == fingerprint);
  const eigenvit::Model moved = eigenvit::Model(mapped);
  CHECK(moved.fingerprint() == fingerprint);
  eigenvit::ModelOptions options;
  options.read_at_load = true;
  CHECK(eigenvit::load_model(folder, options).fingerprint() == fingerprint);
}

TEST_CASE("a fingerprint does not depend on labels and on what else the configuration says") {
  Bent bent;
  auto config = nlohmann::json::parse(bent.config);
  config["license"] = "mit";
  bent.config = config.dump();
  CHECK(bent.fingerprint() == Bent().fingerprint());
}

TEST_CASE("other weights, sizes and recipes have other fingerprints") {
  std::set<std::string> seen = {Bent().fingerprint()};
  const auto is_new = [&](const std::string& fingerprint) {
    return seen.insert(fingerprint).second;
  };
  // The lowest bit of the first, a middle and the last value of a tensor, and of the last one.
  Bent bent;
  const auto folder =
      ModelFolder::from_memory({bent.config, {}, bent.weights.data(), bent.weights.size()});
  for (const char* const name : {"blocks.0.attn.qkv.weight", "head.bias", "norm.weight"}) {
    CAPTURE(name);
    const auto& info = folder.tensors().at(name);
    const auto begin =
        std::size_t(info.data - reinterpret_cast<const std::byte*>(bent.weights.data()));
    for (const std::size_t at : {std::size_t{0}, info.bytes / 2, info.bytes - 4}) {
      CAPTURE(at);
      Bent other;
      other.weights[begin + at] = char(other.weights[begin + at] ^ 1);
      CHECK(is_new(other.fingerprint()));
    }
  }

  eigenvit::ModelOptions larger;
  larger.image_size = {{48, 48}};
  CHECK(is_new(Bent().fingerprint(larger)));

  auto config = nlohmann::json::parse(bent.config);
  config["pretrained_cfg"]["mean"] = {0.1, 0.2, 0.3};
  bent.config = config.dump();
  CHECK(is_new(bent.fingerprint()));

  for (const auto& path : golden::models()) {
    CAPTURE(path.filename().string());
    const auto other = ModelFolder::open(path, golden::options(path));
    CHECK(is_new(eigenvit::model_fingerprint(other.checkpoint(), other.tensors())));
  }
}

TEST_CASE("a model of parts has no fingerprint") {
  const auto folder = ModelFolder::open(golden::shipped_model());
  const eigenvit::Model parts(folder.checkpoint(), folder.read_network<float>());
  CHECK(parts.fingerprint().empty());
}
