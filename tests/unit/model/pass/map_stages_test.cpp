// Weights that do not stay packed: the same bits as those that do, and few packings. What the
// stages compute is tested with the heads that add them.
#include <algorithm>
#include <atomic>
#include <cstddef>
#include <memory>
#include <utility>

#include <doctest/doctest.h>

#include <eigenvit/core/executor.hpp>
#include <eigenvit/model/pass/map_stages.hpp>

#include "../../support.hpp"

using eigenvit::AlignedBuffer;
using eigenvit::Index;
using eigenvit::Linear;
using eigenvit::detail::Convolution;
using eigenvit::detail::DoublingConvolution;
using eigenvit::detail::MapBand;
using eigenvit::detail::MapBuffer;
using eigenvit::detail::MapSize;
using eigenvit::detail::MapStages;
using eigenvit::detail::PackedMatrix;

namespace {

constexpr Index channels = 5;
constexpr Index outputs = 33;

/// Rows that count how often they are read.
class CountedRows final : public eigenvit::detail::WeightRows<float> {
 public:
  CountedRows(const AlignedBuffer<float>& values, Index inputs, std::atomic<Index>& reads)
      : values_(values), inputs_(inputs), reads_(reads) {}

  void read(Index first, Index count, float* rows) const noexcept override {
    reads_ += count;
    std::copy_n(values_.data() + first * inputs_, count * inputs_, rows);
  }
  void release() const noexcept override {}

 private:
  AlignedBuffer<float> values_;
  Index inputs_;
  std::atomic<Index>& reads_;
};

/// The same layers, which keep their weights packed, or pack them when they are used.
struct Layers {
  explicit Layers(bool keeps) : keeps_packed(keeps) {}

  Linear<float> layer(Index inputs) {
    const auto values = support::random_values<float>(static_cast<std::size_t>(outputs * inputs),
                                                      static_cast<std::uint64_t>(inputs), 1.0);
    if (keeps_packed) return Linear<float>(PackedMatrix<float>(values, outputs, inputs));
    return Linear<float>(PackedMatrix<float>(std::make_unique<CountedRows>(values, inputs, reads),
                                             outputs, inputs, outputs, pool));
  }
  Convolution<float> convolution() { return {layer(9 * channels), channels, {3, 1, 1}}; }
  DoublingConvolution<float> doubling() {
    return {{layer(4 * channels), layer(4 * channels), layer(4 * channels), layer(4 * channels)},
            channels};
  }

  bool keeps_packed;
  std::atomic<Index> reads{0};
  std::shared_ptr<eigenvit::detail::PanelPool<float>> pool =
      std::make_shared<eigenvit::detail::PanelPool<float>>();
};

/// What `declare(stages, first stage, x, y)` makes of a random map of two images.
template <class Declare>
AlignedBuffer<float> run(const MapSize& from, const MapSize& to, const Declare& declare) {
  constexpr Index images = 2;
  const Index pixels = from.pixels() * channels, results = to.pixels() * outputs;
  auto x = support::random_values<float>(static_cast<std::size_t>(images * pixels), 7, 1.0);
  AlignedBuffer<float> y(static_cast<std::size_t>(images * results), -1.0F);
  const Index scratch = MapStages<float>::window_scratch(9 * channels) +
                        MapStages<float>::band_scratch(to.width, channels, outputs) +
                        MapStages<float>::doubling_scratch(channels, outputs);
  AlignedBuffer<float> memory(static_cast<std::size_t>(scratch));
  eigenvit::detail::TaskGraph graph;
  const auto first = graph.add({images}, {}, [](const eigenvit::detail::Task&) {});
  MapStages<float> stages(graph, {memory.data(), scratch}, images);
  const MapBuffer<float> x_map{x.data(), from, channels, pixels};
  const MapBuffer<float> y_map{y.data(), to, outputs, results};
  declare(stages, first, x_map, y_map);
  eigenvit::SerialExecutor executor;
  eigenvit::detail::TaskFailure failure;
  graph.run(executor, failure);
  return y;
}

/// Whether both give the same bits, and how often the second one packs a layer.
template <class Declare>
Index packings(const MapSize& from, const MapSize& to, const Declare& declare) {
  Layers kept(true), packed_again(false);
  const auto expected = run(from, to, declare(kept));
  const auto found = run(from, to, declare(packed_again));
  CHECK(found == expected);
  CHECK(packed_again.reads % outputs == 0);
  return packed_again.reads / outputs;
}

}  // namespace

TEST_CASE("weights that do not stay packed are packed once a task, of which there are few") {
  constexpr Index most = 2 * MapStages<float>::packing_tasks;
  const MapSize map{70, 70};
  CHECK(packings(map, map, [](Layers& layers) {
          return [conv = layers.convolution()](auto& stages, auto first, auto& x, auto& y) {
            stages.convolve(first, conv, x, y, {true, false, eigenvit::Activation::gelu});
          };
        }) <= most);
  CHECK(packings({35, 35}, map, [](Layers& layers) {
          return [conv = layers.convolution()](auto& stages, auto first, auto& x, auto& y) {
            stages.convolve_upsampled(first, conv, x, y, {false, true});
          };
        }) <= most);
  CHECK(packings({300, 9}, {300, 9}, [](Layers& layers) {
          return [conv = layers.convolution()](auto& stages, auto first, auto& x, auto& y) {
            stages.convolve_upsampled(
                first, conv, x, y, {},
                [](const MapBand& band, const float* features, float* to, float*) {
                  std::copy_n(features, band.pixels * outputs, to);
                });
          };
        }) <= most);
  CHECK(packings(map, map, [](Layers& layers) {
          return [layer = layers.layer(channels)](auto& stages, auto first, auto& x, auto& y) {
            stages.multiply(first, layer, x, y);
          };
        }) <= most);
  CHECK(packings(map, {140, 140}, [](Layers& layers) {
          return [conv = layers.doubling()](auto& stages, auto first, auto& x, auto& y) {
            stages.enlarge(first, conv, x, y);
          };
        }) <= 4 * most);
}

TEST_CASE("a map of few pixels is not cut into more tasks than it has rows") {
  const MapSize map{3, 40};
  CHECK(packings(map, map, [](Layers& layers) {
          return [conv = layers.convolution()](auto& stages, auto first, auto& x, auto& y) {
            stages.convolve(first, conv, x, y);
          };
        }) <= 2 * 3);
}
