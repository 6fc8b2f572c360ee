#include <string>
#include <variant>
#include <vector>

#include <doctest/doctest.h>

#include <eigenvit/io/dense_heads.hpp>
#include <eigenvit/io/eomt_head_reader.hpp>

#include "bent_folder.hpp"

using eigenvit::ConfigError;
using eigenvit::EomtConfig;
using eigenvit::FormatError;
using eigenvit::ShapeError;
using nlohmann::json;
using test_files::Bent;
using test_files::contains;

namespace {

/// What reading the folder with such a member says.
template <class Exception>
std::string message_with(const char* key, const json& value, const char* folder = "hf_eomt") {
  Bent bent(folder, eigenvit::with_dense_heads());
  bent.config[key] = value;
  return bent.message<Exception>();
}

}  // namespace

TEST_CASE("a head of queries is read with what its configuration says of it") {
  const auto folder = eigenvit::ModelFolder::open(golden::models_folder() / "hf_eomt",
                                                  eigenvit::with_dense_heads());
  CHECK(folder.checkpoint().family == "transformers eomt");
  CHECK(folder.checkpoint().architecture == "EomtForUniversalSegmentation");
  CHECK(folder.checkpoint().labels ==
        std::vector<std::string>{"wall", "sky", "tree", "water, river"});
  const auto& config = folder.checkpoint().config;
  CHECK(config.query_tokens == 12);
  CHECK(config.query_block == 1);
  CHECK(config.tokens() == 3 + 16 + 12);
  const auto& head = std::get<EomtConfig>(folder.checkpoint().dense_head);
  CHECK(head.classes == 4);
  CHECK(head.block == 2);
  CHECK(head.enlargements == 2);
  CHECK_FALSE(head.takes_windows);
  const auto network = folder.read_network<float>();
  const auto without = eigenvit::ModelFolder::open(golden::models_folder() / "hf_eomt");
  CHECK(std::holds_alternative<std::monostate>(without.checkpoint().dense_head));
  const auto encoder = without.read_network<float>();
  // A classifier, three layers of the masks, and twice a transposed and a depthwise convolution
  // and a norm.
  CHECK(network.parameters() - encoder.parameters() ==
        5 * 19 + 3 * 18 * 19 + 2 * (4 * 18 * 18 + 18 + 9 * 18 + 2 * 18));
  const auto masks = network.flops(16, 16) - encoder.flops(16, 16);
  CHECK(masks == 2 * 12 * 18 * (5 + 3 * 18) + 2 * (64 + 256) * 18 * (18 + 9) + 2 * 256 * 18 * 12);

  const auto split = eigenvit::ModelFolder::open(golden::models_folder() / "hf_eomt_split",
                                                 eigenvit::with_dense_heads());
  CHECK(std::get<EomtConfig>(split.checkpoint().dense_head).takes_windows);
  auto options = eigenvit::with_dense_heads();
  options.image_size = {16, 16};
  const auto whole =
      eigenvit::ModelFolder::open(golden::models_folder() / "hf_eomt_split", options);
  CHECK_FALSE(std::get<EomtConfig>(whole.checkpoint().dense_head).takes_windows);
}

TEST_CASE("queries that are counted by the flops join late") {
  const auto encoder =
      eigenvit::ModelFolder::open(golden::models_folder() / "hf_eomt").checkpoint().config;
  const auto block = [](std::uint64_t t) {
    return 8 * t * 18 * 18 + 4 * t * t * 18 + 4 * t * 18 * 36;
  };
  CHECK(encoder.flops(16, 16) == 2 * 16 * 18 * 3 * 16 + block(19) + 2 * block(31));
}

TEST_CASE("an EoMT folder that contradicts itself is refused") {
  CHECK(contains(message_with<ConfigError>("image_size", {16, 20}), "key 'image_size'"));
  CHECK(contains(message_with<ConfigError>("num_blocks", 4), "key 'num_blocks'"));
  CHECK(contains(message_with<ConfigError>("num_upscale_blocks", 7), "key 'num_upscale_blocks'"));
  CHECK(contains(message_with<ShapeError>("num_blocks", 3),
                 "tensor 'attn_mask_probs': expected shape [3], found [2]"));
  CHECK(contains(message_with<ShapeError>("num_queries", 11),
                 "tensor 'query.weight': expected shape [11, 18], found [12, 18]"));
  CHECK(contains(message_with<FormatError>("num_upscale_blocks", 3),
                 "upscale_block.block.2.conv2.weight"));
  CHECK(contains(message_with<ShapeError>("num_register_tokens", 1),
                 "tensor 'embeddings.register_tokens': expected shape"));
  CHECK(contains(message_with<eigenvit::UnsupportedError>(
                     "rope_parameters", {{"rope_type", "linear"}}, "hf_eomt_dinov3"),
                 "key 'rope_parameters.rope_type': expected default, found 'linear'"));
  Bent missing("hf_eomt", eigenvit::with_dense_heads());
  missing.rename("mask_head.fc2.weight", "mask_head.fcX.weight");
  CHECK(contains(missing.message<FormatError>(), "mask_head.fc2.weight"));
  Bent classes("hf_eomt", eigenvit::with_dense_heads());
  classes.rename("class_predictor.weight", "class_predictor.Xeight");
  CHECK(contains(classes.message<FormatError>(), "class_predictor.weight"));
}

TEST_CASE("a share of masked attention that training has left is refused, with a head or without") {
  for (const auto& options : {eigenvit::ModelOptions(), eigenvit::with_dense_heads()}) {
    Bent bent("hf_eomt", options);
    const json header = json::parse(bent.weights.substr(
        8, static_cast<std::size_t>(static_cast<unsigned char>(bent.weights[0])) +
               256 * static_cast<std::size_t>(static_cast<unsigned char>(bent.weights[1]))));
    const std::size_t begin = header.at("attn_mask_probs").at("data_offsets").at(0);
    REQUIRE(header.at("attn_mask_probs").at("dtype") == "F16");
    // One half, of the second block.
    bent.weights[8 + header.dump().size() + begin + 3] = 0x38;
    const std::string message = bent.message<eigenvit::UnsupportedError>();
    CHECK(contains(message,
                   "tensor 'attn_mask_probs': expected 0 for each block, as training leaves it, "
                   "found masked attention"));
  }
}
