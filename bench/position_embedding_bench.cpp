// Position embeddings that are fitted to another patch grid: the cost of the first image of a size
// that a model was not built for.
#include <benchmark/benchmark.h>

#include "random_model.hpp"
#include "report.hpp"

namespace {

using eigenvit::GridInterpolation;
using eigenvit::Index;

void resample_grid(benchmark::State& state, GridInterpolation::Kernel kernel, bool antialias) {
  constexpr Index in = 14, width = 768;
  const Index out = state.range(0);
  GridInterpolation rule;
  rule.kernel = kernel;
  rule.antialias = antialias;
  bench::RandomWeights random;
  const auto table = random.matrix(in * in, width);
  eigenvit::Matrix<float> result(out * out, width);
  const bench::Meter meter;
  for (auto _ : state) {
    eigenvit::resample_grid(rule, table.data(), in, in, width, out, out, result.data());
    benchmark::ClobberMemory();
  }
  meter.report_bytes(state, sizeof(float) * static_cast<double>(result.size()));
}

void grids(benchmark::internal::Benchmark* b) {
  b->ArgName("grid")->Arg(7)->Arg(24)->Arg(37)->Unit(benchmark::kMicrosecond);
}
BENCHMARK_CAPTURE(resample_grid, bilinear, GridInterpolation::Kernel::bilinear, false)
    ->Apply(grids);
BENCHMARK_CAPTURE(resample_grid, bicubic, GridInterpolation::Kernel::bicubic, false)->Apply(grids);
BENCHMARK_CAPTURE(resample_grid, bicubic_antialias, GridInterpolation::Kernel::bicubic, true)
    ->Apply(grids);

}  // namespace
