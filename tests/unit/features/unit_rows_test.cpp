#include <doctest/doctest.h>

#include <eigenvit/features/unit_rows.hpp>

#include "../support.hpp"

using eigenvit::Matrix;

TEST_CASE("rows are scaled to length 1") {
  Matrix<float> rows(2, 2);
  rows << 3, -4, 0, 1e-30F;
  const Matrix<float> unit = eigenvit::detail::unit_rows(rows, "row");
  CHECK(unit(0, 0) == 0.6F);
  CHECK(unit(0, 1) == -0.8F);
  CHECK(unit(1, 0) == 0);
  CHECK(unit(1, 1) == 1);
  CHECK(eigenvit::detail::squared_length(rows.data(), 2) == 25);
}

TEST_CASE("the first row that is longer than 1") {
  Matrix<float> rows(3, 2);
  rows << 0.6F, 0.8F, 0, 0, 1e-20F, 1;
  CHECK(eigenvit::detail::first_longer_than_1(rows) == -1);
  rows(2, 1) = 1.00001F;
  CHECK(eigenvit::detail::first_longer_than_1(rows) == 2);
  rows(1, 0) = support::not_a_number;
  CHECK(eigenvit::detail::first_longer_than_1(rows) == 1);
}

TEST_CASE("a row without a direction is an error") {
  Matrix<float> rows = Matrix<float>::Ones(3, 2);
  rows.row(1).setZero();
  const auto message = [&] {
    return support::message_of<eigenvit::ShapeError>(
        [&] { eigenvit::detail::unit_rows(rows, "text"); });
  };
  CHECK(message() == "text 1: expected a vector with a direction, found one of zeros");
  rows(1, 0) = support::not_a_number;
  CHECK(message() ==
        "text 1: expected a vector with a direction, found one of values that are not finite");
}
