#include <string>

#include <doctest/doctest.h>

#include <eigenvit/core/error.hpp>
#include <eigenvit/io/checkpoint_names.hpp>
#include <eigenvit/io/checkpoint_tensors.hpp>
#include <eigenvit/model/vit_config.hpp>

#include "test_files.hpp"

using eigenvit::TensorStore;
using eigenvit::VitConfig;
using eigenvit::detail::CheckpointNames;
using eigenvit::detail::CheckpointTensors;
using test_files::contains;
using test_files::message_of;

namespace {

std::string two_tensors() {
  return test_files::safetensors_bytes(
      R"({"vit.a":{"dtype":"F32","shape":[1,1,2],"data_offsets":[0,8]},)"
      R"("vit.blocks.3.b":{"dtype":"F32","shape":[],"data_offsets":[8,12]}})",
      std::string(12, '\0'));
}

}  // namespace

TEST_CASE("names are put together from prefix, block and part") {
  const std::string bytes = two_tensors();
  const auto store = TensorStore::from_memory(bytes.data(), bytes.size());
  const VitConfig config;
  CheckpointNames names;
  names.prefix = "vit.";
  const CheckpointTensors tensors(store, names, config);
  CHECK(tensors.backbone("norm") == "vit.norm");
  CHECK(tensors.in_block(11, "mlp.fc1") == "vit.blocks.11.mlp.fc1");
  CHECK(CheckpointTensors::weight_of("norm") == "norm.weight");
  CHECK(CheckpointTensors::bias_of("norm") == "norm.bias");
  CHECK(CheckpointTensors::weight_of("attn.in_proj_") == "attn.in_proj_weight");
  CHECK(CheckpointTensors::bias_of("attn.in_proj_") == "attn.in_proj_bias");
  names.block_is_prefixed = false;
  CHECK(CheckpointTensors(store, names, config).in_block(2, "norm1") == "blocks.2.norm1");
}

TEST_CASE("a shape may have leading ones, and must be the expected one otherwise") {
  const std::string bytes = two_tensors();
  const auto store = TensorStore::from_memory(bytes.data(), bytes.size(), "file");
  const VitConfig config;
  const CheckpointNames names;
  CheckpointTensors tensors(store, names, config);
  CHECK(&tensors.checked("vit.a", {2}) == store.find("vit.a"));
  CHECK(&tensors.checked("vit.a", {1, 2}) == store.find("vit.a"));
  CHECK(message_of<eigenvit::ShapeError>([&] {
          tensors.checked("vit.a", {3, 2});
        }) == "file: tensor 'vit.a': expected shape [3, 2], found [1, 1, 2]");
  CHECK(message_of<eigenvit::ShapeError>([&] { tensors.checked("vit.blocks.3.b", {2}); }) ==
        "file: tensor 'vit.blocks.3.b': expected shape [2], found []");
  CHECK_THROWS_AS(tensors.checked("vit.c", {1}), eigenvit::FormatError);
}

TEST_CASE("a tensor of a block that nobody asked for is an error") {
  const std::string bytes = two_tensors();
  const auto store = TensorStore::from_memory(bytes.data(), bytes.size(), "file");
  const VitConfig config;
  CheckpointNames names;
  names.prefix = "vit.";
  CheckpointTensors tensors(store, names, config);
  CHECK(contains(message_of<eigenvit::ConfigError>([&] { tensors.check_unused(); }),
                 "file: tensor 'vit.blocks.3.b': expected only tensors"));
  tensors.checked("vit.blocks.3.b", {});
  CHECK_NOTHROW(tensors.check_unused());
}
