// Finding the ten nearest among vectors of width 768 that are in memory.
#include <memory>
#include <utility>

#include <benchmark/benchmark.h>

#include <eigenvit/features/image_index.hpp>

#include "random_model.hpp"
#include "report.hpp"

namespace {

using eigenvit::Index;

constexpr Index width = 768;

// One index, made when it is first asked for: making one takes longer than many searches.
const eigenvit::ImageIndex& index_of(Index count) {
  static std::unique_ptr<eigenvit::ImageIndex> index;
  if (!index || index->size() != count) {
    index.reset();
    auto vectors = bench::RandomWeights().matrix(count, width);
    index = std::make_unique<eigenvit::ImageIndex>(
        vectors, std::vector<std::string>(static_cast<std::size_t>(count)));
  }
  return *index;
}

void search(benchmark::State& state) {
  const auto& index = index_of(state.range(0));
  const auto queries = bench::RandomWeights().matrix(state.range(1), width);
  const bench::Meter meter;
  for (auto _ : state) {
    const auto matches = index.search(queries, 10);
    benchmark::DoNotOptimize(matches.data());
  }
  meter.report_bytes(state, 4.0 * static_cast<double>(index.size() * width));
}
BENCHMARK(search)
    ->ArgNames({"vectors", "queries"})
    ->Unit(benchmark::kMillisecond)
    ->Args({10'000, 1})
    ->Args({100'000, 1})
    ->Args({100'000, 16});

}  // namespace
