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
  old.config["segmentation_indices"] = {2, 3, 4, 6};
  CHECK(config_of(old).blocks == std::array<Index, 4>{0, 1, 2, 4});
  old.config.erase("segmentation_indices");
  CHECK(contains(old.message<eigenvit::ConfigError>(), "key 'out_indices'"));
  Bent data2vec("hf_data2vec_vision_segmentation", eigenvit::with_dense_heads());
  data2vec.config.erase("out_indices");
  CHECK(contains(data2vec.message<eigenvit::ConfigError>(),
                 "expected block of a segmentation level from 4 to 4, found 5"));
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
                 "key 'out_indices': expected an array of 4 integers from 2 to 6, found an array "
                 "of length 3"));
  CHECK(contains(message_with<ConfigError>("out_indices", {1, 2, 3, 4}), "key 'out_indices'"));
  CHECK(contains(message_with<ConfigError>("out_indices", {2, 3, 4, 7}), "key 'out_indices'"));
  CHECK(contains(message_with<ConfigError>("out_indices", {3, 2, 4, 5}),
                 "expected block of a segmentation level from 2 to 4, found 0"));
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
