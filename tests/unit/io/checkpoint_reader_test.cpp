#include <doctest/doctest.h>

#include <eigenvit/io/checkpoint_reader.hpp>
#include <eigenvit/io/model_folder.hpp>

#include "../golden.hpp"
#include "test_files.hpp"

namespace {

using eigenvit::Index;
using eigenvit::TensorStore;
using eigenvit::VitConfig;
using eigenvit::detail::CheckpointNames;
using test_files::contains;
using test_files::message_of;

// A network of one block, width 2: every weight that CheckpointReader asks for, in file order.
class Checkpoint {
 public:
  Checkpoint() {
    config.image_height = config.image_width = 2;
    config.patch_height = config.patch_width = 1;
    config.in_chans = 1;
    config.embed_dim = 2;
    config.depth = 1;
    config.num_heads = 1;
    config.mlp_hidden = 3;
    config.num_classes = 2;
    add("patch_embed.proj.weight", "[2,1,1,1]", 2);
    add("patch_embed.proj.bias", "[2]", 2);
    add("cls_token", "[1,1,2]", 2);
    add("pos_embed", "[1,5,2]", 10);
    for (const char* name : {"norm", "blocks.0.norm1", "blocks.0.norm2"}) linear(name, "[2]", 2, 2);
    for (const char* part : {"q", "k", "v", "o"}) {
      linear(std::string("blocks.0.") + part, "[2,2]", 4, 2);
    }
    linear("blocks.0.mlp.fc1", "[3,2]", 6, 3);
    linear("blocks.0.mlp.fc2", "[2,3]", 6, 2);
    linear("head", "[2,2]", 4, 2);
    names.qkv = {"q", "k", "v"};
    names.proj = "o";
  }

  void add(const std::string& name, const std::string& shape, std::size_t count) {
    header_ += (header_.empty() ? "{" : ",") + ('"' + name) + R"(":{"dtype":"F32","shape":)" +
               shape + R"(,"data_offsets":[)" + std::to_string(values_.size()) + ',' +
               std::to_string(values_.size() + 4 * count) + "]}";
    for (std::size_t i = 0; i < count; ++i) {
      const float value = float(++next_);
      values_.append(reinterpret_cast<const char*>(&value), 4);
    }
  }

  void linear(const std::string& name, const std::string& shape, std::size_t weights,
              std::size_t biases) {
    add(name + ".weight", shape, weights);
    add(name + ".bias", "[" + std::to_string(biases) + "]", biases);
  }

  eigenvit::VisionTransformer<float> read() const {
    const std::string bytes = test_files::safetensors_bytes(header_ + "}", values_);
    const auto store = TensorStore::from_memory(bytes.data(), bytes.size(), "test.safetensors");
    return eigenvit::detail::CheckpointReader<float>(store, names, config).read();
  }

  VitConfig config;
  CheckpointNames names;

 private:
  std::string header_;
  std::string values_;
  int next_ = 0;
};

}  // namespace

TEST_CASE("tensors end up in their roles") {
  const Checkpoint checkpoint;
  const auto network = checkpoint.read();
  CHECK(network.layers().prefix_tokens == eigenvit::AlignedBuffer<float>{5, 6});
  CHECK(network.layers().pos_embed->prefix(0)[0] == 7);
  CHECK(network.layers().patch_embed.patch_size() == 1);
  CHECK(network.layers().head->out_features() == 2);
  CHECK(network.parameters() == 4 + 2 + 10 + 3 * 4 + 4 * 6 + 9 + 8 + 6);
}

TEST_CASE("queries, keys and values in three tensors are joined in this order") {
  // Swapping keys and values must change the result, or their order would not be tested.
  Checkpoint checkpoint;
  eigenvit::Taps taps;
  taps.hidden = {0};
  const std::vector<float> pixels = {0.1F, 0.4F, -0.3F, 0.2F};
  const auto right = checkpoint.read().forward({pixels.data(), 1, 2, 2}, taps);
  checkpoint.names.qkv = {"q", "v", "k"};
  const auto swapped = checkpoint.read().forward({pixels.data(), 1, 2, 2}, taps);
  CHECK(right.hidden.at(0) != swapped.hidden.at(0));
}

TEST_CASE("heads that share keys and values count once, and need tensors of their own") {
  const auto folder = golden::models_folder() / "timm_sapiens2";
  const auto store = TensorStore::open(folder);
  Index in_file = 0;
  for (const auto* const tensor : store.tensors()) {
    in_file += static_cast<Index>(tensor->element_count());
  }
  const auto files = eigenvit::ModelFolder::open(folder);
  const auto& read = files.checkpoint();
  CHECK(eigenvit::detail::CheckpointReader<float>(store, read.names, read.config)
            .read()
            .parameters() == in_file);

  Checkpoint checkpoint;
  checkpoint.config.num_heads = 2;
  checkpoint.config.kv_heads = {1};
  CHECK(message_of<eigenvit::ShapeError>([&] { checkpoint.read(); }) ==
        "test.safetensors: tensor 'blocks.0.k.weight': expected shape [1, 2], found [2, 2]");
  checkpoint.names.qkv = {"qkv"};
  CHECK(message_of<eigenvit::UnsupportedError>([&] { checkpoint.read(); }) ==
        "test.safetensors: expected tensors of their own for keys and values that heads share, "
        "found one");
}

TEST_CASE("the error names file, tensor, expected and found") {
  Checkpoint wide;
  wide.config.mlp_hidden = 4;
  CHECK(message_of<eigenvit::ShapeError>([&] { wide.read(); }) ==
        "test.safetensors: tensor 'blocks.0.mlp.fc1.weight': expected shape [4, 2], found [3, 2]");
  Checkpoint renamed;
  renamed.names.norm = "final_norm";
  CHECK(contains(message_of<eigenvit::FormatError>([&] { renamed.read(); }), "final_norm.weight"));
  Checkpoint bad;
  bad.config.num_heads = 0;
  CHECK(contains(message_of<eigenvit::ConfigError>([&] { bad.read(); }),
                 "test.safetensors: expected num_heads from 1 to 2, found 0"));
}

TEST_CASE("tensors without a role") {
  SUBCASE("a further block is always refused") {
    Checkpoint checkpoint;
    checkpoint.linear("blocks.1.norm1", "[2]", 2, 2);
    CHECK(contains(message_of<eigenvit::ConfigError>([&] { checkpoint.read(); }),
                   "tensor 'blocks.1.norm1.bias': expected only tensors that the configuration "
                   "calls for (1 blocks)"));
  }
  SUBCASE("others are left alone, unless the family is strict") {
    Checkpoint checkpoint;
    checkpoint.add("mask_token", "[2]", 2);
    CHECK_NOTHROW(checkpoint.read());
    checkpoint.names.strict = true;
    CHECK(contains(message_of<eigenvit::ConfigError>([&] { checkpoint.read(); }), "'mask_token'"));
    checkpoint.names.ignored = {"mask_"};
    CHECK_NOTHROW(checkpoint.read());
  }
}
