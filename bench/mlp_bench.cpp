// The feed-forward half of a block, for each activation that checkpoints come with.
#include <benchmark/benchmark.h>

#include "random_model.hpp"
#include "report.hpp"

namespace {

using eigenvit::Activation;
using eigenvit::Index;

void mlp(benchmark::State& state, Activation activation) {
  auto config = bench::vit_config(state.range(0));
  config.act = activation;
  bench::RandomWeights random;
  const auto layer = random.mlp(config);
  const auto x = random.matrix(bench::vit_tokens, config.embed_dim);
  eigenvit::Matrix<float> y(x.rows(), config.embed_dim);
  const bench::Meter meter;
  for (auto _ : state) {
    layer.add_to(x, y, nullptr, false);
    benchmark::ClobberMemory();
  }
  meter.report_flops(state,
                     4.0 * static_cast<double>(x.size()) * static_cast<double>(config.mlp_hidden));
}

void widths(benchmark::internal::Benchmark* b) {
  b->ArgName("D")->Arg(192)->Arg(384)->Arg(768)->Unit(benchmark::kMicrosecond);
}
BENCHMARK_CAPTURE(mlp, none, Activation::none)->Apply(widths);
BENCHMARK_CAPTURE(mlp, gelu, Activation::gelu)->Apply(widths);
BENCHMARK_CAPTURE(mlp, gelu_tanh, Activation::gelu_tanh)->Apply(widths);
BENCHMARK_CAPTURE(mlp, quick_gelu, Activation::quick_gelu)->Apply(widths);

}  // namespace
