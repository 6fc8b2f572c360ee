// Queries, keys and values against those of timm and transformers.
#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <eigenvit/io/model_folder.hpp>
#include <eigenvit/io/tensor_store.hpp>
#include <eigenvit/model/vision_transformer.hpp>

#include "../golden.hpp"

using eigenvit::Index;
using eigenvit::TensorStore;

TEST_CASE("Queries, keys and values are those of the Python packages") {
  std::size_t compared = 0;
  for (const std::string name : {"timm_vit", "hf_dinov2", "hf_dinov3"}) {
    CAPTURE(name);
    const auto folder = golden::models_folder() / name;
    const auto network = eigenvit::ModelFolder::open(folder).read_network<float>();
    const auto pixels =
        golden::read(TensorStore::open_file(folder / "expected.safetensors"), "pixel_values");
    const auto expected = TensorStore::open_file(golden::source_folder() / "tests" / "golden" /
                                                 "projections" / (name + ".safetensors"));
    const Index last = network.config().depth - 1;
    eigenvit::Taps taps;
    taps.query = taps.key = taps.value = {last, 0};
    taps.rotated_query = taps.rotated_key = {last, 0};
    const auto size = [&](std::size_t axis) { return static_cast<Index>(pixels.shape[axis]); };
    const auto output = network.forward({pixels.values.data(), size(0), size(2), size(3)}, taps);
    const auto compare = [&](const std::string& kind,
                             const std::vector<eigenvit::AlignedBuffer<float>>& found) {
      for (std::size_t tap = 0; tap < 2; ++tap) {
        const std::string tensor = kind + "." + std::to_string(tap == 0 ? last : 0);
        CAPTURE(tensor);
        CHECK(golden::relative_error(found[tap], golden::read(expected, tensor).values) < 1e-5);
        ++compared;
      }
    };
    compare("query", output.query);
    compare("key", output.key);
    compare("value", output.value);
    const bool rotates = network.layers().rope.has_value();
    compare(rotates ? "rotated_query" : "query", output.rotated_query);
    compare(rotates ? "rotated_key" : "key", output.rotated_key);
  }
  CHECK(compared == 30);
}
