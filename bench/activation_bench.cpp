// Elementwise work at the sizes of ViT-B: activations, softmax.
#include <algorithm>

#include <benchmark/benchmark.h>

#include <eigenvit/kernels/dispatch.hpp>

#include "random_model.hpp"
#include "report.hpp"

namespace {

using eigenvit::Activation;
using eigenvit::Index;

// One row of the MLP's hidden layer.
void activate(benchmark::State& state, Activation activation) {
  constexpr Index size = 3072;
  bench::RandomWeights random;
  const auto input = random.values(size, -4, 4);
  auto row = input;
  const auto& kernels = eigenvit::kernels::active_kernels();
  const bench::Meter meter;
  for (auto _ : state) {
    kernels.activate(activation, input.data(), size, row.data());
    benchmark::DoNotOptimize(row.data());
    benchmark::ClobberMemory();
  }
  meter.report_elements(state, size);
}
BENCHMARK_CAPTURE(activate, none, Activation::none);
BENCHMARK_CAPTURE(activate, gelu, Activation::gelu);
BENCHMARK_CAPTURE(activate, gelu_tanh, Activation::gelu_tanh);
BENCHMARK_CAPTURE(activate, quick_gelu, Activation::quick_gelu);
BENCHMARK_CAPTURE(activate, silu, Activation::silu);
BENCHMARK_CAPTURE(activate, relu, Activation::relu);
BENCHMARK_CAPTURE(activate, tanh, Activation::tanh);

// The scores of sixteen queries.
void softmax_columns(benchmark::State& state) {
  const Index rows = state.range(0);
  bench::RandomWeights random;
  const auto input = random.values(16 * rows, -8, 8);
  auto scores = input;
  const auto& kernels = eigenvit::kernels::active_kernels();
  const bench::Meter meter;
  for (auto _ : state) {
    // Copied anew each time, so that the values stay those of a network.
    std::copy(input.begin(), input.end(), scores.begin());
    kernels.softmax_columns(scores.data(), rows);
    benchmark::DoNotOptimize(scores.data());
    benchmark::ClobberMemory();
  }
  meter.report_elements(state, static_cast<double>(16 * rows));
}
BENCHMARK(softmax_columns)->Arg(197)->Arg(1374);

}  // namespace
