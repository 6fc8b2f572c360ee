#include <cmath>
#include <cstring>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <eigenvit/core/thread_pool_executor.hpp>
#include <eigenvit/io/model_folder.hpp>
#include <eigenvit/io/safetensors_writer.hpp>
#include <eigenvit/io/weight_formats.hpp>

#include "../executors.hpp"
#include "../golden.hpp"
#include "../support.hpp"
#include "test_files.hpp"

using namespace eigenvit;
using test_files::contains;
using test_files::message_of;

namespace {

constexpr Index images = 3;

/// What a network makes of random images, tokens and pooled vectors.
struct Run {
  AlignedBuffer<float> pixels;
  VitOutput<float> output;
};

Run run(const VisionTransformer<float>& network, Executor* executor = nullptr, Index first = 0,
        Index count = images) {
  const VitConfig& config = network.config();
  const Index size = config.in_chans * config.image_height * config.image_width;
  Run result{support::random_values<float>(images * size, 5), {}};
  Taps taps;
  taps.tokens = taps.pooled = true;
  network.forward(
      {result.pixels.data() + first * size, count, config.image_height, config.image_width}, taps,
      result.output, executor);
  return result;
}

VisionTransformer<float> network(const std::filesystem::path& folder, ModelOptions options) {
  return ModelFolder::open(folder, options).read_network<float>();
}

bool same_bits(const AlignedBuffer<float>& a, const AlignedBuffer<float>& b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(float)) == 0;
}

double mean_cosine(const AlignedBuffer<float>& a, const AlignedBuffer<float>& b, Index width) {
  double total = 0;
  const Index rows = Index(a.size()) / width;
  for (Index r = 0; r < rows; ++r) {
    const ConstVectorView<float> x(a.data() + r * width, width), y(b.data() + r * width, width);
    total += x.cast<double>().dot(y.cast<double>()) / (double(x.norm()) * double(y.norm()));
  }
  return total / double(rows);
}

}  // namespace

TEST_CASE("patterns of layers take any text for a star") {
  using detail::matches;
  CHECK(matches("blocks.0.mlp.fc2", "blocks.0.mlp.fc2"));
  CHECK(matches("blocks.*.mlp.fc2", "blocks.11.mlp.fc2"));
  CHECK(matches("*", "blocks.11.mlp.fc2"));
  CHECK(matches("*fc2", "blocks.11.mlp.fc2"));
  CHECK(matches("b**.*", "blocks.1"));
  CHECK(matches("blocks.1*", "blocks.1"));
  CHECK_FALSE(matches("blocks.1", "blocks.11"));
  CHECK_FALSE(matches("blocks.*.mlp", "blocks.1.mlp.fc2"));
  CHECK_FALSE(matches("", "blocks"));
  CHECK(matches("", ""));
  CHECK_FALSE(matches("*a*b", "bbba"));
}

TEST_CASE("every family computes near float32 in each precision, with the same bits each way") {
  ThreadPoolExecutor executor(3);
  for (const auto& folder : golden::models_where_slow_every(4)) {
    CAPTURE(folder.filename().string());
    ModelOptions options = golden::options(folder);
    const Run expected = run(network(folder, options));
    const Index width = expected.output.width;
    for (const Precision precision : {Precision::bfloat16, Precision::int8}) {
      CAPTURE(name_of(precision));
      options.precision = precision;
      options.keep_packed = true;
      const auto kept = network(folder, options);
      const Run found = run(kept);
      bool finite = true;
      for (const float value : found.output.tokens) finite = finite && std::isfinite(value);
      CHECK(finite);
      CHECK(mean_cosine(expected.output.tokens, found.output.tokens, width) >
            (precision == Precision::int8 ? 0.99 : 0.999));

      const Run threads = run(kept, &executor);
      CHECK(same_bits(found.output.tokens, threads.output.tokens));
      CHECK(same_bits(found.output.pooled, threads.output.pooled));
      const Run last = run(kept, nullptr, images - 1, 1);
      CHECK(
          std::memcmp(last.output.tokens.data(),
                      found.output.tokens.data() + (images - 1) * Index(last.output.tokens.size()),
                      last.output.tokens.size() * sizeof(float)) == 0);

      options.keep_packed = false;
      CHECK(same_bits(found.output.tokens, run(network(folder, options)).output.tokens));
      options.read_at_load = true;
      CHECK(same_bits(found.output.tokens, run(network(folder, options)).output.tokens));
      options.read_at_load = false;
    }
  }
}

TEST_CASE("a few channels and a token of far greater values leave the others near float32's") {
  // The residual stream of DINOv2 without registers: three channels 50 times as large as the
  // others, and one patch token 1000 times.
  const test_files::TemporaryFolder folder;
  std::filesystem::copy_file(golden::shipped_model() / "config.json",
                             folder.path() / "config.json");
  const auto store = TensorStore::open_file(golden::shipped_model() / "model.safetensors");
  std::vector<AlignedBuffer<float>> values;
  std::vector<TensorToWrite> tensors;
  constexpr std::size_t width = 128;
  for (const TensorInfo* const info : store.tensors()) {
    AlignedBuffer<float> tensor(info->element_count());
    store.read(*info, tensor.data());
    const bool positions = info->name == "pos_embed";
    if (positions || info->name == "cls_token" || info->name == "patch_embed.proj.bias") {
      for (const std::size_t channel : {5, 40, 77}) {
        for (std::size_t i = channel; i < tensor.size(); i += width) tensor[i] *= 50;
      }
    }
    if (info->name == "patch_embed.proj.weight") {
      for (const std::size_t channel : {5, 40, 77}) {
        for (std::size_t i = 0; i < 48; ++i) tensor[channel * 48 + i] *= 50;
      }
    }
    for (std::size_t i = 0; positions && i < width; ++i) tensor[20 * width + i] *= 1000;
    values.push_back(std::move(tensor));
    tensors.push_back({info->name, info->shape, values.back().data()});
  }
  write_safetensors(folder.path() / "model.safetensors", tensors);

  ModelOptions options;
  const Run expected = run(network(folder.path(), options));
  for (const Precision precision : {Precision::bfloat16, Precision::int8}) {
    CAPTURE(name_of(precision));
    options.precision = precision;
    const Run found = run(network(folder.path(), options));
    CHECK(mean_cosine(expected.output.tokens, found.output.tokens, width) > 0.99);
  }
}

TEST_CASE("layers that are kept in float make the network float32's again") {
  const auto folder = golden::shipped_model();
  const Run expected = run(network(folder, {}));
  ModelOptions options;
  for (const Precision precision : {Precision::bfloat16, Precision::int8}) {
    options.precision = precision;
    options.float_layers = {"blocks.*", "patch_embed.proj"};
    CHECK(same_bits(expected.output.tokens, run(network(folder, options)).output.tokens));
    options.float_layers = {"blocks.*.attn.*"};
    const Run some = run(network(folder, options));
    CHECK_FALSE(same_bits(expected.output.tokens, some.output.tokens));
    options.float_layers.clear();
    const Run none = run(network(folder, options));
    CHECK(mean_cosine(expected.output.tokens, some.output.tokens, some.output.width) >
          mean_cosine(expected.output.tokens, none.output.tokens, none.output.width));
  }
}

TEST_CASE("a folder names the layers that a precision changes") {
  const auto names = ModelFolder::open(golden::shipped_model()).layer_names();
  CHECK(names.size() == 1 + 4 * 6);
  CHECK(names.front() == "patch_embed.proj");
  CHECK(names.back() == "blocks.5.mlp.fc2");
}

TEST_CASE("a pattern that is no layer's and double in another precision are refused") {
  ModelOptions options;
  options.float_layers = {"blocks.*.mlp.fc2", "head"};
  CHECK(message_of<ConfigError>([&] { network(golden::shipped_model(), options); }) ==
        "float layers: expected the name of a layer (patch_embed.proj, blocks.0.attn.qkv, "
        "blocks.*.mlp.fc2, ...), found 'head'");
  options.float_layers.clear();
  for (const Precision precision : {Precision::bfloat16, Precision::int8}) {
    options.precision = precision;
    const ModelFolder folder = ModelFolder::open(golden::shipped_model(), options);
    CHECK(message_of<ConfigError>([&] { folder.read_network<double>(); }) ==
          std::string("precision: expected float32 for a network in double, found ") +
              name_of(precision));
  }
}
