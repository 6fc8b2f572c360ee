// libFuzzer: any bytes are a recipe of preprocessing that a preprocessor takes, or are refused with
// an eigenvit::Error. The first byte chooses the kind of file.
#include <cstddef>
#include <cstdint>
#include <vector>

#include <nlohmann/json.hpp>

#include <eigenvit/image/preprocessor.hpp>
#include <eigenvit/io/json_reader.hpp>
#include <eigenvit/io/preprocessor_config.hpp>

#include "support.hpp"

namespace {

eigenvit::PreprocessConfig read(int kind, const nlohmann::json& document) {
  switch (kind) {
    case 0:
      return eigenvit::detail::timm_preprocess_config(document, "fuzz");
    case 1:
      return eigenvit::detail::transformers_preprocess_config(document, "ViTImageProcessor",
                                                              "fuzz");
    default:
      return eigenvit::detail::open_clip_preprocess_config(document, 224, "fuzz");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Input input(data, size);
  const int kind = input.number(0, 2);
  fuzz::refusal([&] {
    const eigenvit::detail::JsonDocument document =
        eigenvit::detail::parse_json(input.rest(), "fuzz");
    const eigenvit::Preprocessor preprocess(read(kind, *document));
    eigenvit::Image image(23, 9);
    const auto [height, width] = preprocess.output_size(image.width(), image.height());
    // Recipes may ask for inputs that take seconds.
    if (height * width > 64 * 64) return;
    std::vector<float> values(static_cast<std::size_t>(3 * height * width));
    preprocess(image, values.data());
  });
  return 0;
}
