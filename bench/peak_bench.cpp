// What the machine can do at most, on one thread and on all: multiply-adds of each instruction that
// it has for them, and reading from memory.
#include <algorithm>
#include <cstddef>
#include <cstdint>

#include <benchmark/benchmark.h>

#include <eigenvit/core/aligned_buffer.hpp>
#include <eigenvit/core/available_threads.hpp>

#include "peak.hpp"

namespace {

// GFLOP/s; on one thread by the time that this thread was given, on all by the clock on the wall.
void multiply_add(benchmark::State& state, const bench::Instruction& instruction) {
  const long rounds = bench::rounds_for(instruction, 3e-3);
  for (auto _ : state) benchmark::DoNotOptimize(instruction.run(rounds));
  state.counters["GFLOP"] = benchmark::Counter(
      1e-9 * instruction.flops * static_cast<double>(rounds * state.iterations()),
      benchmark::Counter::kIsRate);
}
const bool added = [] {
  for (const bench::Instruction& entry : bench::instructions()) {
    if (!entry.available()) continue;
    const auto run = [&entry](benchmark::State& state) { multiply_add(state, entry); };
    benchmark::RegisterBenchmark(entry.name, run)->Threads(1)->Unit(benchmark::kMillisecond);
    benchmark::RegisterBenchmark(entry.name, run)
        ->Threads(eigenvit::available_threads())
        ->UseRealTime()
        ->Unit(benchmark::kMillisecond);
  }
  return true;
}();

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
