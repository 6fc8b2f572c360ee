// libFuzzer: any bytes are a safetensors file that loads, or are refused with an eigenvit::Error.
// Where the first byte is a newline the rest is a header, a newline and values, and the length of
// the header is put before them.
#include <cstddef>
#include <cstdint>
#include <vector>

#include <eigenvit/io/tensor_store.hpp>

#include "support.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const bool composed = size > 0 && data[0] == '\n';
  const std::string file =
      composed ? fuzz::safetensors_file(data + 1, size - 1) : std::string(fuzz::text(data, size));
  fuzz::refusal([&] {
    const auto store = eigenvit::TensorStore::from_memory(file.data(), file.size(), "fuzz");
    for (const eigenvit::TensorInfo* const info : store.tensors()) {
      fuzz::expect(info->bytes <= file.size(), "a tensor is larger than its file");
      switch (info->dtype) {
        case eigenvit::DType::f64:
        case eigenvit::DType::f32:
        case eigenvit::DType::f16:
        case eigenvit::DType::bf16: {
          std::vector<float> values(info->element_count());
          store.read(*info, values.data());
          break;
        }
        default:
          break;
      }
    }
  });
  return 0;
}
