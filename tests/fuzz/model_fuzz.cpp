// libFuzzer: any configuration, preprocessing and list of tensors are a model that loads, or are
// refused with an eigenvit::Error. The input is config.json, a zero byte, preprocessor_config.json,
// a zero byte and the header of a safetensors file, whose tensors are zeros.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>

#include <nlohmann/json.hpp>

#include <eigenvit/io/dense_heads.hpp>
#include <eigenvit/io/model_folder.hpp>

#include "support.hpp"

namespace {

/// Bytes of values that a header speaks of; 0 where it is not one or asks for too much.
std::size_t value_bytes(std::string_view header) {
  constexpr std::uint64_t most = 1 << 20;
  std::uint64_t end = 0;
  const auto document = nlohmann::json::parse(header, nullptr, false);
  if (!document.is_object()) return 0;
  for (const nlohmann::json& tensor : document) {
    if (!tensor.is_object()) continue;
    const auto offsets = tensor.find("data_offsets");
    if (offsets == tensor.end() || !offsets->is_array() || offsets->size() != 2) continue;
    const nlohmann::json& last = (*offsets)[1];
    if (last.is_number_unsigned()) end = std::max(end, last.get<std::uint64_t>());
  }
  return end <= most ? static_cast<std::size_t>(end) : 0;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Input input(data, size);
  eigenvit::ModelBytes bytes;
  bytes.config = input.until('\0');
  bytes.preprocessor = input.until('\0');
  const std::string weights =
      fuzz::safetensors_file(input.rest(), std::string(value_bytes(input.rest()), '\0'));
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
