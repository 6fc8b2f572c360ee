#include <doctest/doctest.h>

#include <eigenvit/pipeline/fitted_line.hpp>

using eigenvit::Matrix;
using eigenvit::detail::fitted_line;

namespace {

Matrix<float> two_by_three(float a, float b, float c, float d, float e, float f) {
  Matrix<float> values(2, 3);
  values << a, b, c, d, e, f;
  return values;
}

}  // namespace

TEST_CASE("a fitted line is the one that numbers lie on") {
  const Matrix<float> x = two_by_three(0, 1, 2, 3, 4, 5);
  const auto [scale, offset] = fitted_line(x, Matrix<float>((2.5F * x.array() - 3).matrix()));
  CHECK(scale == doctest::Approx(2.5));
  CHECK(offset == doctest::Approx(-3));
}

TEST_CASE("a fitted line is the nearest by least squares, of parts of matrices too") {
  Matrix<float> larger = Matrix<float>::Constant(4, 5, 99);
  larger.block(1, 2, 2, 3) = two_by_three(1, 3, 2, 5, 4, 4);
  // Sums of (x - 2.5)(y - 19/6) and of (x - 2.5)^2: 10.5 and 17.5.
  const auto [scale, offset] =
      fitted_line(two_by_three(0, 1, 2, 3, 4, 5), larger.block(1, 2, 2, 3));
  CHECK(scale == doctest::Approx(0.6));
  CHECK(offset == doctest::Approx(19.0 / 6 - 0.6 * 2.5));
}

TEST_CASE("where no scale above 0 fits, the line is the mean") {
  const Matrix<float> y = two_by_three(1, 2, 3, 4, 5, 9);
  for (const Matrix<float>& x : {two_by_three(5, 4, 3, 2, 1, 0), two_by_three(7, 7, 7, 7, 7, 7)}) {
    const auto [scale, offset] = fitted_line(x, y);
    CHECK(scale == 0);
    CHECK(offset == doctest::Approx(4));
  }
  const auto [scale, offset] = fitted_line(y, two_by_three(2, 2, 2, 2, 2, 2));
  CHECK(scale == 0);
  CHECK(offset == doctest::Approx(2));
}
