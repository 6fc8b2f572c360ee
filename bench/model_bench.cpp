// Whole networks of random weights, with a lent workspace and a reused result: ViT-Ti/16, S/16 and
// B/16 at 224 x 224, in each precision that the kernels in use have; the patch embedding is in
// float32.
#include <algorithm>
#include <set>
#include <string>
#include <utility>

#include <benchmark/benchmark.h>

#include <eigenvit/core/available_threads.hpp>
#include <eigenvit/core/thread_pool_executor.hpp>

#include "peak.hpp"
#include "random_model.hpp"
#include "report.hpp"

namespace {

using eigenvit::Index;

struct Precision {
  const char* name;
  eigenvit::kernels::WeightFormat format;
  bench::Operands operands;
};
constexpr Precision precisions[] = {
    {"float32", eigenvit::kernels::WeightFormat::native, bench::Operands::float32},
    {"bfloat16", eigenvit::kernels::WeightFormat::bfloat16_pairs, bench::Operands::bfloat16},
    {"int8", eigenvit::kernels::WeightFormat::int8, bench::Operands::int8}};

void forward(benchmark::State& state, Index width, const Precision& precision, bool logits,
             Index batch, int threads) {
  const auto& model = bench::model_of_width(width, precision.format);
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
  const double rate = meter.rate(state);
  const auto& kernels = eigenvit::kernels::active_kernels();
  bench::Meter::report_flops(
      state, rate * static_cast<double>(batch) * static_cast<double>(config.flops(224, 224)),
      bench::measured_peak(bench::limit_of(kernels.name, precision.operands)));
  state.counters["workspace_MB"] = 1e-6 * static_cast<double>(workspace.size());
}

const bool registered = [] {
  const int all = eigenvit::available_threads();
  for (const auto& [name, width] :
       {std::pair<const char*, Index>{"ViT-Ti/16", 192}, {"ViT-S/16", 384}, {"ViT-B/16", 768}}) {
    for (const Precision& precision : precisions) {
      if (!eigenvit::kernels::active_kernels().has(precision.format)) continue;
      for (const bool logits : {true, false}) {
        for (const Index batch : {1, 8}) {
          for (const int threads : std::set<int>{1, std::min(2, all), all}) {
            benchmark::RegisterBenchmark(
                (std::string(name) + "/" + precision.name + (logits ? "/logits" : "/tokens") +
                 "/batch:" + std::to_string(batch) + "/threads:" + std::to_string(threads))
                    .c_str(),
                forward, width, precision, logits, batch, threads)
                ->UseRealTime()
                ->Unit(benchmark::kMillisecond);
          }
        }
      }
    }
  }
  return true;
}();

}  // namespace
