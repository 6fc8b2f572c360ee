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
  /// Windows that are copied at a time, where they are: whole tiles of rows, and at the widths of
  /// heads no more than the L2 cache has beside the weights.
  static constexpr Index window_rows = 48;
  /// Rows of the result that are made at a time: what they read is copied, with zeros around the
  /// map, and each row more reads but one row more.
  static constexpr Index band_rows = 4;
  /// Columns of a block of these rows at most: five whole tiles of rows for AVX-512, ten for NEON.
  static constexpr Index most_block_columns = 65;
  /// Tasks that a map of many rows is cut into at least.
  static constexpr Index least_tasks = 32;
  /// Tasks of an image at most where each packs a layer's weights again: that takes as long as the
  /// product of some hundred pixels.
  static constexpr Index packing_tasks = 32;

  MapStages(TaskGraph& graph, const WorkerScratch<Scalar>& scratch, Index images)
      : graph_(graph), scratch_(scratch), images_(images) {}

  /// How many tasks serve so many parts of a layer's rows.
  static Index tasks_of(Index parts, const Linear<Scalar>& layer) noexcept {
    return layer.weight().keeps_panels() ? parts : std::min(parts, packing_tasks);
  }

  /// Windows of so many values.
  static constexpr Index window_scratch(Index window) noexcept {
    return window_rows * kernels::spread_rows(window);
  }
  /// Values of a worker's scratch for a convolution with windows of so many values: what a block
  /// reads, which takes no more, and windows.
  static constexpr Index convolution_scratch(Index window) noexcept {
    return 2 * window_scratch(window);
  }
  /// After it, for rows of the result of a convolution that are finished while they are there.
  static constexpr Index band_scratch(Index width, Index out_channels) noexcept {
    return band_rows * width * out_channels;
  }

  /// For a doubling convolution: windows, and their results.
  static constexpr Index doubling_scratch(Index in_channels, Index out_channels) noexcept {
    return window_scratch(4 * in_channels) + window_rows * out_channels;
  }

  /// `y = [y +] activation(conv(x))`, or the ReLU of it.
  Stage convolve(Stage needed, const Convolution<Scalar>& conv, const MapBuffer<Scalar>& x,
                 const MapBuffer<Scalar>& y, const ConvolutionUse& use = {}) {
    const Index bands = std::max(ceil_div(y.size.height, band_rows), least_tasks);
    const Index parts = tasks_of(std::min(parts_of(y.size), bands), conv.window());
    return graph_.add({images_, parts, y.size.height}, {image_of(needed)},
                      [&conv, x, y, use, workers = scratch_, parts](const Task& task) {
                        const Index end = y.size.height * (task.part + 1) / parts;
                        LayerShare<Scalar> weights = weights_of(conv, use);
                        const auto copy = [&](Index row, Index first, Index count, Scalar* to) {
                          const Scalar* const from = x.of(task.image).pixel(row, first);
                          if (use.relu_input) {
                            ops::activate(Activation::relu, from, count * x.channels, to);
                          } else {
                            std::copy_n(from, count * x.channels, to);
                          }
                        };
                        for (Index row = y.size.height * task.part / parts; row < end;
                             row += band_rows) {
                          rows(conv, weights, x.size, copy, row, std::min(row + band_rows, end),
                               use, y.row(task.image, row), workers.of(task.worker));
                        }
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
                                         (end - begin) * x.size.width, x.pixel_stride,
                                         y.row(task.image, begin), y.pixel_stride,
                                         Finish<Scalar>{activation, nullptr, false});
                      });
  }

  /// `y = activation(conv(x))` of a transposed convolution.
  Stage enlarge(Stage needed, const TransposedConvolution<Scalar>& conv, const MapBuffer<Scalar>& x,
                const MapBuffer<Scalar>& y, Activation activation = Activation::none) {
    return graph_.add({images_, x.size.height, x.size.height}, {image_of(needed)},
                      [&conv, x, y, activation](const Task& task) {
                        conv.forward(x.row(task.image, task.part), 0, x.size.width, x.pixel_stride,
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
          const Index stride = kernels::spread_rows(layer.in_features());
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
  /// for a few pixels at a time.
  Stage convolve_upsampled(Stage needed, const Convolution<Scalar>& conv,
                           const MapBuffer<Scalar>& x, const MapBuffer<Scalar>& y,
                           const ConvolutionUse& use = {}) {
    return add_bands(
        needed, conv, x, y, use,
        [y](const MapBand& band, Scalar*) { return y.row(band.image, band.row); },
        [](const MapBand&, const Scalar*, Scalar*) {});
  }

  /// `y = finish(activation(conv(x enlarged)))`, some rows at a time: `finish(band, features,
  /// result, scratch)`, where `scratch` is what the worker has after that of the convolution.
  template <class Last>
  Stage convolve_upsampled(Stage needed, const Convolution<Scalar>& conv,
                           const MapBuffer<Scalar>& x, const MapBuffer<Scalar>& y,
                           const ConvolutionUse& use, const Last& last) {
    const Index values = band_scratch(y.size.width, conv.out_channels());
    return add_bands(
        needed, conv, x, y, use, [](const MapBand&, Scalar* scratch) { return scratch; },
        [y, last, values](const MapBand& band, const Scalar* features, Scalar* scratch) {
          last(band, features, y.row(band.image, band.row), scratch + values);
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

  /// A stage of tasks that convolve `x` enlarged to the size of `y`, a few rows at a time:
  /// `place(band, scratch)` says where their results go, and `finish(band, results, scratch)`
  /// follows.
  template <class Place, class Finish>
  Stage add_bands(Stage needed, const Convolution<Scalar>& conv, const MapBuffer<Scalar>& x,
                  const MapBuffer<Scalar>& y, const ConvolutionUse& use, const Place& place,
                  const Finish& finish) {
    const Index parts = tasks_of(ceil_div(y.size.height, band_rows), conv.window());
    return graph_.add(
        {images_, parts, y.size.height}, {image_of(needed)},
        [&conv, x, size = y.size, use, place, finish, workers = scratch_, parts](const Task& task) {
          const Index bands = ceil_div(size.height, band_rows);
          LayerShare<Scalar> weights = weights_of(conv, use);
          Scalar* const scratch = workers.of(task.worker);
          Scalar* const after = scratch + convolution_scratch(conv.window().in_features());
          const auto enlarge = [&](Index row, Index first, Index count, Scalar* to) {
            upsample_pixels(x.of(task.image), size, row, first, count, use.align_corners, false,
                            to);
            if (use.relu_input) ops::activate(Activation::relu, to, count * x.channels, to);
          };
          const Index past = bands * (task.part + 1) / parts;
          for (Index i = bands * task.part / parts; i < past; ++i) {
            const Index begin = size.height * i / bands;
            const Index end = size.height * (i + 1) / bands;
            const MapBand band{task.image, begin, (end - begin) * size.width};
            Scalar* const to = place(band, after);
            rows(conv, weights, size, enlarge, begin, end, use, to, scratch);
            finish(band, to, after);
          }
        });
  }

  /// Columns of a block of so many rows: what they read fits beside as many windows.
  static Index block_columns(const Convolution<Scalar>& conv, Index rows) noexcept {
    const Index room = window_rows * conv.window().in_features() / conv.in_channels();
    const Index most = conv.reads_in_place() ? most_block_columns : window_rows;
    Index columns = 1;
    while (columns < most && conv.read_by({rows, columns + 1}).pixels() <= room) ++columns;
    return columns;
  }

  /// The rows `[begin, end)` of the result, `band_rows` at most. `copy` gives pixels of the map,
  /// which is of the size `input`.
  template <class Copy>
  static void rows(const Convolution<Scalar>& conv, LayerShare<Scalar>& weights,
                   const MapSize& input, const Copy& copy, Index begin, Index end,
                   const ConvolutionUse& use, Scalar* y, Scalar* scratch) {
    const Index columns = conv.output_size(input).width, channels = conv.out_channels();
    const Index blocks = ceil_div(columns, block_columns(conv, end - begin));
    const Index window = conv.window().in_features(), stride = kernels::spread_rows(window);
    Scalar* const copied = scratch + window_scratch(window);
    const bool in_place = conv.reads_in_place();
    const bool is_encoded = in_place && conv.window().encodes_inputs();
    for (Index i = 0; i < blocks; ++i) {
      const Index first = columns * i / blocks;
      const MapSize block{end - begin, columns * (i + 1) / blocks - first};
      conv.read_block(input, begin, first, block, copy, scratch);
      if (in_place) {
        conv.encode(scratch, block);
        const auto windows = conv.windows(scratch, block, 0, is_encoded);
        const Index line = conv.windows(scratch, block, 1, is_encoded).first - windows.first;
        weights.multiply({windows.first, block.height, line, block.width, windows.stride,
                          windows.runs, windows.run_stride},
                         y + first * channels, columns * channels, channels);
        continue;
      }
      Index count = 0;  // windows that have been copied
      for (Index row = 0; row < block.height; ++row) {
        const auto windows = conv.windows(scratch, block, row, false);
        Scalar* const to = y + (row * columns + first) * channels;
        windows.copy(block.width, copied + count * stride, stride);
        count += block.width;
        // Rows of a whole map follow each other in the result too: one product for some of them.
        const bool has_room = blocks == 1 && count + block.width <= window_rows;
        if (has_room && row + 1 < block.height) continue;
        conv.window().encode(copied, count, stride);
        weights.multiply(copied, count, stride, to - (count - block.width) * channels, channels);
        count = 0;
      }
    }
    if (!use.relu_result) return;
    ops::activate(Activation::relu, y, (end - begin) * columns * channels, y);
  }

  TaskGraph& graph_;
  WorkerScratch<Scalar> scratch_;
  Index images_;
};

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
