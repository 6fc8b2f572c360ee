// What the machine can do at most, on one thread and on all: float multiply-adds and reading from
// memory.
#include <algorithm>
#include <cstddef>
#include <cstdint>

#include <benchmark/benchmark.h>

#include <eigenvit/core/aligned_buffer.hpp>
#include <eigenvit/core/available_threads.hpp>

#include "fma_peak.hpp"

namespace {

// GFLOP/s; on one thread by the time that this thread was given, on all by the clock on the wall.
void fma(benchmark::State& state) {
  const bench::FmaLoop loop = bench::widest_fma_loop();
  constexpr long rounds = 1'000'000;
  for (auto _ : state) benchmark::DoNotOptimize(loop.run(rounds));
  state.SetLabel(loop.name);
  state.counters["GFLOP"] = benchmark::Counter(
      1e-9 * bench::fma_flops(loop, rounds) * static_cast<double>(state.iterations()),
      benchmark::Counter::kIsRate);
}
BENCHMARK(fma)->Threads(1)->Unit(benchmark::kMillisecond);
BENCHMARK(fma)
    ->Threads(eigenvit::available_threads())
    ->UseRealTime()
    ->Unit(benchmark::kMillisecond);

// Each thread sums a block of its own, larger than its share of any cache that it is measured for.
void read_memory(benchmark::State& state) {
  const auto bytes = static_cast<std::size_t>(state.range(0)) << 20;
  eigenvit::AlignedBuffer<float> block(bytes / sizeof(float), 1.0f);
  for (auto _ : state) {
    // Independent sums, so that not the latency of one addition is measured.
    using Sums = Eigen::Array<float, 64, 1>;
    Sums sums = Sums::Zero();
    const float* const end = block.data() + block.size();
    for (const float* p = block.data(); p != end; p += 64) sums += Eigen::Map<const Sums>(p);
    benchmark::DoNotOptimize(sums.data());
    benchmark::ClobberMemory();
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(bytes));
}
void blocks(benchmark::internal::Benchmark* b) {
  b->ArgName("MiB")->Arg(1)->Arg(256)->Unit(benchmark::kMillisecond);
}
BENCHMARK(read_memory)->Apply(blocks)->Threads(1);
BENCHMARK(read_memory)->Apply(blocks)->Threads(eigenvit::available_threads())->UseRealTime();

}  // namespace
