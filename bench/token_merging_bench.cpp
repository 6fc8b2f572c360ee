// Token merging: ViT-Ti/16 and B/16 at 224 x 224, logits of one image with r tokens merged in each
// block, beside the ordinary pass (r = 0). For a comparison on a machine that is not at rest:
//
//   token_merging_bench --benchmark_enable_random_interleaving=true --benchmark_repetitions=9
//       --benchmark_report_aggregates_only=true
//
//   tokens_left  that leave the last block
//   cos_logits   between the logits and those of the ordinary pass
//   cos_tokens   between a patch token and that of the ordinary pass, on average
//
// The weights are random: what trained ones lose is measured by bench/token_merging_agreement.py.
#include <string>
#include <utility>

#include <benchmark/benchmark.h>

#include <eigenvit/core/thread_pool_executor.hpp>

#include "random_model.hpp"

namespace {

using eigenvit::Index;
using eigenvit::VitOutput;

float cosine(const eigenvit::ConstVectorView<float>& a, const eigenvit::ConstVectorView<float>& b) {
  return a.normalized().dot(b.normalized());
}

void forward(benchmark::State& state, Index width, Index per_block, int threads) {
  const auto& model = bench::model_of_width(width);
  const auto pixels = bench::RandomWeights().matrix(3 * 224, 224);
  const eigenvit::PixelBatch<float> batch{pixels.data(), 1, 224, 224};
  eigenvit::ThreadPoolExecutor executor(threads);
  eigenvit::Workspace workspace;
  eigenvit::Taps taps;
  taps.tokens = taps.logits = true;
  const VitOutput<float> ordinary = model.forward(batch, taps, &executor, &workspace);
  taps.token_merging.per_block = per_block;
  VitOutput<float> output = model.forward(batch, taps, &executor, &workspace);
  float tokens = 0;  // sum of cosines
  for (Index t = output.prefix_tokens; t < output.tokens_per_image; ++t) {
    tokens += cosine({output.tokens_of(0).row(t).data(), width},
                     {ordinary.tokens_of(0).row(t).data(), width});
  }
  const float logits = cosine(output.logits_of(0), ordinary.logits_of(0));

  taps.tokens = false;
  model.forward(batch, taps, output, &executor, &workspace);
  for (auto _ : state) {
    model.forward(batch, taps, output, &executor, &workspace);
    benchmark::ClobberMemory();
  }
  const Index patches = output.tokens_per_image - output.prefix_tokens;
  state.counters["tokens_left"] = static_cast<double>(output.merged_tokens);
  state.counters["cos_logits"] = static_cast<double>(logits);
  state.counters["cos_tokens"] = static_cast<double>(tokens) / static_cast<double>(patches);
}

const bool registered = [] {
  for (const auto& [name, width] :
       {std::pair<const char*, Index>{"ViT-Ti/16", 192}, {"ViT-B/16", 768}}) {
    for (const int threads : {1, 2}) {
      for (const Index per_block : {0, 4, 8, 16}) {
        benchmark::RegisterBenchmark((std::string(name) + "/threads:" + std::to_string(threads) +
                                      "/r:" + std::to_string(per_block))
                                         .c_str(),
                                     forward, width, per_block, threads)
            ->UseRealTime()
            ->Unit(benchmark::kMillisecond);
      }
    }
  }
  return true;
}();

}  // namespace
