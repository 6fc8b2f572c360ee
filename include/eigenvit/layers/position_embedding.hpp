/// Where in the image a token comes from.
#ifndef EIGENVIT_LAYERS_POSITION_EMBEDDING_HPP
#define EIGENVIT_LAYERS_POSITION_EMBEDDING_HPP

#include <string>
#include <utility>

#include <eigenvit/core/aligned_buffer.hpp>
#include <eigenvit/core/error.hpp>
#include <eigenvit/core/message.hpp>
#include <eigenvit/layers/grid_resampler.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {

/// Learned position embedding: `token_t += table_t`.
///
/// The table has one row for each of the first `prefix_rows` prefix tokens, one for each patch of
/// its own grid and one for each of `suffix_rows` tokens after the patches. For another grid the
/// patch rows are interpolated by the family's rule, the others kept.
///
/// Shapes: table `[prefix_rows + grid_height * grid_width + suffix_rows, D]`. Cost: `T D`
/// additions. Source: Dosovitskiy et al., arXiv:2010.11929; timm's `resample_abs_pos_embed`.
template <class Scalar>
class PositionEmbedding {
 public:
  PositionEmbedding() = default;

  /// Copies its table. Throws as the constructor below.
  PositionEmbedding(const ConstMatrixRef<Scalar>& table, Index prefix_rows, Index grid_height,
                    Index grid_width, GridInterpolation interpolation = {})
      : PositionEmbedding(copy(table), table.cols(), prefix_rows, grid_height, grid_width,
                          interpolation) {}

  /// Takes its row-major table over. Throws `ShapeError` when that has not the rows that prefix and
  /// grid call for.
  PositionEmbedding(AlignedBuffer<Scalar> table, Index width, Index prefix_rows, Index grid_height,
                    Index grid_width, GridInterpolation interpolation = {}, Index suffix_rows = 0)
      : table_(std::move(table)),
        width_(width),
        prefix_rows_(prefix_rows),
        grid_height_(grid_height),
        grid_width_(grid_width),
        suffix_rows_(suffix_rows),
        interpolation_(interpolation) {
    if (prefix_rows < 0 || suffix_rows < 0 || grid_height < 1 || grid_width < 1 || width < 1 ||
        static_cast<Index>(table_.size()) !=
            (prefix_rows + grid_height * grid_width + suffix_rows) * width) {
      detail::raise<ShapeError>(
          {"position embedding: expected ", prefix_rows, " + ", grid_height, " x ", grid_width,
           (suffix_rows == 0 ? std::string() : " + " + std::to_string(suffix_rows)), " rows of ",
           width, " values, found ", table_.size(), " values"});
    }
  }

  Index width() const noexcept { return width_; }
  Index prefix_rows() const noexcept { return prefix_rows_; }
  Index suffix_rows() const noexcept { return suffix_rows_; }
  Index grid_height() const noexcept { return grid_height_; }
  Index grid_width() const noexcept { return grid_width_; }
  Index parameters() const noexcept { return static_cast<Index>(table_.size()); }

  /// The row of prefix token `index < prefix_rows`, `[D]`.
  const Scalar* prefix(Index index) const { return table_.data() + index * width_; }

  /// The row of token `index < suffix_rows` after the patches, `[D]`.
  const Scalar* suffix(Index index) const {
    return table_.data() + (prefix_rows_ + grid_height_ * grid_width_ + index) * width_;
  }

  /// Whether the patch rows for such a grid are those of the table.
  bool is_native(Index height, Index width) const noexcept {
    return height == grid_height_ && width == grid_width_;
  }

  /// Values of scratch for `patches`, where the table has `grid_height` rows of patches: the patch
  /// rows, and what interpolating them takes.
  static constexpr Index scratch_size(Index grid_height, Index dim, Index height,
                                      Index width) noexcept {
    return (height + grid_height) * width * dim;
  }

  /// The patch rows for a grid, `[height * width, D]`: the table's own, or the beginning of
  /// `scratch`, after they were interpolated into it.
  const Scalar* patches(Index height, Index width, Scalar* scratch) const {
    const Scalar* const own = table_.data() + prefix_rows_ * width_;
    if (is_native(height, width)) return own;
    resample_grid(interpolation_, own, grid_height_, grid_width_, width_, height, width, scratch,
                  scratch + height * width * width_);
    return scratch;
  }

  /// `x` plus the embedding, for tokens `x [prefix_rows + height * width + suffix_rows, D]`. Throws
  /// `ShapeError` when `x` has another shape.
  Matrix<Scalar> operator()(const ConstMatrixRef<Scalar>& x, Index height, Index width) const {
    if (height < 1 || width < 1 || x.cols() != width_ ||
        x.rows() != prefix_rows_ + height * width + suffix_rows_) {
      detail::raise<ShapeError>(
          {"position embedding: expected ", prefix_rows_, " + ", height, " x ", width,
           (suffix_rows_ == 0 ? std::string() : " + " + std::to_string(suffix_rows_)),
           " tokens of ", width_, " values, found ", x.rows(), " x ", x.cols()});
    }
    AlignedBuffer<Scalar> scratch(
        static_cast<std::size_t>(scratch_size(grid_height_, width_, height, width)));
    const Scalar* const grid = patches(height, width, scratch.data());
    Matrix<Scalar> y = x;
    y.topRows(prefix_rows_) += ConstMatrixView<Scalar>(table_.data(), prefix_rows_, width_);
    y.middleRows(prefix_rows_, height * width) +=
        ConstMatrixView<Scalar>(grid, height * width, width_);
    y.bottomRows(suffix_rows_) += ConstMatrixView<Scalar>(suffix(0), suffix_rows_, width_);
    return y;
  }

 private:
  static AlignedBuffer<Scalar> copy(const ConstMatrixRef<Scalar>& table) {
    AlignedBuffer<Scalar> values(static_cast<std::size_t>(table.size()));
    MatrixView<Scalar>(values.data(), table.rows(), table.cols()) = table;
    return values;
  }

  AlignedBuffer<Scalar> table_;
  Index width_ = 0;
  Index prefix_rows_ = 0;
  Index grid_height_ = 0;
  Index grid_width_ = 0;
  Index suffix_rows_ = 0;
  GridInterpolation interpolation_;
};

}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
