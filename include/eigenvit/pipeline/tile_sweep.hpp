/// From the maps of tiles to rows of the map of an image.
#ifndef EIGENVIT_PIPELINE_TILE_SWEEP_HPP
#define EIGENVIT_PIPELINE_TILE_SWEEP_HPP

#include <algorithm>
#include <array>
#include <cstddef>
#include <vector>

#include <eigenvit/core/aligned_buffer.hpp>
#include <eigenvit/core/ceil_div.hpp>
#include <eigenvit/core/error.hpp>
#include <eigenvit/core/executor.hpp>
#include <eigenvit/core/message.hpp>
#include <eigenvit/image/preprocessor.hpp>
#include <eigenvit/kernels/ops.hpp>
#include <eigenvit/layers/feature_map.hpp>
#include <eigenvit/pipeline/tiles.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// The size of the network's input made of a tile. Throws `UnsupportedError` where it does not show
/// all of the tile and nothing else, and as `Preprocessor::mapping`.
inline MapSize tile_input(const Preprocessor& preprocessor, Index height, Index width) {
  const PixelMapping mapping = preprocessor.mapping(width, height);
  if (mapping.left != 0 || mapping.top != 0 || mapping.width != mapping.resized_width ||
      mapping.height != mapping.resized_height) {
    raise<UnsupportedError>(
        {"tiles: expected a preprocessing that shows the network all of a tile, found one that "
         "makes of ",
         width, "x", height, " pixels ", mapping.resized_width, "x", mapping.resized_height,
         " and of these ", mapping.width, "x", mapping.height});
  }
  return {mapping.height, mapping.width};
}

/// A sum of rows with weights, four at a time as the kernel takes them.
class RowSum {
 public:
  RowSum(Index count, float* y) noexcept : count_(count), y_(y) {}

  void add(const float* row, float weight) {
    rows_[pending_] = row;
    weights_[pending_++] = weight;
    if (pending_ == rows_.size()) flush();
  }

  /// Adds what is left.
  void finish() {
    if (pending_ == 0) return;
    // Rows of no weight.
    for (; pending_ < rows_.size(); ++pending_) {
      rows_[pending_] = rows_[0];
      weights_[pending_] = 0;
    }
    flush();
  }

 private:
  void flush() {
    ops::blend_rows(rows_.data(), weights_.data(), count_, adds_, y_);
    adds_ = true;
    pending_ = 0;
  }

  Index count_;
  float* y_;
  bool adds_ = false;
  std::size_t pending_ = 0;
  std::array<const float*, 4> rows_{};
  std::array<float, 4> weights_{};
};

/// Runs a network over the tiles of an image, row by row of them, and gives the rows of the map
/// that their maps, `size` pixels of `channels` values each, make together as soon as all tiles
/// that they are of have been run. No more of the tiles' maps are in memory than those that the
/// rows which are made next are of.
///
/// `run(row, column, map)` writes the map of a tile. `take_row(row, pixel_of)` takes a row of the
/// whole map, in which `pixel_of(column, values)` writes the values of a pixel; several threads of
/// `executor` call it.
template <class Run, class TakeRow>
void sweep_tiles(const TileAxis& down, const TileAxis& across, const MapSize& size, Index channels,
                 const TileTaps& rows, const TileTaps& columns, Executor& executor, const Run& run,
                 const TakeRow& take_row) {
  const auto map_values = static_cast<std::size_t>(size.pixels() * channels);
  const Index row_values = size.width * channels;
  std::vector<std::vector<AlignedBuffer<float>>> maps(static_cast<std::size_t>(down.count()));
  Index next = 0;
  for (Index row = 0; row < down.count(); ++row) {
    auto& made = maps[static_cast<std::size_t>(row)];
    made.resize(static_cast<std::size_t>(across.count()));
    for (Index column = 0; column < across.count(); ++column) {
      AlignedBuffer<float>& map = made[static_cast<std::size_t>(column)];
      map.resize(map_values);
      run(row, column, map.data());
    }
    // Rows that no later tile is a part of.
    const Index first = next;
    while (next < rows.size() && (rows.end(next) - 1)->tile <= row) ++next;
    constexpr Index band_rows = 16;
    for_each_task(executor, ceil_div(next - first, band_rows), [&](Index band, Index) {
      AlignedBuffer<float> blended(static_cast<std::size_t>(across.count() * row_values));
      const Index begin = first + band * band_rows;
      for (Index y = begin; y < std::min(begin + band_rows, next); ++y) {
        for (Index column = 0; column < across.count(); ++column) {
          RowSum sum(row_values, blended.data() + column * row_values);
          for (const TileTaps::Tap* tap = rows.begin(y); tap != rows.end(y); ++tap) {
            const auto& tile = maps[static_cast<std::size_t>(tap->tile)];
            sum.add(tile[static_cast<std::size_t>(column)].data() + tap->place * row_values,
                    tap->weight);
          }
          sum.finish();
        }
        const auto pixel_of = [&](Index x, float* values) {
          RowSum sum(channels, values);
          for (const TileTaps::Tap* tap = columns.begin(x); tap != columns.end(x); ++tap) {
            sum.add(blended.data() + tap->tile * row_values + tap->place * channels, tap->weight);
          }
          sum.finish();
        };
        take_row(y, pixel_of);
      }
    });
    for (Index old = 0; old <= row; ++old) {
      const bool is_needed = next < rows.size() && rows.begin(next)->tile <= old;
      if (!is_needed) maps[static_cast<std::size_t>(old)] = {};
    }
  }
}

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
