// Token merging against the method in PyTorch around timm's blocks
// (tests/golden/make_token_merging.py).
#include <cstdlib>

#include <doctest/doctest.h>

#include <eigenvit/io/model_folder.hpp>

#include "../golden.hpp"

TEST_CASE("Token merging gives PyTorch's tokens, logits and sources") {
  int cases = 0;
  for (const auto& entry : std::filesystem::directory_iterator(golden::source_folder() / "tests" /
                                                               "golden" / "token_merging")) {
    // <folder>-<r> or <folder>-<r>-plain
    const std::string name = entry.path().stem().string();
    CAPTURE(name);
    const auto dash = name.find('-');
    const auto folder = golden::models_folder() / name.substr(0, dash);
    const auto network = eigenvit::ModelFolder::open(folder).read_network<float>();
    const auto pixels = golden::read(
        eigenvit::TensorStore::open_file(folder / "expected.safetensors"), "pixel_values");
    const auto expected = eigenvit::TensorStore::open_file(entry.path());

    eigenvit::Taps taps;
    taps.tokens = taps.pooled = taps.merge_source = true;
    taps.logits = network.config().num_classes > 0;
    taps.hidden = {0};
    taps.token_merging.per_block = std::atol(name.c_str() + dash + 1);
    taps.token_merging.proportional_attention = name.find("-plain") == std::string::npos;
    const auto size = [&](std::size_t axis) { return std::ptrdiff_t(pixels.shape[axis]); };
    const auto output = network.forward({pixels.values.data(), size(0), size(2), size(3)}, taps);

    REQUIRE(output.merged_tokens < output.tokens_per_image);
    const auto source = golden::read(expected, "source").values;
    CHECK(std::vector<float>(output.merge_source.begin(), output.merge_source.end()) ==
          std::vector<float>(source.begin(), source.end()));
    const auto error = [&](const char* tensor, const eigenvit::AlignedBuffer<float>& found) {
      return golden::relative_error(found, golden::read(expected, tensor).values);
    };
    CHECK(error("tokens", output.tokens) < 1e-4);
    CHECK(error("pooled", output.pooled) < 1e-4);
    CHECK(error("hidden.0", output.hidden[0]) < 1e-4);
    if (taps.logits) CHECK(error("logits", output.logits) < 1e-4);
    ++cases;
  }
  CHECK(cases == 9);
}
