#include <vector>

#include <doctest/doctest.h>

#include <eigenvit/core/batch_view.hpp>

using eigenvit::BatchView;

TEST_CASE("BatchView of dense storage") {
  std::vector<float> values(2 * 3 * 4);
  const BatchView<float> view(values.data(), 2, 3, 4);
  CHECK(view.images == 2);
  CHECK(view.rows == 3);
  CHECK(view.cols == 4);
  CHECK(view.row_stride == 4);
  CHECK(view.image_stride == 12);
  CHECK(view.row(0, 0) == values.data());
  CHECK(view.row(1, 2) == values.data() + 12 + 8);
}

TEST_CASE("BatchView with strides, and ranges of it") {
  std::vector<double> values(200);
  const BatchView<double> view(values.data(), 3, 4, 5, 7, 60);
  CHECK(view.row(2, 3) == values.data() + 120 + 21);

  const BatchView<double> rows = view.row_range(1, 2);
  CHECK(rows.rows == 2);
  CHECK(rows.cols == 5);
  CHECK(rows.images == 3);
  CHECK(rows.row(2, 1) == view.row(2, 2));

  const BatchView<double> cols = view.col_range(2, 3);
  CHECK(cols.rows == 4);
  CHECK(cols.cols == 3);
  CHECK(cols.row(1, 3) == view.row(1, 3) + 2);

  const BatchView<const double> read_only = view;
  CHECK(read_only.row(2, 3) == view.row(2, 3));
  CHECK(read_only.rows == 4);
  CHECK(read_only.cols == 5);
}

TEST_CASE("BatchView of a matrix and of a block of one") {
  eigenvit::Matrix<float> matrix(6, 8);
  const auto whole = BatchView<float>::of(matrix);
  CHECK(whole.images == 1);
  CHECK(whole.rows == 6);
  CHECK(whole.cols == 8);
  CHECK(whole.row(0, 5) == matrix.data() + 40);

  const eigenvit::ConstMatrixRef<float> block = matrix.block(1, 2, 3, 4);
  const auto part = BatchView<const float>::of(block);
  CHECK(part.rows == 3);
  CHECK(part.cols == 4);
  CHECK(part.row_stride == 8);
  CHECK(part.row(0, 2) == &matrix(3, 2));
}

TEST_CASE("BatchView is empty by default") {
  const BatchView<float> view;
  CHECK(view.data == nullptr);
  CHECK(view.images == 0);
  CHECK(view.rows == 0);
}
