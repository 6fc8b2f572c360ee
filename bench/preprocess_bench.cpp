// From an image file to pixel values: decoding, and resize, crop and normalisation to 224 x 224.
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>

#include <eigenvit/image/decode.hpp>
#include <eigenvit/image/preprocessor.hpp>

#include "report.hpp"

namespace {

using eigenvit::Filter;
using eigenvit::Index;

// A gradient with a grain, so that no sample is like its neighbour.
eigenvit::Image synthetic_image(Index width, Index height) {
  eigenvit::Image image(width, height);
  std::uint32_t noise = 1;
  for (Index y = 0; y < height; ++y) {
    for (Index i = 0; i < 3 * width; ++i) {
      noise = noise * 1664525u + 1013904223u;
      image.row(y)[i] =
          static_cast<std::uint8_t>((i * 200 / (3 * width) + y * 20 / height) + (noise >> 27));
    }
  }
  return image;
}

void preprocess(benchmark::State& state, Filter filter) {
  const auto image = synthetic_image(state.range(0), state.range(1));
  eigenvit::PreprocessConfig config;
  config.filter = filter;
  config.resize_height = config.resize_width = 248;
  config.mean = {0.5f, 0.5f, 0.5f};
  config.std = {0.5f, 0.5f, 0.5f};
  const eigenvit::Preprocessor preprocessor(config);
  std::vector<float> pixel_values(3 * 224 * 224);
  const bench::Meter meter;
  for (auto _ : state) {
    preprocessor(image, pixel_values.data());
    benchmark::ClobberMemory();
  }
  meter.report_bytes(state, 3.0 * static_cast<double>(image.width() * image.height()));
}

void sizes(benchmark::internal::Benchmark* b) {
  b->ArgNames({"width", "height"})->Unit(benchmark::kMillisecond);
  b->Args({4000, 3000})->Args({1920, 1080})->Args({500, 375});
}
BENCHMARK_CAPTURE(preprocess, bicubic, Filter::bicubic)->Apply(sizes);
BENCHMARK_CAPTURE(preprocess, bilinear, Filter::bilinear)->Apply(sizes);

// MB/s are of pixels.
void decode(benchmark::State& state, const char* name) {
  const auto path = std::filesystem::path(EIGENVIT_SOURCE_DIR) / "examples" / "images" / name;
  std::ifstream file(path, std::ios::binary);
  const std::vector<char> bytes{std::istreambuf_iterator<char>(file), {}};
  if (bytes.empty()) {
    state.SkipWithError((path.string() + ": cannot be read").c_str());
    return;
  }
  double pixels = 0;
  const bench::Meter meter;
  for (auto _ : state) {
    const auto image = eigenvit::decode_image(bytes.data(), bytes.size());
    pixels = static_cast<double>(image.width() * image.height());
    benchmark::DoNotOptimize(image.data());
  }
  meter.report_bytes(state, 3 * pixels);
}
BENCHMARK_CAPTURE(decode, jpeg_640x427, "rocket.jpg")->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(decode, png_600x400, "coffee.png")->Unit(benchmark::kMillisecond);

}  // namespace
