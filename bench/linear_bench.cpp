// The linear maps of a block, and beside them the same product as one Eigen expression.
#include <benchmark/benchmark.h>

#include <eigenvit/layers/linear.hpp>

#include "random_model.hpp"
#include "report.hpp"

namespace {

using eigenvit::Index;

double flops(Index rows, Index in, Index out) {
  return 2.0 * static_cast<double>(rows) * static_cast<double>(in) * static_cast<double>(out);
}

void linear(benchmark::State& state) {
  const Index rows = state.range(0), in = state.range(1), out = state.range(2);
  bench::RandomWeights random;
  const auto layer = random.linear(out, in);
  const auto x = random.matrix(rows, in);
  eigenvit::Matrix<float> y(rows, out);
  const bench::Meter meter;
  for (auto _ : state) {
    layer.add_to(x, y, nullptr, false);
    benchmark::ClobberMemory();
  }
  meter.report_flops(state, flops(rows, in, out));
}

void eigen_product(benchmark::State& state) {
  const Index rows = state.range(0), in = state.range(1), out = state.range(2);
  bench::RandomWeights random;
  const auto weight = random.matrix(out, in);
  const auto x = random.matrix(rows, in);
  eigenvit::Matrix<float> y(rows, out);
  const bench::Meter meter;
  for (auto _ : state) {
    y.noalias() = x * weight.transpose();
    benchmark::ClobberMemory();
  }
  meter.report_flops(state, flops(rows, in, out));
}

// qkv, proj, fc1 and fc2 of ViT-Ti, S and B, and the head of ViT-B, which takes one token.
void shapes(benchmark::internal::Benchmark* b) {
  b->ArgNames({"T", "in", "out"})->Unit(benchmark::kMicrosecond);
  for (const Index d : {192, 384, 768}) {
    b->Args({bench::vit_tokens, d, 3 * d})->Args({bench::vit_tokens, d, d});
    b->Args({bench::vit_tokens, d, 4 * d})->Args({bench::vit_tokens, 4 * d, d});
  }
  b->Args({1, 768, 1000});
}
BENCHMARK(linear)->Apply(shapes);
BENCHMARK(eigen_product)->Apply(shapes);

}  // namespace
