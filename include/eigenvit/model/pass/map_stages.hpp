/// Convolutions of feature maps as stages of a pass.
#ifndef EIGENVIT_MODEL_PASS_MAP_STAGES_HPP
#define EIGENVIT_MODEL_PASS_MAP_STAGES_HPP

#include <algorithm>

#include <eigenvit/core/ceil_div.hpp>
#include <eigenvit/core/task_graph.hpp>
#include <eigenvit/layers/convolution.hpp>
#include <eigenvit/layers/doubling_convolution.hpp>
#include <eigenvit/layers/map_pooling.hpp>
#include <eigenvit/layers/transposed_convolution.hpp>
#include <eigenvit/layers/upsampling.hpp>
#include <eigenvit/model/pass/linear_share.hpp>
#include <eigenvit/model/pass/map_buffer.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// How a convolution reads and writes its maps.
struct ConvolutionUse {
  bool relu_input = false;  ///< reads `max(x, 0)`
  bool accumulate = false;  ///< adds to what the result holds
  Activation activation = Activation::none;
  bool relu_result = false;  ///< leaves `max(y, 0)` of the sum
  /// Of a map that is enlarged: the centres of the corners stay where they are.
  bool align_corners = true;
};

/// Some whole rows of an image's map: pixels that lie beside each other in memory.
struct MapBand {
  Index image;
  Index row;  ///< the first one
  Index pixels;
};

/// Stages that make one map from another. A task makes some rows of the result; a stage needs the
/// whole map before it.
template <class Scalar>
class MapStages {
 public:
  /// Windows that are copied at a time: whole tiles of rows, and at the widths of heads no more
  /// than the L2 cache has beside the weights.
  static constexpr Index window_rows = 48;
  /// Rows of the result that a map is enlarged for at a time.
  static constexpr Index band_rows = 4;
  /// Tasks of an image at most where each packs a layer's weights again: that takes as long as the
  /// product of some hundred pixels.
  static constexpr Index packing_tasks = 32;

  MapStages(TaskGraph& graph, const WorkerScratch<Scalar>& scratch, Index images)
      : graph_(graph), scratch_(scratch), images_(images) {}

  /// How many tasks serve so many parts of a layer's rows.
  static Index tasks_of(Index parts, const Linear<Scalar>& layer) noexcept {
    return layer.weight().keeps_panels() ? parts : std::min(parts, packing_tasks);
  }

  /// Values of a worker's scratch for a convolution with windows of so many values.
  static constexpr Index window_scratch(Index window) noexcept {
    return window_rows * kernels::padded_width(window);
  }
  /// Beside it, for a 3 x 3 convolution of an enlarged map of such a width, and its result.
  static constexpr Index band_scratch(Index width, Index in_channels, Index out_channels) noexcept {
    return width * ((band_rows + 2) * in_channels + band_rows * out_channels);
  }

  /// For a doubling convolution: windows, and their results.
  static constexpr Index doubling_scratch(Index in_channels, Index out_channels) noexcept {
    return window_scratch(4 * in_channels) + window_rows * out_channels;
  }

  /// `y = [y +] activation(conv(x))`, or the ReLU of it.
  Stage convolve(Stage needed, const Convolution<Scalar>& conv, const MapBuffer<Scalar>& x,
                 const MapBuffer<Scalar>& y, const ConvolutionUse& use = {}) {
    const Index parts = tasks_of(parts_of(y.size), conv.window());
    return graph_.add({images_, parts, y.size.height}, {image_of(needed)},
                      [&conv, x, y, use, workers = scratch_, parts](const Task& task) {
                        const Index begin = y.size.height * task.part / parts;
                        const Index end = y.size.height * (task.part + 1) / parts;
                        LayerShare<Scalar> weights = weights_of(conv, use);
                        rows(conv, weights, x.of(task.image), begin, end, use,
                             y.row(task.image, begin), workers.of(task.worker));
                      });
  }

  /// Each pixel of `x` through a linear layer.
  Stage multiply(Stage needed, const Linear<Scalar>& layer, const MapBuffer<Scalar>& x,
                 const MapBuffer<Scalar>& y, Activation activation = Activation::none) {
    const Index parts = tasks_of(parts_of(y.size), layer);
    return graph_.add({images_, parts, y.size.height}, {image_of(needed)},
                      [&layer, x, y, activation, parts](const Task& task) {
                        const Index begin = y.size.height * task.part / parts;
                        const Index end = y.size.height * (task.part + 1) / parts;
                        detail::multiply(layer, 1, 0, x.row(task.image, begin),
                                         (end - begin) * x.size.width, x.channels,
                                         y.row(task.image, begin), y.channels,
                                         Finish<Scalar>{activation, nullptr, false});
                      });
  }

  /// `y = activation(conv(x))` of a transposed convolution.
  Stage enlarge(Stage needed, const TransposedConvolution<Scalar>& conv, const MapBuffer<Scalar>& x,
                const MapBuffer<Scalar>& y, Activation activation = Activation::none) {
    return graph_.add({images_, x.size.height, x.size.height}, {image_of(needed)},
                      [&conv, x, y, activation](const Task& task) {
                        conv.forward(x.row(task.image, task.part), 0, x.size.width, x.channels,
                                     y.row(task.image, conv.factor() * task.part), y.size.width,
                                     activation);
                      });
  }

  /// The same of one that doubles the map. A task makes one of the four pixels of each.
  Stage enlarge(Stage needed, const DoublingConvolution<Scalar>& conv, const MapBuffer<Scalar>& x,
                const MapBuffer<Scalar>& y, Activation activation = Activation::none) {
    const Index blocks = ceil_div(x.size.pixels(), window_rows);
    const Index parts = tasks_of(blocks, conv.window(0));
    return graph_.add(
        {images_, parts * conv.quarters}, {image_of(needed)},
        [&conv, x, y, activation, workers = scratch_, blocks, parts](const Task& task) {
          const Index quarter = task.part % conv.quarters;
          const Index part = task.part / conv.quarters;
          const Linear<Scalar>& layer = conv.window(quarter);
          LayerShare<Scalar> weights(layer, 1, 0, {activation, nullptr, false});
          const Index stride = kernels::padded_width(layer.in_features());
          Scalar* const windows = workers.of(task.worker);
          Scalar* const values = windows + window_scratch(layer.in_features());
          const Index end = blocks * (part + 1) / parts;
          for (Index block = blocks * part / parts; block < end; ++block) {
            const Index first = block * window_rows;
            const Index count = std::min(window_rows, x.size.pixels() - first);
            conv.flatten(x.of(task.image), quarter, first, count, windows, stride);
            layer.encode(windows, count, stride);
            weights.multiply(windows, count, stride, values, conv.out_channels());
            conv.place(values, quarter, first, count, x.size.width, y.row(task.image, 0));
          }
        });
  }

  /// `y` = the greatest values in squares of `x`.
  Stage max_pool(Stage needed, Index factor, const MapBuffer<Scalar>& x,
                 const MapBuffer<Scalar>& y) {
    return graph_.add({images_, y.size.height, y.size.height}, {image_of(needed)},
                      [x, y, factor](const Task& task) {
                        max_pool_row(x.of(task.image), factor, task.part,
                                     y.row(task.image, task.part));
                      });
  }

  /// `y` = the means of regions of `x`.
  Stage average_pool(Stage needed, const MapBuffer<Scalar>& x, const MapBuffer<Scalar>& y) {
    return graph_.add(
        {images_, y.size.height, y.size.height}, {image_of(needed)}, [x, y](const Task& task) {
          average_pool_row(x.of(task.image), y.size, task.part, y.row(task.image, task.part));
        });
  }

  /// `y += x enlarged`.
  Stage add_upsampled(Stage needed, const MapBuffer<Scalar>& x, const MapBuffer<Scalar>& y,
                      bool align_corners = true) {
    const Index parts = parts_of(y.size);
    return graph_.add({images_, parts, y.size.height}, {image_of(needed)},
                      [x, y, align_corners, parts](const Task& task) {
                        const Index end = y.size.height * (task.part + 1) / parts;
                        for (Index row = y.size.height * task.part / parts; row < end; ++row) {
                          upsample_row(x.of(task.image), y.size, row, align_corners, true,
                                       y.row(task.image, row));
                        }
                      });
  }

  /// `y` = `x` at the size of `y`, the edges of the images where they are, or the centres of their
  /// corners.
  Stage resize(Stage needed, const MapBuffer<Scalar>& x, const MapBuffer<Scalar>& y,
               bool align_corners = false) {
    return graph_.add({images_, y.size.height, y.size.height}, {image_of(needed)},
                      [x, y, align_corners](const Task& task) {
                        upsample_row(x.of(task.image), y.size, task.part, align_corners, false,
                                     y.row(task.image, task.part));
                      });
  }

  /// As `convolve` of `x` enlarged, where the enlarged map, which is of the size of `y`, is made
  /// for a few rows at a time.
  Stage convolve_upsampled(Stage needed, const Convolution<Scalar>& conv,
                           const MapBuffer<Scalar>& x, const MapBuffer<Scalar>& y,
                           const ConvolutionUse& use = {}) {
    return add_bands(needed, conv, x, y, use,
                     [&conv, y, use](LayerShare<Scalar>& weights, const FeatureMap<Scalar>& band,
                                     const Task& task, Index begin, Index end, Scalar* scratch) {
                       Scalar* const to = y.row(task.image, begin);
                       rows(conv, weights, band, begin, end, use, to, scratch);
                     });
  }

  /// `y = finish(activation(conv(x enlarged)))`, some rows at a time: `finish(band, features,
  /// result, scratch)`, where `scratch` is what the worker has after that of the convolution.
  template <class Last>
  Stage convolve_upsampled(Stage needed, const Convolution<Scalar>& conv,
                           const MapBuffer<Scalar>& x, const MapBuffer<Scalar>& y,
                           const ConvolutionUse& use, const Last& last) {
    return add_bands(
        needed, conv, x, y, use,
        [&conv, y, use, last](LayerShare<Scalar>& weights, const FeatureMap<Scalar>& band,
                              const Task& task, Index begin, Index end, Scalar* scratch) {
          Scalar* const features = scratch + window_scratch(conv.window().in_features()) +
                                   (band_rows + 2) * y.size.width * conv.in_channels();
          rows(conv, weights, band, begin, end, use, features, scratch);
          last(MapBand{task.image, begin, (end - begin) * y.size.width}, features,
               y.row(task.image, begin), features + band_rows * y.size.width * conv.out_channels());
        });
  }

 private:
  /// Parts of the rows of a map.
  static Index parts_of(const MapSize& size) noexcept {
    return std::min<Index>(size.height, ceil_div(size.pixels(), 64));
  }

  static LayerShare<Scalar> weights_of(const Convolution<Scalar>& conv, const ConvolutionUse& use) {
    return LayerShare<Scalar>(conv.window(), 1, 0, {use.activation, nullptr, use.accumulate});
  }

  /// A stage of tasks that enlarge `x` to the size of `y`, for a few rows of `y` at a time, and
  /// call `run(weights, band, task, begin, end, scratch)` with them.
  template <class Run>
  Stage add_bands(Stage needed, const Convolution<Scalar>& conv, const MapBuffer<Scalar>& x,
                  const MapBuffer<Scalar>& y, const ConvolutionUse& use, const Run& run) {
    const Index parts = tasks_of(ceil_div(y.size.height, band_rows), conv.window());
    return graph_.add({images_, parts, y.size.height}, {image_of(needed)},
                      [&conv, x, y, use, run, workers = scratch_, parts](const Task& task) {
                        const Index bands = ceil_div(y.size.height, band_rows);
                        LayerShare<Scalar> weights = weights_of(conv, use);
                        Scalar* const scratch = workers.of(task.worker);
                        Scalar* const rows = scratch + window_scratch(conv.window().in_features());
                        const Index past = bands * (task.part + 1) / parts;
                        for (Index band = bands * task.part / parts; band < past; ++band) {
                          const Index begin = y.size.height * band / bands;
                          const Index end = y.size.height * (band + 1) / bands;
                          const auto [first, last] = conv.rows_read(y.size, begin, end);
                          for (Index row = first; row < last; ++row) {
                            upsample_row(x.of(task.image), y.size, row, use.align_corners, false,
                                         rows + (row - first) * y.size.width * x.channels);
                          }
                          const FeatureMap<Scalar> map{rows, y.size, x.channels, first};
                          run(weights, map, task, begin, end, scratch);
                        }
                      });
  }

  static Index window_stride(const Convolution<Scalar>& conv) noexcept {
    return kernels::padded_width(conv.window().in_features());
  }

  /// The rows `[begin, end)` of the result.
  static void rows(const Convolution<Scalar>& conv, LayerShare<Scalar>& weights,
                   const FeatureMap<Scalar>& x, Index begin, Index end, const ConvolutionUse& use,
                   Scalar* y, Scalar* scratch) {
    const Index columns = conv.output_size(x.size).width;
    const Index stride = window_stride(conv);
    for (Index i = begin * columns; i < end * columns; i += window_rows) {
      const Index count = std::min(window_rows, end * columns - i);
      conv.flatten(x, i, count, use.relu_input, scratch, stride);
      conv.window().encode(scratch, count, stride);
      weights.multiply(scratch, count, stride, y + (i - begin * columns) * conv.out_channels(),
                       conv.out_channels());
    }
    if (!use.relu_result) return;
    ops::activate(Activation::relu, y, (end - begin) * columns * conv.out_channels(), y);
  }

  TaskGraph& graph_;
  WorkerScratch<Scalar> scratch_;
  Index images_;
};

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
