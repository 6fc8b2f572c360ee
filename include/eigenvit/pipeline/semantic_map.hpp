/// The class of each pixel of an image.
#ifndef EIGENVIT_PIPELINE_SEMANTIC_MAP_HPP
#define EIGENVIT_PIPELINE_SEMANTIC_MAP_HPP

#include <algorithm>
#include <array>
#include <vector>

#include <eigenvit/core/ceil_div.hpp>
#include <eigenvit/core/executor.hpp>
#include <eigenvit/core/types.hpp>
#include <eigenvit/kernels/ops.hpp>
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

/// The class of each pixel of an image of `size`: that of the greatest score, of equals the first,
/// where a map `from` of the scores of `classes` classes is enlarged bilinearly. `row_of(row,
/// scores)` writes a row of that map, `[width, classes]`; several threads may call it.
///
/// Cost: `4 C (h W + H W)` flops for `[h, W]` and `[H, W]` pixels; each row of the map is made once
/// for each of the bands of rows that a thread takes. Source: the
/// `post_process_semantic_segmentation` of transformers' image processors, whose sums these are but
/// for their order.
template <class RowOf>
Matrix<Index> semantic_map(const MapSize& from, Index classes, const MapSize& size,
                           Executor& executor, const RowOf& row_of) {
  constexpr Index band_rows = 32;
  Matrix<Index> map(size.height, size.width);
  std::vector<BilinearTap> columns;
  columns.reserve(static_cast<std::size_t>(size.width));
  for (Index column = 0; column < size.width; ++column) {
    columns.push_back(BilinearTap::of(from.width, size.width, column, false));
  }
  for_each_task(executor, ceil_div(size.height, band_rows), [&](Index band, Index) {
    ScoreRows<RowOf> rows(from.width * classes, row_of);
    std::vector<float> blended(static_cast<std::size_t>(from.width * classes));
    for (Index y = band * band_rows; y < std::min((band + 1) * band_rows, size.height); ++y) {
      const BilinearTap tap = BilinearTap::of(from.height, size.height, y, false);
      const float* const upper = rows(tap.first);
      const float* const lower = rows(tap.second);
      const float* const pair[4] = {upper, lower, lower, lower};
      const float weights[4] = {1 - tap.weight, tap.weight, 0, 0};
      ops::blend_rows(pair, weights, from.width * classes, false, blended.data());
      for (Index x = 0; x < size.width; ++x) {
        const BilinearTap& column = columns[static_cast<std::size_t>(x)];
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
        map(y, x) = best;
      }
    }
  });
  return map;
}

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
