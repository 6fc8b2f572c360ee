// Weights that do not stay packed: the same bits as those that do, and few packings. What the
// stages compute is tested with the heads that add them.
#include <algorithm>
#include <atomic>
#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

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
AlignedBuffer<float> run(const MapSize& from, const MapSize& to, const Declare& declare,
                         Index kernel = 3, Index inputs = channels) {
  constexpr Index images = 2;
  const Index pixels = from.pixels() * inputs, results = to.pixels() * outputs;
  auto x = support::random_values<float>(static_cast<std::size_t>(images * pixels), 7, 1.0);
  AlignedBuffer<float> y(static_cast<std::size_t>(images * results), -1.0F);
  const Index scratch = MapStages<float>::convolution_scratch(kernel * kernel * inputs) +
                        MapStages<float>::band_scratch(to.width, outputs) +
                        MapStages<float>::doubling_scratch(channels, outputs);
  AlignedBuffer<float> memory(static_cast<std::size_t>(scratch));
  eigenvit::detail::TaskGraph graph;
  const auto first = graph.add({images}, {}, [](const eigenvit::detail::Task&) {});
  MapStages<float> stages(graph, {memory.data(), scratch}, images);
  const MapBuffer<float> x_map{x.data(), from, inputs, pixels};
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

TEST_CASE("convolutions in blocks are the convolution of the map, bit for bit in every format") {
  using eigenvit::kernels::WeightFormat;
  // Pixels of sixteen channels are read where they lie in pairs of bfloat16 too.
  for (const auto& kind : {std::pair<WeightFormat, Index>{WeightFormat::native, 5},
                           {WeightFormat::int8, 5},
                           {WeightFormat::bfloat16_pairs, 5},
                           {WeightFormat::bfloat16_pairs, 16}}) {
    const WeightFormat format = kind.first;
    const Index inputs = kind.second;
    if (!eigenvit::kernels::active_kernels().has(format)) continue;
    for (const eigenvit::detail::ConvolutionShape& shape :
         {eigenvit::detail::ConvolutionShape{3, 1, 1}, {3, 2, 1}, {5, 1, 2}, {1, 1, 0}}) {
      for (const MapSize& size : {MapSize{9, 150}, MapSize{70, 5}, MapSize{1, 1}}) {
        CAPTURE(static_cast<int>(format));
        CAPTURE(shape.kernel);
        CAPTURE(size.width);
        const Index window = shape.kernel * shape.kernel * inputs;
        const auto values =
            support::random_values<float>(static_cast<std::size_t>(outputs * window), 5, 1.0);
        const Convolution<float> conv(
            Linear<float>(PackedMatrix<float>(values, outputs, window, nullptr, format)), inputs,
            shape);
        const auto whole = [&](AlignedBuffer<float> x) {
          std::vector<float> all;
          for (const float* image = x.data(); image < x.data() + x.size();
               image += size.pixels() * inputs) {
            const eigenvit::Matrix<float> y =
                conv(eigenvit::ConstMatrixView<float>(image, size.pixels(), inputs), size);
            all.insert(all.end(), y.data(), y.data() + y.size());
          }
          return all;
        };
        AlignedBuffer<float> map;
        const auto y = run(
            size, conv.output_size(size),
            [&](auto& stages, auto first, auto& x, auto& to) {
              map.assign(x.data, x.data + 2 * x.image_stride);
              stages.convolve(first, conv, x, to);
            },
            shape.kernel, inputs);
        const auto expected = whole(map);
        CHECK(std::equal(y.begin(), y.end(), expected.begin(), expected.end()));
        if (shape.stride > 1) continue;

        const MapSize small{(size.height + 1) / 2, (size.width + 1) / 2};
        AlignedBuffer<float> enlarged(static_cast<std::size_t>(2 * size.pixels() * inputs));
        const auto y_of_small = run(
            small, size,
            [&](auto& stages, auto first, auto& x, auto& to) {
              for (Index i = 0; i < 2 * size.height; ++i) {
                eigenvit::detail::upsample_row(x.of(i / size.height), size, i % size.height, false,
                                               false, enlarged.data() + i * size.width * inputs);
              }
              stages.convolve_upsampled(first, conv, x, to,
                                        {false, false, eigenvit::Activation::none, false, false});
            },
            shape.kernel, inputs);
        const auto expected_of_small = whole(enlarged);
        CHECK(std::equal(y_of_small.begin(), y_of_small.end(), expected_of_small.begin(),
                         expected_of_small.end()));
      }
    }
  }
}

TEST_CASE("pixels that are rows of products are never a multiple of 1 KB apart") {
  for (const Index width : {18, 64, 256, 768, 1024}) {
    CAPTURE(width);
    AlignedBuffer<float> values(static_cast<std::size_t>(2 * 15 * (width + 16)));
    eigenvit::detail::MapMemory<float> memory(2, values.data());
    const auto map = memory.take_rows({3, 5}, width);
    CHECK(map.channels == width);
    CHECK(map.pixel_stride >= width);
    CHECK(map.pixel_stride % 16 == 0);
    CHECK(map.pixel_stride % 256 != 0);
    CHECK(map.row(1, 2) - map.row(0, 0) == (15 + 2 * 5) * map.pixel_stride);
    CHECK(memory.used() == 2 * 15 * map.pixel_stride);
  }
}

TEST_CASE("products of pixels that lie apart are those of neighbours") {
  constexpr Index inputs = 256, images = 2;
  const MapSize size{3, 7};
  Layers layers(true);
  const Linear<float> layer = layers.layer(inputs);
  const auto x = support::random_values<float>(images * size.pixels() * inputs, 5, 1.0);
  const auto products = [&](bool apart) {
    const auto take = [&](float* data) {
      eigenvit::detail::MapMemory<float> memory(images, data);
      return apart ? memory.take_rows(size, inputs) : memory.take(size, inputs);
    };
    AlignedBuffer<float> values(images * size.pixels() * (inputs + 16));
    const auto map = take(values.data());
    for (Index pixel = 0; pixel < images * size.pixels(); ++pixel) {
      std::copy_n(x.data() + pixel * inputs, inputs, map.row(0, 0) + pixel * map.pixel_stride);
    }
    AlignedBuffer<float> y(images * size.pixels() * outputs);
    eigenvit::detail::TaskGraph graph;
    const auto first = graph.add({images}, {}, [](const eigenvit::detail::Task&) {});
    MapStages<float> stages(graph, {nullptr, 0}, images);
    stages.multiply(first, layer, map, {y.data(), size, outputs, size.pixels() * outputs});
    eigenvit::SerialExecutor executor;
    eigenvit::detail::TaskFailure failure;
    graph.run(executor, failure);
    return y;
  };
  CHECK(products(true) == products(false));
}
