#include <array>
#include <string>
#include <variant>
#include <vector>

#include <doctest/doctest.h>

#include <eigenvit/io/dense_heads.hpp>
#include <eigenvit/io/dpt_segmentation_head_reader.hpp>

#include "bent_folder.hpp"

using eigenvit::DptSegmentationConfig;
using eigenvit::Index;
using nlohmann::json;
using test_files::Bent;
using test_files::contains;

namespace {

constexpr const char* folder_name = "hf_dpt_segmentation";

/// What reading the folder with such a member says.
template <class Exception>
std::string message_with(const char* key, const json& value) {
  Bent bent(folder_name, eigenvit::with_dense_heads());
  bent.config[key] = value;
  return bent.message<Exception>();
}

}  // namespace

TEST_CASE("a DPT head that segments is read with what its configuration says of it") {
  const auto folder = eigenvit::ModelFolder::open(golden::models_folder() / folder_name,
                                                  eigenvit::with_dense_heads());
  CHECK(folder.checkpoint().family == "transformers dpt");
  CHECK(folder.checkpoint().architecture == "DPTForSemanticSegmentation");
  CHECK(folder.checkpoint().labels ==
        std::vector<std::string>{"wall", "sky", "tree", "road", "water, river"});
  const auto& head = std::get<DptSegmentationConfig>(folder.checkpoint().dense_head);
  CHECK(head.classes == 5);
  CHECK(head.neck.blocks == std::array<Index, 4>{0, 1, 2, 3});
  CHECK(head.neck.doubles);
  CHECK(head.neck.batch_norm);
  CHECK_FALSE(head.neck.unit_bias);
  // Without the reader of dense heads its labels are of nothing.
  const auto encoder = eigenvit::ModelFolder::open(golden::models_folder() / folder_name);
  CHECK(encoder.checkpoint().labels.empty());
  CHECK_NOTHROW(encoder.read_network<float>());
}

TEST_CASE("the classes of a DPT head are its classifier's, also where labels do not fit") {
  Bent bent(folder_name, eigenvit::with_dense_heads());
  bent.config["id2label"] = {{"0", "one"}};
  bent.text = bent.config.dump();
  const auto folder = bent.open();
  CHECK(std::get<DptSegmentationConfig>(folder.checkpoint().dense_head).classes == 5);
  CHECK(folder.checkpoint().labels == std::vector<std::string>{"0", "1", "2", "3", "4"});
  CHECK_NOTHROW(folder.read_network<float>());
}

TEST_CASE("parameters of a DPT head that segments are those of its file but for training's") {
  const auto path = golden::models_folder() / folder_name;
  const auto network =
      eigenvit::ModelFolder::open(path, eigenvit::with_dense_heads()).read_network<float>();
  const auto encoder = eigenvit::ModelFolder::open(path).read_network<float>();
  Index in_file = 0;
  const auto store = eigenvit::TensorStore::open(path);
  for (const auto* const tensor : store.tensors()) {
    const std::string& name = tensor->name;
    if (name.rfind("neck.", 0) != 0 && name.rfind("head.", 0) != 0) continue;
    // Statistics, and a decoder's first unit, which has no map to add to.
    if (contains(name, "running_") || contains(name, "num_batches") ||
        contains(name, "fusion_stage.layers.0.residual_layer1")) {
      continue;
    }
    in_file += static_cast<Index>(tensor->element_count());
  }
  CHECK(network.parameters() - encoder.parameters() == in_file);
}

TEST_CASE("a DPT head that segments and contradicts its encoder or its tensors is refused") {
  using eigenvit::ConfigError;
  using eigenvit::FormatError;
  using eigenvit::ShapeError;
  using eigenvit::UnsupportedError;
  CHECK(contains(message_with<UnsupportedError>("backbone_config", {{"model_type", "dinov2"}}),
                 "key 'backbone_config': expected none, as DPTForSemanticSegmentation reads none, "
                 "found one"));
  CHECK(contains(message_with<ConfigError>("backbone_out_indices", {0, 1, 2}),
                 "key 'backbone_out_indices'"));
  CHECK(contains(message_with<ConfigError>("backbone_out_indices", {1, 0, 2, 2}),
                 "key 'backbone_out_indices': expected 4 different blocks"));
  CHECK(contains(message_with<UnsupportedError>("tie_last_hidden_states", true),
                 "key 'tie_last_hidden_states': expected false"));
  CHECK(contains(message_with<ShapeError>("fusion_hidden_size", 7), "expected shape [7, "));
  CHECK(contains(message_with<FormatError>("use_bias_in_fusion_residual", true),
                 "'neck.fusion_stage.layers.3.residual_layer1.convolution1.bias'"));
  for (const char* const name : {"head.head.0.weight", "head.head.1.running_var",
                                 "head.head.4.bias", "neck.convs.2.weight"}) {
    Bent missing(folder_name, eigenvit::with_dense_heads());
    std::string other = name;
    other.back() = '_';
    missing.rename(name, other);
    CHECK(contains(missing.message<FormatError>(), std::string("'") + name + "'"));
  }
  // Training alone reads it.
  Bent auxiliary(folder_name, eigenvit::with_dense_heads());
  auxiliary.rename("auxiliary_head.head.4.bias", "auxiliary_head.head.4.bia_");
  CHECK(auxiliary.message<FormatError>() == "(no exception)");
}
