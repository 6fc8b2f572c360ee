// Elementwise work at the sizes of ViT-B: activations, softmax.
#include <algorithm>

#include <benchmark/benchmark.h>

#include <eigenvit/kernels/ops.hpp>

#include "random_model.hpp"
#include "report.hpp"

namespace {

using eigenvit::Activation;
using eigenvit::Index;

// One row of the MLP's hidden layer, with its bias, as the product leaves it.
void finish_row(benchmark::State& state, Activation activation) {
  constexpr Index size = 3072;
  bench::RandomWeights random;
  const auto input = random.values(size, -4, 4);
  const auto bias = random.values(size, -1, 1);
  auto row = input;
  eigenvit::ops::Epilogue<float> epilogue;
  epilogue.bias = bias.data();
  epilogue.activation = activation;
  const bench::Meter meter;
  for (auto _ : state) {
    // Copied anew each time, so that the values stay those of a network.
    std::copy(input.begin(), input.end(), row.begin());
    eigenvit::ops::detail::finish_row(epilogue, size, row.data());
    benchmark::DoNotOptimize(row.data());
    benchmark::ClobberMemory();
  }
  meter.report_elements(state, size);
}
BENCHMARK_CAPTURE(finish_row, none, Activation::none);
BENCHMARK_CAPTURE(finish_row, gelu, Activation::gelu);
BENCHMARK_CAPTURE(finish_row, gelu_tanh, Activation::gelu_tanh);
BENCHMARK_CAPTURE(finish_row, quick_gelu, Activation::quick_gelu);
BENCHMARK_CAPTURE(finish_row, silu, Activation::silu);
BENCHMARK_CAPTURE(finish_row, relu, Activation::relu);
BENCHMARK_CAPTURE(finish_row, tanh, Activation::tanh);

// One query's scores.
void softmax_row(benchmark::State& state) {
  const Index size = state.range(0);
  bench::RandomWeights random;
  const auto input = random.values(size, -8, 8);
  auto row = input;
  const bench::Meter meter;
  for (auto _ : state) {
    std::copy(input.begin(), input.end(), row.begin());
    eigenvit::ops::softmax_row(row.data(), size);
    benchmark::DoNotOptimize(row.data());
    benchmark::ClobberMemory();
  }
  meter.report_elements(state, static_cast<double>(size));
}
BENCHMARK(softmax_row)->Arg(197)->Arg(1374);

}  // namespace
