// Attention with its linear maps, and the part between them alone.
#include <algorithm>

#include <benchmark/benchmark.h>

#include "random_model.hpp"
#include "report.hpp"

namespace {

using eigenvit::AlignedBuffer;
using eigenvit::BatchView;
using eigenvit::Index;

void attention(benchmark::State& state) {
  const Index width = state.range(0), tokens = state.range(1);
  const auto config = bench::vit_config(width);
  bench::RandomWeights random;
  const auto layer = random.attention(config);
  const auto x = random.matrix(tokens, width);
  eigenvit::Matrix<float> y(tokens, width);
  AlignedBuffer<float> qkv(static_cast<std::size_t>(3 * tokens * width));
  AlignedBuffer<float> attended(static_cast<std::size_t>(tokens * width));
  AlignedBuffer<float> scores(layer.scores_size(tokens));
  eigenvit::SerialExecutor serial;
  const bench::Meter meter;
  for (auto _ : state) {
    layer.forward(BatchView<const float>::of(x), BatchView<float>::of(y),
                  {qkv.data(), attended.data(), scores.data()}, serial);
    benchmark::ClobberMemory();
  }
  const auto t = static_cast<double>(tokens), d = static_cast<double>(width);
  meter.report_flops(state, 8 * t * d * d + 4 * t * t * d);
}

// One head on queries, keys and values that stand in rows of 3D, as the layer does it, in blocks of
// so many queries.
void one_head(benchmark::State& state) {
  const Index width = state.range(0), tokens = state.range(1), most = state.range(2), dim = 64;
  bench::RandomWeights random;
  const auto qkv = random.matrix(tokens, 3 * width);
  eigenvit::Matrix<float> y(tokens, width);
  AlignedBuffer<float> scores(static_cast<std::size_t>(most * tokens));
  const Index blocks = (tokens + most - 1) / most;
  const Index block = (tokens + blocks - 1) / blocks;
  const bench::Meter meter;
  for (auto _ : state) {
    for (Index first = 0; first < tokens; first += block) {
      eigenvit::ops::attention(qkv.row(first).data(), std::min(block, tokens - first),
                               qkv.data() + width, qkv.data() + 2 * width, tokens, dim, 3 * width,
                               0.125f, scores.data(), y.row(first).data(), width);
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
    ->ArgNames({"D", "T", "block"})
    ->ArgsProduct({{192, 768}, {bench::vit_tokens}, {64, 128, 256}})
    ->ArgsProduct({{384}, {1374}, {64, 128, 256}})
    ->Unit(benchmark::kMicrosecond);

}  // namespace
