#include <type_traits>
#include <vector>

#include <doctest/doctest.h>

#include <eigenvit/core/types.hpp>

namespace {

const float* data_of(const eigenvit::ConstMatrixRef<float>& matrix) {
  return matrix.data();
}

float entry_of(const eigenvit::ConstMatrixRef<float>& matrix, Eigen::Index row, Eigen::Index col) {
  return matrix(row, col);
}

}  // namespace

TEST_CASE("Matrices are row-major, views assume no alignment") {
  static_assert(eigenvit::Matrix<float>::IsRowMajor);
  static_assert(eigenvit::MatrixView<double>::IsRowMajor);
  static_assert(eigenvit::ConstMatrixRef<float>::IsRowMajor);
  static_assert(eigenvit::Vector<float>::ColsAtCompileTime == 1);
  static_assert(std::is_same_v<eigenvit::Index, Eigen::Index>);

  std::vector<float> values(40, 0.0f);
  values[3] = 3;
  values[4] = 4;
  // One float further than any alignment that Eigen knows.
  const eigenvit::ConstMatrixView<float> view(values.data() + 1, 2, 3);
  CHECK(view(0, 2) == 3);
  CHECK(view(1, 0) == 4);
  eigenvit::VectorView<float>(values.data() + 1, 38).setConstant(9);
  CHECK(values[0] == 0);
  CHECK(values[1] == 9);
  CHECK(values[38] == 9);
  CHECK(values[39] == 0);
}

TEST_CASE("A ConstMatrixRef takes a block as it is and copies what is column-major") {
  eigenvit::Matrix<float> matrix(4, 5);
  for (Eigen::Index i = 0; i < matrix.size(); ++i) matrix.data()[i] = static_cast<float>(i);
  CHECK(data_of(matrix) == matrix.data());
  CHECK(data_of(matrix.block(1, 2, 2, 3)) == &matrix(1, 2));
  CHECK(entry_of(matrix.block(1, 2, 2, 3), 1, 2) == matrix(2, 4));

  const Eigen::MatrixXf columns = matrix;
  CHECK(data_of(columns) != columns.data());
  CHECK(entry_of(columns, 3, 1) == matrix(3, 1));
}
