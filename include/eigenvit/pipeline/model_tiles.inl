#ifndef EIGENVIT_PIPELINE_MODEL_TILES_INL
#define EIGENVIT_PIPELINE_MODEL_TILES_INL

#include <algorithm>
#include <cmath>
#include <utility>

#include <eigenvit/pipeline/model.hpp>
#include <eigenvit/pipeline/tile_sweep.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {

EIGENVIT_INLINE Matrix<float> Model::depth(const ImageView& image, const TileOptions& tiles,
                                           Executor* executor, Workspace* workspace) const {
  return dense_tasks("depth").depth_of_tiles(*this, image, tiles, executor, workspace);
}

EIGENVIT_INLINE Segmentation Model::segment(const ImageView& image, const TileOptions& tiles,
                                            Executor* executor, Workspace* workspace) const {
  return dense_tasks("segment").segment_tiles(*this, image, tiles, executor, workspace);
}

EIGENVIT_INLINE VisualTokens Model::tokens(const ImageView& image, const TileOptions& tiles,
                                           Executor* executor, Workspace* workspace) const {
  using detail::TileAxis;
  using detail::TileTaps;
  detail::check(image);
  detail::validate(tiles);
  if (image.width <= tiles.size && image.height <= tiles.size) {
    return tokens(image, executor, workspace);
  }
  const detail::MapSize input = detail::tile_input(
      preprocessor_, std::min(tiles.size, image.height), std::min(tiles.size, image.width));
  const detail::MapSize grid{input.height / network_.config().patch_height,
                             input.width / network_.config().patch_width};
  // Tiles that are whole patches apart have their patches in one grid.
  const auto axis = [&](Index size, Index patches) {
    const Index length = std::min(tiles.size, size);
    const Index patch = patches > 0 && length % patches == 0 ? length / patches : 1;
    return TileAxis(
        size, tiles.size,
        std::max((tiles.size - tiles.overlap) / patch * patch, std::min(patch, length)));
  };
  const auto total = [](const TileAxis& along, Index patches) {
    return std::max<Index>(
        patches, std::llround(static_cast<double>(along.size()) * static_cast<double>(patches) /
                              static_cast<double>(along.length())));
  };
  const TileAxis down = axis(image.height, grid.height), across = axis(image.width, grid.width);
  const TileTaps rows(down, grid.height, total(down, grid.height));
  const TileTaps columns(across, grid.width, total(across, grid.width));
  const Index width = network_.config().embed_dim;
  AlignedBuffer<float> values(static_cast<std::size_t>(rows.size() * columns.size() * width));

  Taps taps;
  taps.tokens = true;
  VitOutput<float> output;
  Workspace own;
  SerialExecutor serial;
  detail::sweep_tiles(
      down, across, grid, width, rows, columns, executor ? *executor : serial,
      [&](Index row, Index column, float* map) {
        run(detail::tile_of(image, down, across, row, column), taps, output, executor,
            workspace ? workspace : &own);
        const ConstMatrixView<float> patches = tokens_of(output, 0).patches();
        std::copy_n(patches.data(), patches.size(), map);
      },
      [&](Index row, const auto& pixel_of) {
        for (Index column = 0; column < columns.size(); ++column) {
          pixel_of(column, values.data() + (row * columns.size() + column) * width);
        }
      });
  return VisualTokens(std::move(values), 0, false, rows.size(), columns.size(), width);
}

}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
