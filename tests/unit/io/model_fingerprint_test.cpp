#include <array>
#include <optional>
#include <set>
#include <string_view>
#include <type_traits>
#include <vector>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <eigenvit/io/config_fields.hpp>
#include <eigenvit/io/dense_heads.hpp>
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
    return eigenvit::detail::model_fingerprint(folder.checkpoint(), folder.tensors());
  }
};

/// Changes one knob of a configuration, whichever it is: the `left`-th that is visited.
class Turn {
 public:
  explicit Turn(int knob) : left_(knob) {}

  /// Whether there was such a knob.
  bool in(eigenvit::Checkpoint& checkpoint) {
    turn(checkpoint, 0);
    return left_ < 0;
  }
  bool in_head(eigenvit::Checkpoint& checkpoint) {
    turn(checkpoint.dense_head, 0);
    return left_ < 0;
  }
  const std::string& name() const { return name_; }

 private:
  struct Ignore {
    template <class T>
    void operator()(const char*, T&) const {}
  };

  template <class T>
  auto turn(T& config, int) -> decltype(eigenvit::detail::visit_fields(config, Ignore())) {
    eigenvit::detail::visit_fields(config, [&](const char* name, auto& field) {
      if (left_ >= 0) name_ = name;
      turn(field, 0);
    });
  }
  template <class T>
  void turn(T& field, long) {
    if constexpr (std::is_same_v<T, std::array<std::uint8_t, 3>> ||
                  std::is_same_v<T, std::array<float, 3>>) {
      for (auto& value : field) turn(value, 0);
    } else if (left_-- == 0) {
      change(field);
    }
  }

  static void change(bool& value) { value = !value; }
  static void change(std::string_view& value) { value = value == "other" ? "another" : "other"; }
  static void change(std::string& value) { value += "other"; }
  template <class T>
  static void change(std::vector<T>& values) {
    values.emplace_back();
    change(values.back());
  }
  template <class T>
  static void change(std::optional<T>& value) {
    value = value ? std::nullopt : std::optional<T>(T());
  }
  template <class T>
  static void change(T& value) {
    if constexpr (std::is_enum_v<T>) {
      value = static_cast<T>(static_cast<int>(value) == 0 ? 1 : 0);
    } else {
      value = static_cast<T>(value + T(1));
    }
  }

  int left_;
  std::string name_;
};

}  // namespace

TEST_CASE("a fingerprint is the same wherever and however the model is loaded") {
  const std::string fingerprint = Bent().fingerprint();
  // Stated here, so that files made by an older version stay valid, on every machine.
  CHECK(fingerprint == "9853f8984623f75a");
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
    CHECK(is_new(eigenvit::detail::model_fingerprint(other.checkpoint(), other.tensors())));
  }
}

TEST_CASE("a fingerprint depends on every knob of the configuration") {
  const auto folder = ModelFolder::open(golden::shipped_model());
  std::set<std::string> seen = {
      eigenvit::detail::model_fingerprint(folder.checkpoint(), folder.tensors())};
  int knobs = 0;
  for (;; ++knobs) {
    eigenvit::Checkpoint checkpoint = folder.checkpoint();
    Turn turn(knobs);
    if (!turn.in(checkpoint)) break;
    CAPTURE(turn.name());
    CHECK(seen.insert(eigenvit::detail::model_fingerprint(checkpoint, folder.tensors())).second);
  }
  CHECK(knobs > 125);

  eigenvit::Checkpoint named = folder.checkpoint();
  named.labels.front() = "another name";
  named.family = "another family";
  CHECK(eigenvit::detail::model_fingerprint(named, folder.tensors()) ==
        *seen.find(Bent().fingerprint()));
}

TEST_CASE("a fingerprint depends on every knob of a dense head") {
  const auto folder = ModelFolder::open(golden::models_folder() / "hf_depth_anything",
                                        eigenvit::with_dense_heads());
  eigenvit::Checkpoint none = folder.checkpoint();
  none.dense_head = {};
  std::set<std::string> seen;
  const auto is_new = [&](const eigenvit::Checkpoint& checkpoint) {
    return seen.insert(eigenvit::detail::model_fingerprint(checkpoint, folder.tensors())).second;
  };
  CHECK(is_new(none));
  CHECK(is_new(folder.checkpoint()));
  int knobs = 0;
  for (;; ++knobs) {
    eigenvit::Checkpoint checkpoint = folder.checkpoint();
    Turn turn(knobs);
    if (!turn.in_head(checkpoint)) break;
    CAPTURE(turn.name());
    CHECK(is_new(checkpoint));
  }
  CHECK(knobs == 24);
}

TEST_CASE("a model of parts has no fingerprint") {
  const auto folder = ModelFolder::open(golden::shipped_model());
  const eigenvit::Model parts(folder.checkpoint(), folder.read_network<float>());
  CHECK(parts.fingerprint().empty());
}
