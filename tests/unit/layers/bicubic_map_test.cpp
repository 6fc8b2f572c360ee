#include <algorithm>
#include <cmath>

#include <doctest/doctest.h>

#include <eigenvit/layers/bicubic_map.hpp>

#include "../support.hpp"

using eigenvit::ConstMatrixView;
using eigenvit::Index;
using eigenvit::Matrix;

namespace {

/// Keys' kernel with a = -0.75.
double cubic(double x) {
  x = std::abs(x);
  if (x <= 1) return 1.25 * x * x * x - 2.25 * x * x + 1;
  if (x < 2) return -0.75 * (x * x * x - 5 * x * x + 8 * x - 4);
  return 0;
}

double plain_value(const Matrix<float>& x, Index height, Index width, Index row, Index column) {
  const double y = (double(row) + 0.5) * double(x.rows()) / double(height) - 0.5;
  const double z = (double(column) + 0.5) * double(x.cols()) / double(width) - 0.5;
  double sum = 0;
  for (Index i = -1; i <= 2; ++i) {
    for (Index j = -1; j <= 2; ++j) {
      const double from_row = std::floor(y) + double(i);
      const double from_column = std::floor(z) + double(j);
      const auto clamp = [](double place, Index size) {
        return std::min(std::max<Index>(static_cast<Index>(place), 0), size - 1);
      };
      sum += cubic(y - from_row) * cubic(z - from_column) *
             double(x(clamp(from_row, x.rows()), clamp(from_column, x.cols())));
    }
  }
  return sum;
}

}  // namespace

TEST_CASE("resize_bicubic is PyTorch's rule, larger and smaller") {
  double worst = 0;
  const auto values = support::random_values<float>(7 * 9, 1);
  const Matrix<float> x = ConstMatrixView<float>(values.data(), 7, 9);
  for (const Index height : {1, 3, 7, 20}) {
    for (const Index width : {1, 4, 9, 31}) {
      Matrix<float> y(height, width);
      eigenvit::detail::resize_bicubic(ConstMatrixView<float>(x.data(), 7, 9), y);
      for (Index row = 0; row < height; ++row) {
        for (Index column = 0; column < width; ++column) {
          const double expected = plain_value(x, height, width, row, column);
          worst = std::max(worst, support::worst_error(&y(row, column), &expected, 1));
        }
      }
    }
  }
  // The places are computed in float, as PyTorch does it.
  CHECK(worst < 5e-6);
}

TEST_CASE("resize_bicubic of a part is that part of the whole, bit for bit") {
  const auto values = support::random_values<float>(7 * 9, 1);
  const ConstMatrixView<float> x(values.data(), 7, 9);
  Matrix<float> whole(20, 31), part(9, 12);
  eigenvit::detail::resize_bicubic(x, whole);
  eigenvit::detail::resize_bicubic(x, {20, 31}, 4, 11, part);
  CHECK((part.array() == whole.block(4, 11, 9, 12).array()).all());
}

TEST_CASE("resize_bicubic of one pixel repeats it") {
  const float pixel = 0.75f;
  Matrix<float> y(3, 4);
  eigenvit::detail::resize_bicubic(ConstMatrixView<float>(&pixel, 1, 1), y);
  CHECK((y.array() - pixel).abs().maxCoeff() < 1e-6f);
}
