#include <vector>

#include <doctest/doctest.h>

#include <eigenvit/features/matrix_product.hpp>

using eigenvit::Index;
using eigenvit::Matrix;

namespace {

// Whole numbers, whose sums of products are exact in any order.
Matrix<double> numbers(Index rows, Index cols, Index seed) {
  Matrix<double> matrix(rows, cols);
  for (Index i = 0; i < matrix.size(); ++i) {
    matrix.data()[i] = static_cast<double>((i * 7 + seed) % 11 - 5);
  }
  return matrix;
}

Matrix<double> plain_product(const Matrix<double>& a, const Matrix<double>& b) {
  Matrix<double> result = Matrix<double>::Zero(a.rows(), b.cols());
  for (Index i = 0; i < a.rows(); ++i) {
    for (Index j = 0; j < b.cols(); ++j) {
      for (Index k = 0; k < a.cols(); ++k) result(i, j) += a(i, k) * b(k, j);
    }
  }
  return result;
}

}  // namespace

TEST_CASE("The products of matrices are those of three loops") {
  for (const Index m : {1, 3, 20}) {
    for (const Index k : {1, 5, 33}) {
      for (const Index n : {1, 4, 17}) {
        CAPTURE(m);
        CAPTURE(k);
        CAPTURE(n);
        const Matrix<double> a = numbers(m, k, 1), b = numbers(k, n, 2);
        const Matrix<double> expected = plain_product(a, b);
        CHECK(eigenvit::detail::product(a, b) == expected);
        CHECK(eigenvit::detail::product_by_transposed(a, b.transpose()) == expected);
        CHECK(eigenvit::detail::product_of_transposed(a.transpose(), b) == expected);
      }
    }
  }
}

TEST_CASE("A product over no terms is 0") {
  const Matrix<double> a(2, 0), b(0, 3);
  CHECK(eigenvit::detail::product(a, b) == Matrix<double>::Zero(2, 3));
}
