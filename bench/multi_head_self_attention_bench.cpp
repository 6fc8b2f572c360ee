// Attention with its linear maps, and the part between them alone.
#include <algorithm>

#include <benchmark/benchmark.h>

#include "random_model.hpp"
#include "report.hpp"

namespace {

using eigenvit::AlignedBuffer;
using eigenvit::Index;

void attention(benchmark::State& state) {
  const Index width = state.range(0), tokens = state.range(1);
  const auto config = bench::vit_config(width);
  bench::RandomWeights random;
  const auto layer = random.attention(config);
  const auto x = random.matrix(tokens, width);
  eigenvit::Matrix<float> y(tokens, width);
  const bench::Meter meter;
  for (auto _ : state) {
    layer.add_to(x, y, nullptr, false);
    benchmark::ClobberMemory();
  }
  const auto t = static_cast<double>(tokens), d = static_cast<double>(width);
  meter.report_flops(state, 8 * t * d * d + 4 * t * t * d);
}

// One head on queries, keys and values as the layer holds them.
void one_head(benchmark::State& state) {
  const Index width = state.range(0), tokens = state.range(1);
  const auto config = bench::vit_config(width);
  bench::RandomWeights random;
  const auto layer = random.attention(config);
  const Index dim = layer.head_dim();
  const auto x = random.matrix(tokens, width);
  AlignedBuffer<float> qkv(layer.qkv_size(tokens, layer.heads(), dim));
  layer.project(x.data(), 0, tokens, width, 0, layer.qkv().weight().panels(), qkv.data(), tokens);
  eigenvit::Matrix<float> y(tokens, width);
  AlignedBuffer<float> scratch(layer.scratch_size(dim));
  const Index most = layer.block_queries;
  const bench::Meter meter;
  for (auto _ : state) {
    for (Index first = 0; first < tokens; first += most) {
      layer.attend(qkv.data(), tokens, 0, first, std::min(most, tokens - first), y.data(), width,
                   nullptr, scratch.data());
    }
    benchmark::ClobberMemory();
  }
  meter.report_flops(state, 4.0 * static_cast<double>(tokens * tokens) * static_cast<double>(dim));
}

BENCHMARK(attention)
    ->ArgNames({"D", "T"})
    ->ArgsProduct({{192, 384, 768}, {bench::vit_tokens}})
    ->Args({384, 1374})
    ->Unit(benchmark::kMicrosecond);
BENCHMARK(one_head)
    ->ArgNames({"D", "T"})
    ->Args({192, bench::vit_tokens})
    ->Args({768, bench::vit_tokens})
    ->Args({384, 1374})
    ->Unit(benchmark::kMicrosecond);

}  // namespace
