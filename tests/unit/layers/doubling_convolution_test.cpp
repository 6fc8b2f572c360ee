#include <array>
#include <utility>

#include <doctest/doctest.h>

#include <eigenvit/layers/doubling_convolution.hpp>

#include "../support.hpp"

using eigenvit::AlignedBuffer;
using eigenvit::Index;
using eigenvit::Linear;
using eigenvit::Matrix;
using eigenvit::detail::DoublingConvolution;
using eigenvit::detail::MapSize;
using eigenvit::detail::PackedMatrix;

namespace {

constexpr Index inputs = 3, outputs = 5;

/// Of PyTorch's weight `[C, O, 4, 4]`.
double weight(const AlignedBuffer<double>& weights, Index in, Index out, Index row, Index column) {
  return weights[static_cast<std::size_t>(((in * outputs + out) * 4 + row) * 4 + column)];
}

/// What `ConvTranspose2d` does: each pixel adds its weights to the square that begins one pixel
/// before its double.
Matrix<double> transposed(const Matrix<double>& x, const MapSize& size,
                          const AlignedBuffer<double>& weights, const AlignedBuffer<double>& bias) {
  Matrix<double> y = Matrix<double>::Zero(4 * size.pixels(), outputs);
  for (Index o = 0; o < outputs; ++o) y.col(o).array() += bias[static_cast<std::size_t>(o)];
  for (Index pixel = 0; pixel < size.pixels(); ++pixel) {
    for (Index place = 0; place < 16; ++place) {
      const Index row = 2 * (pixel / size.width) - 1 + place / 4;
      const Index column = 2 * (pixel % size.width) - 1 + place % 4;
      if (row < 0 || row >= 2 * size.height || column < 0 || column >= 2 * size.width) continue;
      for (Index o = 0; o < outputs; ++o) {
        for (Index c = 0; c < inputs; ++c) {
          y(row * 2 * size.width + column, o) +=
              x(pixel, c) * weight(weights, c, o, place / 4, place % 4);
        }
      }
    }
  }
  return y;
}

template <class Scalar>
DoublingConvolution<Scalar> layer(const AlignedBuffer<double>& weights,
                                  const AlignedBuffer<double>& bias) {
  std::array<Linear<Scalar>, 4> quarters;
  for (Index q = 0; q < 4; ++q) {
    AlignedBuffer<Scalar> rows;
    for (Index o = 0; o < outputs; ++o) {
      for (Index place = 0; place < 4; ++place) {
        for (Index c = 0; c < inputs; ++c) {
          rows.push_back(static_cast<Scalar>(
              weight(weights, c, o, 3 - q / 2 - 2 * (place / 2), 3 - q % 2 - 2 * (place % 2))));
        }
      }
    }
    quarters[static_cast<std::size_t>(q)] =
        Linear<Scalar>(PackedMatrix<Scalar>(rows, outputs, 4 * inputs),
                       AlignedBuffer<Scalar>(bias.begin(), bias.end()));
  }
  return {std::move(quarters), inputs};
}

}  // namespace

TEST_CASE_TEMPLATE("DoublingConvolution is a transposed convolution", Scalar, float, double) {
  const auto weights = support::random_values<double>(inputs * outputs * 16, 1);
  const auto bias = support::random_values<double>(outputs, 2);
  const auto conv = layer<Scalar>(weights, bias);
  CHECK(conv.in_channels() == inputs);
  CHECK(conv.out_channels() == outputs);
  CHECK(conv.parameters() == inputs * outputs * 16 + outputs);
  for (const MapSize size : {MapSize{1, 1}, {1, 4}, {3, 1}, {4, 5}}) {
    const auto values = support::random_values<double>(size.pixels() * inputs, 3);
    const eigenvit::ConstMatrixView<double> x(values.data(), size.pixels(), inputs);
    const Matrix<double> expected = transposed(x, size, weights, bias);
    const Matrix<Scalar> found = conv(Matrix<Scalar>(x.template cast<Scalar>()), size);
    REQUIRE(found.rows() == expected.rows());
    CHECK(support::worst_error(found.data(), expected.data(), expected.size()) <
          (sizeof(Scalar) == 4 ? 1e-6 : 1e-14));
    CHECK(conv.output_size(size) == MapSize{2 * size.height, 2 * size.width});
  }
}

TEST_CASE("DoublingConvolution says what does not fit") {
  const auto conv = layer<float>(support::random_values<double>(inputs * outputs * 16, 1),
                                 support::random_values<double>(outputs, 2));
  CHECK(support::message_of<eigenvit::ShapeError>([&] {
          conv(Matrix<float>(Matrix<float>::Zero(6, 4)), {2, 3});
        }) == "doubling convolution: expected 2 x 3 pixels of 3 channels, found 6 x 4 values");
  std::array<Linear<float>, 4> weights;
  for (Index q = 0; q < 4; ++q) {
    weights[static_cast<std::size_t>(q)] = Linear<float>(Matrix<float>::Zero(q < 2 ? 5 : 6, 12));
  }
  CHECK(support::message_of<eigenvit::ShapeError>([&] {
          DoublingConvolution<float> wrong(weights, 3);
        }) == "doubling convolution: expected 5 outputs of every weight, found 6");
  CHECK(support::message_of<eigenvit::ShapeError>([&] {
          DoublingConvolution<float> wrong(weights, 4);
        }) == "convolution: expected a weight of 4 x 2 x 2 inputs, found 12");
}
