// libFuzzer: any configuration, preprocessing and list of tensors are a model that loads, or are
// refused with an eigenvit::Error; where it is small, so is a pass of it. The input is config.json,
// a zero byte, preprocessor_config.json, a zero byte and the header of a safetensors file, whose
// tensors are zeros.
#include <cstddef>
#include <cstdint>
#include <string>

#include <eigenvit/io/dense_heads.hpp>
#include <eigenvit/io/model_folder.hpp>

#include "support.hpp"
#include "zero_weights.hpp"

namespace {

/// A pass with everything that the network gives, for an image of its own size, where that takes
/// some milliseconds.
void run_small(const eigenvit::VisionTransformer<float>& network) {
  const eigenvit::VitConfig& config = network.config();
  const eigenvit::Index height = config.image_height, width = config.image_width;
  if (height > 64 || width > 64 || config.in_chans > 8) return;
  if (network.flops(height, width) > 1e7) return;
  eigenvit::Taps taps;
  taps.tokens = taps.pooled = true;
  taps.dense = network.layers().dense_head != nullptr;
  const eigenvit::AlignedBuffer<float> pixels(
      static_cast<std::size_t>(config.in_chans * height * width), 0.5F);
  network.forward({pixels.data(), 1, height, width}, taps);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Input input(data, size);
  eigenvit::ModelBytes bytes;
  bytes.config = input.until('\0');
  bytes.preprocessor = input.until('\0');
  const std::string weights = fuzz::zero_weights(input.rest());
  bytes.weights = weights.data();
  bytes.weights_size = weights.size();
  for (const char* const release : {"", "torchvision", "torchvision_swag_linear", "dino", "dinov2",
                                    "mae_finetuned", "openai_clip", "open_clip"}) {
    fuzz::refusal([&] {
      eigenvit::ModelOptions options = eigenvit::with_dense_heads();
      options.release = release;
      // Models with several experts load with one that is chosen.
      if (bytes.config.find("\"num_experts\"") != std::string::npos) options.dataset_index = 0;
      const auto folder = eigenvit::ModelFolder::from_memory(bytes, options);
      run_small(folder.read_network<float>());
    });
    // What has a configuration is of no release.
    if (!bytes.config.empty()) break;
  }
  return 0;
}
