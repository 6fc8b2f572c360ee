#include <doctest/doctest.h>

#include <eigenvit/layers/transposed_convolution.hpp>

#include "../plain_layers.hpp"

using eigenvit::ConstMatrixView;
using eigenvit::Index;
using eigenvit::Matrix;
using eigenvit::detail::MapSize;
using eigenvit::detail::TransposedConvolution;

namespace {

/// Weights of a square whose pixels share their bias.
plain::Linear square_of(Index outputs, Index inputs, Index factor, bool bias) {
  plain::Linear square(outputs * factor * factor, inputs, 1, bias);
  for (std::size_t i = 0; i < square.bias.size(); ++i) {
    square.bias[i] = square.bias[i % static_cast<std::size_t>(outputs)];
  }
  return square;
}

}  // namespace

TEST_CASE_TEMPLATE("TransposedConvolution makes a square of each pixel", Scalar, float, double) {
  const MapSize size{3, 5};
  double worst = 0;
  for (const Index factor : {1, 2, 4}) {
    for (const Index channels : {1, 6, 17}) {
      for (const Index outputs : {3, 16, 33}) {
        const plain::Linear square = square_of(outputs, channels, factor, outputs != 16);
        const TransposedConvolution<Scalar> conv(square.layer<Scalar>(), factor);
        CHECK(conv.in_channels() == channels);
        CHECK(conv.out_channels() == outputs);
        CHECK(conv.parameters() ==
              factor * factor * outputs * channels + (outputs != 16 ? outputs : 0));
        const plain::Values x = plain::random(size.pixels() * channels, 5);
        const auto values = plain::buffer<Scalar>(x);
        const Matrix<Scalar> y =
            conv(ConstMatrixView<Scalar>(values.data(), size.pixels(), channels), size);
        REQUIRE(conv.output_size(size) == MapSize{3 * factor, 5 * factor});
        REQUIRE(y.rows() == 15 * factor * factor);
        const plain::Values squares = square(x);
        for (Index pixel = 0; pixel < size.pixels(); ++pixel) {
          for (Index place = 0; place < factor * factor; ++place) {
            const Index row = pixel / size.width * factor + place / factor;
            const Index column = pixel % size.width * factor + place % factor;
            const auto found = y.row(row * size.width * factor + column);
            const auto* const expected =
                squares.data() + (pixel * factor * factor + place) * outputs;
            worst = std::max(worst, support::worst_error(found.data(), expected, outputs));
          }
        }
      }
    }
  }
  CHECK(worst < (sizeof(Scalar) == 4 ? 2e-6 : 5e-15));
}

TEST_CASE("TransposedConvolution says what does not fit") {
  const auto square = square_of(2, 3, 2, true).layer<float>();
  CHECK(support::message_of<eigenvit::ShapeError>([&] {
          TransposedConvolution<float>(square, 3);
        }) == "transposed convolution: expected outputs for 3 x 3 pixels, found 8");
  CHECK_THROWS_AS(TransposedConvolution<float>(square, 0), eigenvit::ShapeError);
  const TransposedConvolution<float> conv(square, 2);
  CHECK(support::message_of<eigenvit::ShapeError>([&] {
          conv(Matrix<float>(Matrix<float>::Zero(6, 4)), {2, 3});
        }) == "transposed convolution: expected 2 x 3 pixels of 3 channels, found 6 x 4 values");
}
