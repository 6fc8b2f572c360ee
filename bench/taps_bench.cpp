// What a forward pass costs with and without an attention map: ViT-S/16 and B/16 of random weights
// at 224 x 224, one image, one thread. Compare passes of one run; interleave them with
// --benchmark_enable_random_interleaving=true --benchmark_repetitions=9.
#include <string>
#include <utility>

#include <benchmark/benchmark.h>

#include "random_model.hpp"
#include "report.hpp"

namespace {

using eigenvit::Index;

void forward(benchmark::State& state, Index width, const eigenvit::Taps& taps) {
  const auto& model = bench::model_of_width(width);
  const auto pixels = bench::RandomWeights().matrix(3 * 224, 224);
  eigenvit::Workspace workspace;
  eigenvit::VitOutput<float> output;
  const auto pass = [&] {
    model.forward({pixels.data(), 1, 224, 224}, taps, output, nullptr, &workspace);
  };
  pass();
  const bench::Meter meter(bench::Meter::Clock::thread);
  for (auto _ : state) {
    pass();
    benchmark::ClobberMemory();
  }
  meter.report_flops(state, static_cast<double>(model.config().flops(224, 224)));
}

const bool registered = [] {
  for (const auto& [name, width] :
       {std::pair<const char*, Index>{"ViT-S/16", 384}, {"ViT-B/16", 768}}) {
    for (const bool logits : {true, false}) {
      for (const Index block : {-1, 5, 11}) {
        eigenvit::Taps taps;
        (logits ? taps.logits : taps.tokens) = true;
        if (block >= 0) taps.attention = {block};
        const std::string title =
            std::string(name) + (logits ? "/logits" : "/tokens") +
            (block < 0 ? std::string() : "+attention:" + std::to_string(block));
        benchmark::RegisterBenchmark(title.c_str(), forward, width, taps)
            ->Unit(benchmark::kMillisecond);
      }
    }
  }
  return true;
}();

}  // namespace
