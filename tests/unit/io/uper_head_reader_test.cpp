#include <array>
#include <string>
#include <variant>

#include <doctest/doctest.h>

#include <eigenvit/io/dense_heads.hpp>
#include <eigenvit/io/uper_head_reader.hpp>

#include "bent_folder.hpp"

using eigenvit::Index;
using eigenvit::UperConfig;
using nlohmann::json;
using test_files::Bent;
using test_files::contains;

namespace {

constexpr const char* folder_name = "hf_beit_segmentation";

/// What reading the folder with such a member says.
template <class Exception>
std::string message_with(const char* key, const json& value, const char* folder = folder_name) {
  Bent bent(folder, eigenvit::with_dense_heads());
  bent.config[key] = value;
  return bent.message<Exception>();
}

UperConfig config_of(Bent& bent) {
  bent.text = bent.config.dump();
  return std::get<UperConfig>(bent.open().checkpoint().dense_head);
}

}  // namespace

TEST_CASE("a segmentation head is read with what its configuration says of it") {
  const auto folder = eigenvit::ModelFolder::open(golden::models_folder() / folder_name,
                                                  eigenvit::with_dense_heads());
  CHECK(folder.checkpoint().family == "transformers beit");
  CHECK(folder.checkpoint().labels ==
        std::vector<std::string>{"wall", "sky", "tree", "road", "water, river"});
  const auto& head = std::get<UperConfig>(folder.checkpoint().dense_head);
  CHECK(head.classes == 5);
  CHECK(head.blocks == std::array<Index, 4>{0, 1, 2, 3});
  CHECK(head.pool_scales == std::array<Index, 8>{1, 2, 3, 6});

  Bent data2vec("hf_data2vec_vision_segmentation", eigenvit::with_dense_heads());
  CHECK(config_of(data2vec).blocks == std::array<Index, 4>{0, 1, 2, 4});
  CHECK(config_of(data2vec).pool_scales == std::array<Index, 8>{3, 5});
}

TEST_CASE("the blocks of a segmentation head have an older name, and defaults in one class") {
  Bent old(folder_name, eigenvit::with_dense_heads());
  old.config.erase("out_indices");
  old.config["segmentation_indices"] = {2, 4, 3, 5};
  CHECK(config_of(old).blocks == std::array<Index, 4>{0, 2, 1, 3});
  old.config.erase("segmentation_indices");
  CHECK(config_of(old).blocks == std::array<Index, 4>{0, 1, 2, 3});
  old.config.erase("out_features");
  CHECK(contains(old.message<eigenvit::ConfigError>(), "key 'out_features'"));
  Bent data2vec("hf_data2vec_vision_segmentation", eigenvit::with_dense_heads());
  data2vec.config.erase("out_indices");
  CHECK(contains(data2vec.message<eigenvit::ConfigError>(),
                 "expected block of a segmentation level from 0 to 4, found 5"));
}

TEST_CASE("BEiT's levels are named by stages, whose numbers the class takes one from") {
  Bent bent(folder_name, eigenvit::with_dense_heads());
  bent.config.erase("out_features");
  const auto blocks = [&](const json& indices) {
    bent.config["out_indices"] = indices;
    return config_of(bent).blocks;
  };
  CHECK(blocks({-4, -3, -2, -1}) == std::array<Index, 4>{0, 1, 2, 3});
  CHECK(blocks({0, 2, 3, 4}) == std::array<Index, 4>{4, 0, 1, 2});
  bent.config.erase("out_indices");
  bent.config["out_features"] = {"stem", "stage3", "stage4", "stage5"};
  CHECK(config_of(bent).blocks == std::array<Index, 4>{4, 1, 2, 3});
  bent.config["out_features"] = {"stage1", "stage3", "stage4", "stage5"};
  CHECK(contains(bent.message<eigenvit::ConfigError>(),
                 "key 'out_features': expected no stage 1, which is what enters the first block"));
}

TEST_CASE("the classes are the classifier's, also where labels do not fit") {
  Bent bent(folder_name, eigenvit::with_dense_heads());
  bent.config["id2label"].erase("4");
  CHECK(config_of(bent).classes == 5);
  CHECK(bent.open().checkpoint().labels == std::vector<std::string>{"0", "1", "2", "3", "4"});
  CHECK_NOTHROW(bent.open().read_network<float>());
}

TEST_CASE("a last level that goes through the final norm is refused") {
  Bent bent("hf_beit_segmentation_last_first", eigenvit::with_dense_heads());
  bent.config["tie_last_hidden_states"] = true;
  // With mean pooling there is no final norm.
  CHECK(bent.message<eigenvit::UnsupportedError>() == "(no exception)");
  bent.config["use_mean_pooling"] = false;
  CHECK(contains(bent.message<eigenvit::UnsupportedError>(),
                 "key 'tie_last_hidden_states': expected false, as the decoder reads the last "
                 "block, found true"));
  bent.config["out_indices"] = {2, 3, 4, 5};
  CHECK(contains(bent.message<eigenvit::FormatError>(), "layernorm.weight"));
}

TEST_CASE("a folder of the family without the head is read without") {
  const auto folder = eigenvit::ModelFolder::open(golden::models_folder() / "hf_beit",
                                                  eigenvit::with_dense_heads());
  CHECK(std::holds_alternative<std::monostate>(folder.checkpoint().dense_head));
}

TEST_CASE("a segmentation head that contradicts its backbone or its tensors is refused") {
  using eigenvit::ConfigError;
  using eigenvit::FormatError;
  using eigenvit::ShapeError;
  CHECK(contains(message_with<ConfigError>("out_indices", {2, 3, 4}),
                 "key 'out_indices': expected an array of 4 integers from -6 to 5, found an array "
                 "of length 3"));
  CHECK(contains(message_with<ConfigError>("out_indices", {1, 2, 3, 4}),
                 "key 'out_indices': expected no stage 1"));
  CHECK(contains(message_with<ConfigError>("out_indices", {2, 3, 4, 6}), "key 'out_indices'"));
  CHECK(contains(message_with<ConfigError>("out_indices", {2, 3, 4, 4}),
                 "expected another block for each segmentation level, found 2 twice"));
  for (const json& scales : {json(3), json::array(), json::array({1, 2, 3, 4, 5, 6, 7, 8, 9})}) {
    CHECK(contains(message_with<ConfigError>("pool_scales", scales),
                   "key 'pool_scales': expected 1 to 8 integers, found "));
  }
  CHECK(contains(message_with<ConfigError>("pool_scales", {1, 65}), "key 'pool_scales'"));
  CHECK(contains(message_with<ShapeError>("pool_scales", {1, 2, 3}),
                 "tensor 'decode_head.bottleneck.conv.weight': expected shape [12, 48, 3, 3], "
                 "found [12, 60, 3, 3]"));
  CHECK(contains(message_with<ShapeError>("pool_scales", {1, 2, 3, 4, 6}),
                 "expected shape [12, 72, 3, 3], found [12, 60, 3, 3]"));
  for (const char* const name :
       {"decode_head.fpn_convs.1.conv.weight", "decode_head.lateral_convs.0.bn.running_var",
        "decode_head.psp_modules.2.1.bn.weight", "fpn1.1.running_mean", "fpn2.0.bias",
        "decode_head.classifier.bias"}) {
    Bent missing(folder_name, eigenvit::with_dense_heads());
    std::string other = name;
    other.back() = '_';
    missing.rename(name, other);
    CHECK(contains(missing.message<FormatError>(), std::string("'") + name + "'"));
  }
}
