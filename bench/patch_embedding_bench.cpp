// Patches of 16 x 16 of an image of 224 x 224.
#include <benchmark/benchmark.h>

#include "random_model.hpp"
#include "report.hpp"

namespace {

using eigenvit::Index;

void patch_embedding(benchmark::State& state) {
  const auto config = bench::vit_config(state.range(0));
  bench::RandomWeights random;
  const auto layer = random.patch_embedding(config);
  const auto pixels = random.matrix(3 * 224, 224);
  const Index patches = config.grid_height() * config.grid_width();
  eigenvit::Matrix<float> tokens(patches, config.embed_dim);
  eigenvit::Matrix<float> flat(patches, layer.patch_size());
  const bench::Meter meter;
  for (auto _ : state) {
    layer.flatten(pixels.data(), 224, 224, 0, patches, flat.data(), flat.cols());
    layer.proj().add_to(flat, tokens, nullptr, false);
    benchmark::ClobberMemory();
  }
  meter.report_flops(state, 2.0 * static_cast<double>(patches * layer.patch_size()) *
                                static_cast<double>(config.embed_dim));
}
BENCHMARK(patch_embedding)
    ->ArgName("D")
    ->Arg(192)
    ->Arg(384)
    ->Arg(768)
    ->Unit(benchmark::kMicrosecond);

}  // namespace
