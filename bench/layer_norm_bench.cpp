// Layer norm of the tokens of one image, in cache.
#include <benchmark/benchmark.h>

#include <eigenvit/layers/layer_norm.hpp>

#include "random_model.hpp"
#include "report.hpp"

namespace {

using eigenvit::Index;

void layer_norm(benchmark::State& state) {
  const Index width = state.range(0);
  bench::RandomWeights random;
  const auto norm = random.layer_norm(width);
  const auto x = random.matrix(bench::vit_tokens, width);
  eigenvit::Matrix<float> y(x.rows(), width);
  const bench::Meter meter;
  for (auto _ : state) {
    norm.forward(x.data(), x.rows(), width, y.data(), width);
    benchmark::ClobberMemory();
  }
  // Read once and written once, as a perfect cache would see it.
  meter.report_bytes(state, 2.0 * sizeof(float) * static_cast<double>(x.size()));
}
BENCHMARK(layer_norm)->ArgName("D")->Arg(192)->Arg(384)->Arg(768)->Unit(benchmark::kMicrosecond);

}  // namespace
