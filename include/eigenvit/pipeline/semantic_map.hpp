/// The class of each pixel of an image.
#ifndef EIGENVIT_PIPELINE_SEMANTIC_MAP_HPP
#define EIGENVIT_PIPELINE_SEMANTIC_MAP_HPP

#include <algorithm>
#include <array>
#include <vector>

#include <eigenvit/core/ceil_div.hpp>
#include <eigenvit/core/executor.hpp>
#include <eigenvit/core/types.hpp>
#include <eigenvit/layers/feature_map.hpp>
#include <eigenvit/layers/upsampling.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// Rows of a map of scores that are made when they are needed, the last two of which are kept.
template <class RowOf>
class ScoreRows {
 public:
  ScoreRows(Index row_values, const RowOf& row_of) : row_of_(row_of) {
    for (Row& row : rows_) row.values.resize(static_cast<std::size_t>(row_values));
  }

  const float* operator()(Index row) {
    Row& kept = rows_[static_cast<std::size_t>(row % 2)];
    if (kept.row != row) row_of_(kept.row = row, kept.values.data());
    return kept.values.data();
  }

 private:
  struct Row {
    Index row = -1;
    std::vector<float> values;
  };

  const RowOf& row_of_;
  std::array<Row, 2> rows_;
};

/// Rows or columns from `first` on.
struct PixelSpan {
  Index first;
  Index count;
};

/// Writes the best class of each pixel of `map` in `rows` and `columns`; of equal scores the first
/// class wins. The scores are a map of size `from`, enlarged bilinearly to that of `map`:
/// `row_of(row, columns, scores)` writes those columns of a row of it, `[width, classes]`, that the
/// pixels are made of. Several threads may call it.
///
/// Cost: `4 C (h W + H W)` flops for `[h, W]` and `[H, W]` pixels; each row of the map is made once
/// for each of the bands of rows that a thread takes. Source: the
/// `post_process_semantic_segmentation` of transformers' image processors, whose sums these are but
/// for their order.
template <class RowOf>
void fill_semantic_map(const MapSize& from, Index classes, const PixelSpan& rows,
                       const PixelSpan& columns, Executor& executor, const RowOf& row_of,
                       Matrix<Index>& map) {
  constexpr Index band_rows = 32;
  if (rows.count == 0 || columns.count == 0) return;
  std::vector<BilinearTap> taps;
  taps.reserve(static_cast<std::size_t>(columns.count));
  for (Index i = 0; i < columns.count; ++i) {
    taps.push_back(BilinearTap::of(from.width, map.cols(), columns.first + i, false));
  }
  const Index left_most = taps.front().first;
  const PixelSpan read{left_most, taps.back().second + 1 - left_most};
  const auto read_row = [&](Index row, float* scores) { row_of(row, read, scores); };
  const Index first_value = left_most * classes;
  for_each_task(executor, ceil_div(rows.count, band_rows), [&](Index band, Index) {
    ScoreRows<decltype(read_row)> score_rows(from.width * classes, read_row);
    std::vector<float> blended(static_cast<std::size_t>(from.width * classes));
    const Index first = rows.first + band * band_rows;
    const Index end = std::min(first + band_rows, rows.first + rows.count);
    for (Index y = first; y < end; ++y) {
      const BilinearTap tap = BilinearTap::of(from.height, map.rows(), y, false);
      const float* const upper = score_rows(tap.first) + first_value;
      const float* const lower = score_rows(tap.second) + first_value;
      blend_pair(upper, lower, tap.weight, read.count * classes, blended.data() + first_value);
      for (Index x = 0; x < columns.count; ++x) {
        const BilinearTap& column = taps[static_cast<std::size_t>(x)];
        const float* const left = blended.data() + column.first * classes;
        const float* const right = blended.data() + column.second * classes;
        const auto score = [&](Index c) {
          return (1 - column.weight) * left[c] + column.weight * right[c];
        };
        Index best = 0;
        float most = score(0);
        for (Index c = 1; c < classes; ++c) {
          const float next = score(c);
          if (next > most) {
            most = next;
            best = c;
          }
        }
        map(y, columns.first + x) = best;
      }
    }
  });
}

/// The same of all pixels of an image of `size`. `row_of(row, scores)` writes a whole row.
template <class RowOf>
Matrix<Index> semantic_map(const MapSize& from, Index classes, const MapSize& size,
                           Executor& executor, const RowOf& row_of) {
  Matrix<Index> map(size.height, size.width);
  fill_semantic_map(
      from, classes, {0, size.height}, {0, size.width}, executor,
      [&](Index row, const PixelSpan&, float* scores) { row_of(row, scores); }, map);
  return map;
}

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
