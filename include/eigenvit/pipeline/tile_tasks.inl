// `Model::depth` and `Model::segment` of tiles.
#ifndef EIGENVIT_PIPELINE_TILE_TASKS_INL
#define EIGENVIT_PIPELINE_TILE_TASKS_INL

#include <algorithm>
#include <cstddef>
#include <utility>
#include <variant>
#include <vector>

#include <eigenvit/pipeline/depth_task.inl>
#include <eigenvit/pipeline/fitted_line.hpp>
#include <eigenvit/pipeline/segment_tasks.inl>
#include <eigenvit/pipeline/tile_sweep.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// Of each pixel of an axis, the weight of one tile there.
inline std::vector<float> tile_weights(const TileAxis& axis, Index tile) {
  std::vector<float> weights(static_cast<std::size_t>(axis.length()));
  for (Index i = 0; i < axis.length(); ++i) {
    axis.at(static_cast<double>(axis.begin(tile) + i) + 0.5, [&](Index other, double weight) {
      if (other == tile) weights[static_cast<std::size_t>(i)] = static_cast<float>(weight);
    });
  }
  return weights;
}

inline Matrix<float> depth_of_tiles(const Model& model, const ImageView& image,
                                    const TileOptions& tiles, Executor* executor,
                                    Workspace* workspace) {
  check(image);
  validate(tiles);
  Workspace own;
  if (workspace == nullptr) workspace = &own;
  if (image.width <= tiles.size && image.height <= tiles.size) {
    return estimate_depth(model, image, executor, workspace);
  }
  check_estimates_depth(model);
  const TileAxis down(image.height, tiles.size, tiles.size - tiles.overlap);
  const TileAxis across(image.width, tiles.size, tiles.size - tiles.overlap);
  // A border that is mirrored shows nothing else, and is left out of the depths.
  if (!model.preprocessor().config().mirror_border) {
    tile_input(model.preprocessor(), down.length(), across.length());
  }
  const bool is_relative = !estimates_metres(model.checkpoint().dense_head);
  Matrix<float> whole;
  if (is_relative) whole = estimate_depth(model, image, executor, workspace);

  Matrix<float> depths = Matrix<float>::Zero(image.height, image.width);
  for (Index row = 0; row < down.count(); ++row) {
    const std::vector<float> row_weights = tile_weights(down, row);
    for (Index column = 0; column < across.count(); ++column) {
      const std::vector<float> weights = tile_weights(across, column);
      Matrix<float> tile =
          estimate_depth(model, tile_of(image, down, across, row, column), executor, workspace);
      if (is_relative) {
        const auto part =
            whole.block(down.begin(row), across.begin(column), tile.rows(), tile.cols());
        const auto [scale, offset] = fitted_line(tile, part);
        if (scale > 0) {
          // Heads give 0 for what is farthest.
          tile = (scale * tile.cast<double>().array() + offset).max(0.0).matrix().cast<float>();
        } else {
          tile = part;
        }
      }
      const Eigen::Map<const Eigen::Array<float, 1, Eigen::Dynamic>> ramp(
          weights.data(), static_cast<Index>(weights.size()));
      for (Index y = 0; y < tile.rows(); ++y) {
        depths.row(down.begin(row) + y).segment(across.begin(column), tile.cols()).array() +=
            row_weights[static_cast<std::size_t>(y)] * ramp * tile.row(y).array();
      }
    }
  }
  return depths;
}

/// Whether a head's map are scores of classes of each pixel.
inline bool scores_pixels(const DenseConfig& head) noexcept {
  return std::holds_alternative<UperConfig>(head) ||
         std::holds_alternative<DptSegmentationConfig>(head);
}

inline Segmentation segment_tiles(const Model& model, const ImageView& image,
                                  const TileOptions& tiles, Executor* executor,
                                  Workspace* workspace) {
  check(image);
  validate(tiles);
  if (!scores_pixels(model.checkpoint().dense_head)) {
    raise<UnsupportedError>(
        {"segment: expected a model that scores the classes of pixels for tiles, found another"});
  }
  if (image.width <= tiles.size && image.height <= tiles.size) {
    return segment(model, image, SegmentOptions(), executor, workspace);
  }
  const TileAxis down(image.height, tiles.size, tiles.size - tiles.overlap);
  const TileAxis across(image.width, tiles.size, tiles.size - tiles.overlap);
  tile_input(model.preprocessor(), down.length(), across.length());
  Workspace own;
  if (workspace == nullptr) workspace = &own;
  Taps taps;
  taps.dense = true;
  VitOutput<float> output;
  const auto run = [&](Index row, Index column) -> const DenseOutput<float>& {
    model.run(tile_of(image, down, across, row, column), taps, output, executor, workspace);
    check_scores(output.dense);
    return output.dense;
  };
  // The first one tells the size of all.
  const DenseOutput<float>& first = run(0, 0);
  const MapSize size{first.height, first.width};
  const Index classes = first.channels;
  const TileTaps rows(down, size.height, image.height);
  const TileTaps columns(across, size.width, image.width);
  Matrix<Index> ids(image.height, image.width);
  SerialExecutor serial;
  sweep_tiles(
      down, across, size, classes, rows, columns, executor ? *executor : serial,
      [&](Index row, Index column, float* map) {
        const bool is_known = row == 0 && column == 0;
        const DenseOutput<float>& scores = is_known ? output.dense : run(row, column);
        std::copy(scores.maps.begin(), scores.maps.end(), map);
      },
      [&](Index row, const auto& pixel_of) {
        std::vector<float> scores(static_cast<std::size_t>(classes));
        for (Index column = 0; column < image.width; ++column) {
          pixel_of(column, scores.data());
          ids(row, column) = std::max_element(scores.begin(), scores.end()) - scores.begin();
        }
      });
  return segments_of_classes(std::move(ids), classes, model.labels());
}

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
