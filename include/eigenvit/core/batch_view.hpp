/// A batch of equally sized row-major matrices in memory that somebody else owns.
#ifndef EIGENVIT_CORE_BATCH_VIEW_HPP
#define EIGENVIT_CORE_BATCH_VIEW_HPP

#include <type_traits>

#include <eigenvit/core/types.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {

/// `images` matrices `[rows, cols]`: row `r` of image `b` begins at
/// `data + b * image_stride + r * row_stride`. Layers work on these, image by image, so that a
/// result never depends on what else is in the batch. `Scalar` is const for inputs.
template <class Scalar>
struct BatchView {
  Scalar* data = nullptr;
  Index images = 0;
  Index rows = 0;
  Index cols = 0;
  Index row_stride = 0;
  Index image_stride = 0;

  BatchView() = default;

  /// Dense storage: `[images * rows, cols]`.
  BatchView(Scalar* values, Index image_count, Index row_count, Index col_count)
      : BatchView(values, image_count, row_count, col_count, col_count, row_count * col_count) {}

  BatchView(Scalar* values, Index image_count, Index row_count, Index col_count, Index row_step,
            Index image_step)
      : data(values),
        images(image_count),
        rows(row_count),
        cols(col_count),
        row_stride(row_step),
        image_stride(image_step) {}

  /// One matrix, as layers take it when they are used alone.
  template <class Derived>
  static BatchView of(Derived&& matrix) {
    return BatchView(matrix.data(), 1, matrix.rows(), matrix.cols(), matrix.outerStride(), 0);
  }

  operator BatchView<const Scalar>() const {
    return BatchView<const Scalar>(data, images, rows, cols, row_stride, image_stride);
  }

  Scalar* row(Index image, Index r) const { return data + image * image_stride + r * row_stride; }

  /// Rows `[first, first + count)` of every image.
  BatchView row_range(Index first, Index count) const {
    return BatchView(data + first * row_stride, images, count, cols, row_stride, image_stride);
  }

  /// Columns `[first, first + count)` of every image.
  BatchView col_range(Index first, Index count) const {
    return BatchView(data + first, images, rows, count, row_stride, image_stride);
  }
};

}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
