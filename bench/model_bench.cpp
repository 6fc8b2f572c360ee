// Whole networks of random weights, with a lent workspace and a reused result: ViT-Ti/16, S/16 and
// B/16 at 224 x 224.
#include <algorithm>
#include <set>
#include <string>
#include <utility>

#include <benchmark/benchmark.h>

#include <eigenvit/core/available_threads.hpp>
#include <eigenvit/core/thread_pool_executor.hpp>

#include "random_model.hpp"
#include "report.hpp"

namespace {

using eigenvit::Index;

void forward(benchmark::State& state, Index width, bool logits, Index batch, int threads) {
  const auto& model = bench::model_of_width(width);
  const auto& config = model.config();
  const auto pixels = bench::RandomWeights().matrix(batch * 3 * 224, 224);
  eigenvit::Taps taps;
  taps.logits = logits;
  taps.tokens = !logits;
  eigenvit::ThreadPoolExecutor executor(threads);
  eigenvit::Workspace workspace;
  eigenvit::VitOutput<float> output;
  const auto pass = [&] {
    model.forward({pixels.data(), batch, 224, 224}, taps, output, &executor, &workspace);
  };
  pass();
  const bench::Meter meter(threads == 1 ? bench::Meter::Clock::thread : bench::Meter::Clock::wall);
  for (auto _ : state) {
    pass();
    benchmark::ClobberMemory();
  }
  meter.report_flops(state,
                     static_cast<double>(batch) * static_cast<double>(config.flops(224, 224)));
  state.counters["weights_MB"] = 4e-6 * static_cast<double>(model.parameters());
  state.counters["workspace_MB"] = 1e-6 * static_cast<double>(workspace.size());
}

const bool registered = [] {
  const int all = eigenvit::available_threads();
  for (const auto& [name, width] :
       {std::pair<const char*, Index>{"ViT-Ti/16", 192}, {"ViT-S/16", 384}, {"ViT-B/16", 768}}) {
    for (const bool logits : {true, false}) {
      for (const Index batch : {1, 8}) {
        for (const int threads : std::set<int>{1, std::min(2, all), all}) {
          benchmark::RegisterBenchmark(
              (std::string(name) + (logits ? "/logits" : "/tokens") +
               "/batch:" + std::to_string(batch) + "/threads:" + std::to_string(threads))
                  .c_str(),
              forward, width, logits, batch, threads)
              ->UseRealTime()
              ->Unit(benchmark::kMillisecond);
        }
      }
    }
  }
  return true;
}();

}  // namespace
