// Answers requests on standard input until it ends, each by named arrays or by an error:
//
//   request   kind (1 byte), then of kind
//               'I'  bytes of a file                       -> "pixels" [H, W, 3]
//               'P'  folder, width, height, RGB pixels     -> "pixel_values" [3, H, W]
//               'N'  folder, B, C, H, W, float32 values    -> "tokens", "pooled" and what else
//               there is
//   answer    number of arrays: for each its name, its rank, its sizes and float32 values; where
//   the
//             number is 0, the message of the error
//
// Numbers are 32-bit and little-endian; bytes and texts follow their number.
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <string>
#include <utility>
#include <vector>

#include <eigenvit/eigenvit.hpp>

namespace {

struct Array {
  std::string name;
  std::vector<std::uint32_t> shape;
  std::vector<float> values;
};

/// Ends the program where the input does.
void take(void* to, std::size_t size) {
  if (size > 0 && std::fread(to, 1, size, stdin) != size) std::exit(1);
}

std::uint32_t number() {
  std::uint32_t value = 0;
  take(&value, sizeof value);
  return value;
}

template <class Value>
std::vector<Value> values(std::size_t count) {
  std::vector<Value> read(count);
  take(read.data(), count * sizeof(Value));
  return read;
}

std::string text() {
  std::string read(number(), ' ');
  take(read.data(), read.size());
  return read;
}

void put(std::uint32_t value) {
  std::fwrite(&value, sizeof value, 1, stdout);
}

void put(const std::string& words) {
  put(static_cast<std::uint32_t>(words.size()));
  std::fwrite(words.data(), 1, words.size(), stdout);
}

std::vector<Array> decoded(const std::vector<std::uint8_t>& file) {
  const eigenvit::Image image = eigenvit::decode_image(file.data(), file.size());
  const auto height = static_cast<std::uint32_t>(image.height());
  const auto width = static_cast<std::uint32_t>(image.width());
  const std::uint8_t* const pixels = image.data();
  return {{"pixels", {height, width, 3}, {pixels, pixels + std::size_t{3} * height * width}}};
}

std::vector<Array> preprocessed(const std::string& folder, const eigenvit::ImageView& image) {
  const eigenvit::Model model = eigenvit::load_model(folder);
  const auto size = model.preprocessor().output_size(image.width, image.height);
  const auto height = static_cast<std::uint32_t>(size[0]);
  const auto width = static_cast<std::uint32_t>(size[1]);
  Array result{"pixel_values", {3, height, width}, {}};
  result.values.resize(std::size_t{3} * height * width);
  model.preprocessor()(image, result.values.data());
  return {std::move(result)};
}

std::vector<Array> computed(const std::string& folder, const eigenvit::PixelBatch<float>& pixels) {
  const auto network = eigenvit::ModelFolder::open(folder).read_network<float>();
  const eigenvit::VitConfig& config = network.config();
  eigenvit::Taps taps;
  taps.tokens = taps.pooled = true;
  taps.logits = config.num_classes > 0;
  taps.pooler_output = config.pooled_is_pooler_output || config.pooler_hidden > 0;
  taps.image_embeds = config.projection_dim > 0;
  const auto output = network.forward(pixels, taps);
  std::vector<Array> arrays;
  const auto add = [&](bool wanted, const char* name, const auto& found) {
    const auto size = static_cast<std::uint32_t>(found.size());
    if (wanted) arrays.push_back({name, {size}, {found.data(), found.data() + size}});
  };
  add(taps.tokens, "tokens", output.tokens);
  add(taps.pooled, "pooled", output.pooled);
  add(taps.logits, "logits", output.logits);
  add(taps.pooler_output, "pooler_output", output.pooler_output);
  add(taps.image_embeds, "image_embeds", output.image_embeds);
  return arrays;
}

std::vector<Array> answer(int kind) {
  if (kind == 'I') return decoded(values<std::uint8_t>(number()));
  const std::string folder = text();
  if (kind == 'P') {
    const auto width = static_cast<std::ptrdiff_t>(number());
    const auto height = static_cast<std::ptrdiff_t>(number());
    const auto pixels = values<std::uint8_t>(static_cast<std::size_t>(3 * width * height));
    return preprocessed(folder,
                        {pixels.data(), width, height, 3 * width, eigenvit::PixelFormat::rgb});
  }
  const auto shape = values<std::uint32_t>(4);
  const auto pixels = values<float>(std::size_t{shape[0]} * shape[1] * shape[2] * shape[3]);
  return computed(folder,
                  {pixels.data(), static_cast<std::ptrdiff_t>(shape[0]),
                   static_cast<std::ptrdiff_t>(shape[2]), static_cast<std::ptrdiff_t>(shape[3])});
}

}  // namespace

int main() {
  for (int kind = std::getchar(); kind != EOF; kind = std::getchar()) {
    try {
      const std::vector<Array> arrays = answer(kind);
      put(static_cast<std::uint32_t>(arrays.size()));
      for (const Array& array : arrays) {
        put(array.name);
        put(static_cast<std::uint32_t>(array.shape.size()));
        for (const std::uint32_t size : array.shape) put(size);
        std::fwrite(array.values.data(), sizeof(float), array.values.size(), stdout);
      }
    } catch (const eigenvit::Error& error) {
      put(0);
      put(error.what());
    }
    std::fflush(stdout);
  }
}
