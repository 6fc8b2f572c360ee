// libFuzzer: any bytes are a safetensors file that loads, or are refused with an eigenvit::Error.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <vector>

#include <eigenvit/core/error.hpp>
#include <eigenvit/io/tensor_store.hpp>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    const auto store = eigenvit::TensorStore::from_memory(data, size, "fuzz");
    for (const eigenvit::TensorInfo* const info : store.tensors()) {
      if (info->bytes > size) std::abort();
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
  } catch (const eigenvit::Error&) {
  }
  return 0;
}
