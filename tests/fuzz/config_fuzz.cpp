// libFuzzer: any bytes are a configuration that loads, or are refused with an eigenvit::Error. The
// first byte chooses the kind of file.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include <nlohmann/json.hpp>

#include <eigenvit/core/error.hpp>
#include <eigenvit/io/json_reader.hpp>
#include <eigenvit/io/preprocessor_config.hpp>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  try {
    const nlohmann::json document = eigenvit::parse_json(text, "fuzz");
    if (data[0] % 3 == 0) {
      eigenvit::timm_preprocess_config(document, "fuzz");
    } else if (data[0] % 3 == 2) {
      eigenvit::open_clip_preprocess_config(document, 224, "fuzz");
    } else {
      eigenvit::transformers_preprocess_config(document, "ViTImageProcessor", "fuzz");
    }
  } catch (const eigenvit::Error&) {
  }
  return 0;
}
