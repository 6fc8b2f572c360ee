#include <string>
#include <variant>

#include <doctest/doctest.h>

#include <eigenvit/io/dense_heads.hpp>
#include <eigenvit/io/depth_head_reader.hpp>

#include "bent_folder.hpp"

using eigenvit::DepthConfig;
using eigenvit::Index;
using nlohmann::json;
using test_files::Bent;
using test_files::contains;

namespace {

/// What reading the folder with such a member, of the whole configuration or of its backbone, says.
template <class Exception>
std::string message_with(const char* key, const json& value, const char* part = nullptr) {
  Bent bent("hf_depth_anything", eigenvit::with_dense_heads());
  (part ? bent.config[part] : bent.config)[key] = value;
  return bent.message<Exception>();
}

template <class Exception>
std::string backbone_message(const char* key, const json& value) {
  return message_with<Exception>(key, value, "backbone_config");
}

}  // namespace

TEST_CASE("a depth head is read with what its configuration says of it") {
  const auto folder = eigenvit::ModelFolder::open(
      golden::models_folder() / "hf_depth_anything_metric", eigenvit::with_dense_heads());
  CHECK(folder.checkpoint().family == "transformers depth_anything");
  CHECK(folder.checkpoint().architecture == "DepthAnythingForDepthEstimation");
  const auto& head = std::get<DepthConfig>(folder.checkpoint().dense_head);
  CHECK(head.neck.channels == 6);
  CHECK(head.head_channels == 4);
  CHECK(head.neck.blocks == std::array<Index, 4>{0, 2, 3, 4});
  CHECK(head.neck.level_channels == std::array<Index, 4>{3, 17, 4, 5});
  CHECK(head.neck.factors == std::array<Index, 4>{2, 4, 1, -2});
  CHECK(head.is_metric);
  CHECK(head.max_depth == 80);
  const auto store = eigenvit::TensorStore::open(golden::models_folder() / "hf_depth_anything");
  Index in_file = 0;
  for (const auto* const tensor : store.tensors()) {
    const std::string& name = tensor->name;
    // Of a decoder's first unit, which has no map to add to; a token that stands for what is
    // masked.
    if (contains(name, "fusion_stage.layers.0.residual_layer1") || contains(name, "mask_token")) {
      continue;
    }
    in_file += static_cast<Index>(tensor->element_count());
  }
  const auto network = eigenvit::ModelFolder::open(golden::models_folder() / "hf_depth_anything",
                                                   eigenvit::with_dense_heads())
                           .read_network<float>();
  CHECK(network.parameters() == in_file);
}

TEST_CASE("a depth head's blocks are named by number or by stage") {
  Bent bent("hf_depth_anything", eigenvit::with_dense_heads());
  const auto blocks = [&] {
    bent.text = bent.config.dump();
    return std::get<DepthConfig>(bent.open().checkpoint().dense_head).neck.blocks;
  };
  json& backbone = bent.config["backbone_config"];
  backbone["out_indices"] = {1, 2, -2, -1};
  CHECK(blocks() == std::array<Index, 4>{0, 1, 3, 4});
  backbone.erase("out_indices");
  CHECK(blocks() == std::array<Index, 4>{0, 2, 3, 4});
  const auto message = [&](const json& names) {
    backbone["out_features"] = names;
    return bent.message<eigenvit::ConfigError>();
  };
  const std::string start = "config.json: ";
  CHECK(contains(message({"stem", "stage1", "stage2", "stage3"}),
                 "expected block of a level from 0 to 4, found -1"));
  CHECK(contains(message({"stage1", "stage2", "stage3", "stage99999999999999999999"}),
                 "key 'backbone_config.out_features': expected stem, or stage1 to stage5, found "));
  CHECK(contains(message({"stage1", "stage2", "stage3", "stage4x"}),
                 "key 'backbone_config.out_features': expected stem, or stage1 to stage5, found "));
  CHECK(contains(message({"stage1", "stage2", "stage3"}),
                 "key 'backbone_config.out_features': expected 4 stages, found "));
}

TEST_CASE("a depth head that contradicts its backbone or its tensors is refused") {
  using eigenvit::ConfigError;
  using eigenvit::ShapeError;
  using eigenvit::UnsupportedError;
  CHECK(contains(backbone_message<UnsupportedError>("model_type", "beit"),
                 "key 'backbone_config.model_type': expected dinov2, found beit"));
  CHECK(contains(backbone_message<ConfigError>("out_indices", {1, 3, 4}),
                 "key 'backbone_config.out_indices': expected an array of 4 integers from -6 to 5, "
                 "found an array of length 3"));
  CHECK(contains(backbone_message<ConfigError>("out_indices", {1, 3, 4, 6}),
                 "key 'backbone_config.out_indices'"));
  CHECK(contains(backbone_message<ConfigError>("out_indices", {3, 1, 4, 5}),
                 "expected block of a level from 3 to 4, found 0"));
  CHECK(contains(backbone_message<ShapeError>("hidden_size", 24), "expected shape"));
  CHECK(contains(message_with<ConfigError>("backbone_config", 5), "key 'backbone_config'"));
  CHECK(contains(message_with<ConfigError>("patch_size", 14),
                 "key 'patch_size': expected 4, as that of the backbone, found 14"));
  CHECK(contains(message_with<UnsupportedError>("head_in_index", 2),
                 "key 'head_in_index': expected -1, found another"));
  CHECK(contains(message_with<ConfigError>("reassemble_factors", {4, 2, 1, 0.3}),
                 "key 'reassemble_factors': expected whole numbers or one over such"));
  CHECK(contains(message_with<ConfigError>("depth_estimation_type", "far"),
                 "key 'depth_estimation_type': expected relative or metric, found \"far\""));
  CHECK(contains(message_with<ConfigError>("max_depth", 0), "key 'max_depth'"));
  CHECK(contains(message_with<ConfigError>("fusion_hidden_size", 7),
                 "expected an even number of channels of fused maps, found 7"));
  CHECK(contains(message_with<ShapeError>("fusion_hidden_size", 8),
                 "tensor 'neck.convs.0.weight': expected shape [8, 5, 3, 3], found [6, 5, 3, 3]"));
  CHECK(contains(message_with<ShapeError>("neck_hidden_sizes", {5, 6, 7, 9}),
                 "tensor 'neck.reassemble_stage.layers.3.projection.weight': expected shape "
                 "[9, 18, 1, 1], found [8, 18, 1, 1]"));
  CHECK(contains(message_with<ShapeError>("reassemble_factors", {2, 2, 1, 0.5}),
                 "tensor 'neck.reassemble_stage.layers.0.resize.weight': expected shape "
                 "[5, 5, 2, 2], found [5, 5, 4, 4]"));
  CHECK(contains(message_with<ShapeError>("head_hidden_size", 5),
                 "tensor 'head.conv2.weight': expected shape [5, 3, 3, 3], found [4, 3, 3, 3]"));
  Bent missing("hf_depth_anything", eigenvit::with_dense_heads());
  missing.rename("head.conv2.weight", "head.konv2.weight");
  CHECK(contains(missing.message<eigenvit::FormatError>(), "'head.conv2.weight'"));
}

TEST_CASE("a DPT head is read with what its configuration says of it") {
  const auto head = [](const char* name) {
    const auto folder =
        eigenvit::ModelFolder::open(golden::models_folder() / name, eigenvit::with_dense_heads());
    CHECK(folder.checkpoint().family == "transformers dpt");
    return std::get<DepthConfig>(folder.checkpoint().dense_head);
  };
  const DepthConfig plain = head("hf_dpt");
  CHECK(plain.neck.readout == eigenvit::Readout::project);
  CHECK(plain.neck.doubles);
  CHECK(plain.neck.unit_bias);
  CHECK_FALSE(plain.neck.normed_tokens);
  CHECK(plain.neck.blocks == std::array<Index, 4>{0, 1, 2, 3});
  const DepthConfig added = head("hf_dpt_add");
  CHECK(added.neck.readout == eigenvit::Readout::add);
  CHECK(added.neck.batch_norm);
  CHECK_FALSE(added.neck.unit_bias);
  const DepthConfig dinov2 = head("hf_dpt_dinov2");
  CHECK(dinov2.neck.normed_tokens);
  CHECK_FALSE(dinov2.neck.unit_bias);
  CHECK(dinov2.neck.blocks == std::array<Index, 4>{0, 2, 3, 4});
  CHECK(head("hf_dpt_beit").neck.readout == eigenvit::Readout::ignore);
  // Its configuration has them in another order.
  CHECK(added.neck.blocks == std::array<Index, 4>{0, 1, 2, 3});
}

TEST_CASE("a DPT head that contradicts its encoder or is not known is refused") {
  using eigenvit::ConfigError;
  using eigenvit::UnsupportedError;
  const auto changed = [](const char* name, const char* key, const json& value,
                          const char* part = nullptr) {
    Bent bent(name, eigenvit::with_dense_heads());
    (part ? bent.config[part] : bent.config)[key] = value;
    return bent;
  };
  CHECK(contains(changed("hf_dpt", "is_hybrid", true).message<UnsupportedError>(),
                 "key 'is_hybrid': expected false, found true"));
  CHECK(contains(changed("hf_dpt", "readout_type", "sum").message<ConfigError>(),
                 "key 'readout_type': expected ignore, add or project, found \"sum\""));
  CHECK(contains(changed("hf_dpt", "head_in_index", 0).message<UnsupportedError>(),
                 "key 'head_in_index': expected -1, found another"));
  CHECK(contains(changed("hf_dpt", "backbone_out_indices", {0, 1, 2, 4}).message<ConfigError>(),
                 "key 'backbone_out_indices'"));
  CHECK(contains(changed("hf_dpt", "backbone_out_indices", {3, 1, 2, 1}).message<ConfigError>(),
                 "key 'backbone_out_indices': expected 4 different blocks, found "));
  const std::string tied =
      "key 'tie_last_hidden_states': expected false, as the decoder reads the last block, found "
      "true";
  CHECK(contains(changed("hf_dpt", "tie_last_hidden_states", true).message<UnsupportedError>(),
                 tied));
  // The backbones have no final norm in that place.
  for (const char* const name : {"hf_dpt_dinov2", "hf_dpt_beit"}) {
    CHECK(changed(name, "tie_last_hidden_states", true, "backbone_config")
              .message<UnsupportedError>() == "(no exception)");
  }
  CHECK(contains(changed("hf_dpt", "add_projection", true).message<eigenvit::FormatError>(),
                 "'head.projection.weight'"));
  CHECK(contains(changed("hf_dpt_add", "readout_type", "project").message<eigenvit::FormatError>(),
                 "'neck.reassemble_stage.readout_projects.0.0.weight'"));
  const char* const backbone = "backbone_config";
  CHECK(contains(
      changed("hf_dpt_dinov2", "model_type", "swinv2", backbone).message<UnsupportedError>(),
      "key 'backbone_config.model_type': expected dinov2 or beit, found swinv2"));
  CHECK(contains(
      changed("hf_dpt_dinov2", "reshape_hidden_states", true, backbone).message<UnsupportedError>(),
      "key 'backbone_config.reshape_hidden_states': expected false, found true"));
  CHECK(contains(changed("hf_dpt_beit", "add_fpn", true, backbone).message<UnsupportedError>(),
                 "key 'backbone_config.add_fpn': expected false, found true"));
}
