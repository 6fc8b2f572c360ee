// One block of ViT-Ti, S and B on the tokens of one image.
#include <benchmark/benchmark.h>

#include "random_model.hpp"
#include "report.hpp"

namespace {

using eigenvit::Index;

void encoder_block(benchmark::State& state) {
  const auto config = bench::vit_config(state.range(0));
  const Index tokens = bench::vit_tokens;
  bench::RandomWeights random;
  const auto block = random.block(config);
  const auto x = random.matrix(tokens, config.embed_dim);
  const bench::Meter meter;
  for (auto _ : state) {
    benchmark::DoNotOptimize(block(x).data());
  }
  const auto t = static_cast<double>(tokens), d = static_cast<double>(config.embed_dim);
  meter.report_flops(
      state, 8 * t * d * d + 4 * t * t * d + 4 * t * d * static_cast<double>(config.mlp_hidden));
}
BENCHMARK(encoder_block)->ArgName("D")->Arg(192)->Arg(384)->Arg(768)->Unit(benchmark::kMicrosecond);

}  // namespace
