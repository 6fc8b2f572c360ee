// libFuzzer: any configuration, preprocessing and list of tensors are a model that loads, or are
// refused with an eigenvit::Error. The input is config.json, a zero byte, preprocessor_config.json,
// a zero byte and the header of a safetensors file, whose tensors are zeros.
#include <cstddef>
#include <cstdint>
#include <string>

#include <eigenvit/io/dense_heads.hpp>
#include <eigenvit/io/model_folder.hpp>

#include "support.hpp"
#include "zero_weights.hpp"

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
      const auto folder = eigenvit::ModelFolder::from_memory(bytes, options);
      folder.read_network<float>();
    });
    // What has a configuration is of no release.
    if (!bytes.config.empty()) break;
  }
  return 0;
}
