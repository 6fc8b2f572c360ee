#include <string>
#include <variant>

#include <doctest/doctest.h>

#include <eigenvit/io/dense_heads.hpp>
#include <eigenvit/io/zoe_depth_head_reader.hpp>

#include "bent_folder.hpp"

using eigenvit::ConfigError;
using eigenvit::Index;
using eigenvit::ShapeError;
using eigenvit::UnsupportedError;
using eigenvit::ZoeDepthConfig;
using nlohmann::json;
using test_files::Bent;
using test_files::contains;

namespace {

eigenvit::ModelFolder open(const char* name) {
  return eigenvit::ModelFolder::open(golden::models_folder() / name, eigenvit::with_dense_heads());
}

ZoeDepthConfig head_of(const char* name) {
  return std::get<ZoeDepthConfig>(open(name).checkpoint().dense_head);
}

/// What reading a folder with such a member says.
template <class Exception>
std::string message_with(const char* name, const char* key, const json& value) {
  Bent bent(name, eigenvit::with_dense_heads());
  bent.config[key] = value;
  return bent.message<Exception>();
}

}  // namespace

TEST_CASE("ZoeDepth's head is read with what its configuration says of it") {
  const auto folder = open("hf_zoedepth");
  CHECK(folder.checkpoint().family == "transformers zoedepth");
  CHECK(folder.checkpoint().architecture == "ZoeDepthForDepthEstimation");
  const ZoeDepthConfig one = head_of("hf_zoedepth");
  CHECK(one.neck.channels == 6);
  CHECK(one.neck.doubles);
  CHECK(one.neck.readout == eigenvit::Readout::project);
  CHECK(one.relative_channels == 4);
  CHECK(one.embedding == 8);
  CHECK(one.attractors == std::array<Index, 4>{5, 4, 3, 1});
  CHECK_FALSE(one.sums_attraction);
  CHECK_FALSE(one.bounded_bins);
  CHECK(one.max_temperature == 2);
  CHECK(one.domain_count == 1);
  CHECK(one.domains[0].bins == 19);
  CHECK(one.domains[0].name.empty());
  const ZoeDepthConfig bounded = head_of("hf_zoedepth_normed");
  CHECK(bounded.sums_attraction);
  CHECK(bounded.bounded_bins);
  CHECK(bounded.neck.normed_tokens);
  CHECK(bounded.neck.batch_norm);
  CHECK(bounded.domains[0].min_depth == 0.5);
  const ZoeDepthConfig two = head_of("hf_zoedepth_nk");
  CHECK(two.domain_count == 2);
  CHECK(two.domains[1].name == "kitti");
  CHECK(two.domains[1].bins == 7);
  CHECK(two.domains[1].max_depth == 80);
  CHECK(two.router_heads == 4);
  CHECK(two.router_hidden == 24);
  // The class leaves the list of the configuration unread there.
  CHECK(two.attractors == std::array<Index, 4>{16, 16, 16, 16});
  CHECK(eigenvit::estimates_depth(folder.checkpoint().dense_head));
  CHECK(eigenvit::estimates_metres(folder.checkpoint().dense_head));
}

TEST_CASE("the parameters of ZoeDepth's head are those of the file") {
  for (const char* const name : {"hf_zoedepth", "hf_zoedepth_nk"}) {
    CAPTURE(name);
    const auto store = eigenvit::TensorStore::open(golden::models_folder() / name);
    Index in_file = 0;
    for (const auto* const tensor : store.tensors()) {
      if (tensor->name.rfind("backbone.", 0) == 0) continue;
      // Of a decoder's first unit, which has no map to add to; of a relative depth that no layer
      // reads.
      if (contains(tensor->name, "fusion_stage.layers.0.residual_layer1")) continue;
      if (std::string(name) == "hf_zoedepth_nk" && contains(tensor->name, "relative_head.conv3")) {
        continue;
      }
      in_file += static_cast<Index>(tensor->element_count());
    }
    CHECK(open(name).read_network<float>().layers().dense_head->parameters() == in_file);
  }
}

TEST_CASE(
    "one domain needs no name, and of more than two those that the class can choose are read") {
  Bent bent("hf_zoedepth_nk", eigenvit::with_dense_heads());
  json& domains = bent.config["bin_configurations"];
  domains.push_back({{"name", "third"}, {"n_bins", 5}, {"min_depth", 1}, {"max_depth", 2}});
  bent.text = bent.config.dump();
  CHECK(std::get<ZoeDepthConfig>(bent.open().checkpoint().dense_head).domain_count == 2);
  CHECK_NOTHROW(bent.open().read_network<float>());
  Bent one("hf_zoedepth", eigenvit::with_dense_heads());
  one.config["bin_configurations"] = json::array();
  one.text = one.config.dump();
  CHECK(std::get<ZoeDepthConfig>(one.open().checkpoint().dense_head).domains[0].bins == 64);
}

TEST_CASE("ZoeDepth's head that contradicts its backbone or its tensors is refused") {
  const char* const one = "hf_zoedepth";
  const char* const two = "hf_zoedepth_nk";
  CHECK(contains(message_with<UnsupportedError>(one, "readout_type", "add"),
                 "key 'readout_type': expected project, found add"));
  CHECK(contains(message_with<ConfigError>(one, "bottleneck_features", 256),
                 "key 'bottleneck_features': expected 6, as fusion_hidden_size, found 256"));
  CHECK(contains(message_with<ConfigError>(one, "attractor_kind", "max"),
                 "key 'attractor_kind': expected mean or sum, found \"max\""));
  CHECK(contains(message_with<ConfigError>(one, "bin_centers_type", "hybrid2"),
                 "key 'bin_centers_type': expected softplus or normed, found \"hybrid2\""));
  CHECK(contains(message_with<ConfigError>(one, "num_attractors", {16, 8}),
                 "key 'num_attractors': expected an array of 4 integers"));
  CHECK(contains(message_with<ConfigError>(one, "min_temp", 0), "key 'min_temp'"));
  CHECK(contains(message_with<ConfigError>(one, "bin_configurations", "nyu"),
                 "key 'bin_configurations': expected an array of objects, found \"nyu\""));
  CHECK(contains(message_with<ConfigError>(one, "bin_configurations", {5}),
                 "key 'bin_configurations.0': expected an object, found 5"));
  const json near = {{"name", "a"}, {"n_bins", 9}, {"min_depth", 1}, {"max_depth", 2}};
  const auto with = [&near](const char* key, const json& value) {
    json other = near;
    other["name"] = "b";
    other[key] = value;
    return json::array({near, other});
  };
  CHECK(contains(message_with<ConfigError>(two, "bin_configurations", with("name", "a")),
                 "key 'bin_configurations': expected domains with different names"));
  for (const char* const name : {"", "a.b", "a\nb", "\u00e9"}) {
    CHECK(contains(message_with<ConfigError>(two, "bin_configurations", with("name", name)),
                   "key 'bin_configurations.1.name': expected printable ASCII"));
  }
  CHECK(contains(message_with<ConfigError>(two, "bin_configurations", with("max_depth", 0.5)),
                 "expected depths of a domain that rise, from 0 to 1e6"));
  CHECK(contains(message_with<ConfigError>(two, "patch_transformer_hidden_size", 64),
                 "key 'patch_transformer_hidden_size': expected 128, found 64"));
  CHECK(contains(message_with<ConfigError>(two, "num_patch_transformer_layers", 3),
                 "key 'num_patch_transformer_layers': expected at least 4, found 3"));
  CHECK(contains(message_with<ConfigError>(two, "patch_transformer_num_attention_heads", 3),
                 "expected a number of heads that divides 128, found 3"));
  CHECK(contains(message_with<ConfigError>(two, "patch_transformer_intermediate_size", nullptr),
                 "key 'patch_transformer_intermediate_size'"));
  CHECK(contains(message_with<ShapeError>(one, "bin_embedding_dim", 9),
                 "tensor 'metric_head.seed_projector.conv2.weight': expected shape [9, 128, 1, 1], "
                 "found [8, 128, 1, 1]"));
  CHECK(contains(message_with<ShapeError>(one, "bin_centers_type", "normed"),
                 "tensor 'metric_head.attractors.0.conv2.weight': expected shape [10, 8, 1, 1]"));
  CHECK(contains(message_with<ShapeError>(two, "num_relative_features", 5),
                 "tensor 'relative_head.conv2.weight'"));
  CHECK(contains(message_with<eigenvit::FormatError>(one, "add_projection", true),
                 "'relative_head.projection.weight'"));
  CHECK(contains(message_with<ConfigError>(one, "backbone_config", nullptr),
                 "key 'backbone_config'"));
  Bent swin(one, eigenvit::with_dense_heads());
  swin.config["backbone_config"]["model_type"] = "swinv2";
  CHECK(contains(swin.message<UnsupportedError>(),
                 "key 'backbone_config.model_type': expected dinov2 or beit, found swinv2"));
}
