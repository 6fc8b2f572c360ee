#include <algorithm>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <eigenvit/layers/convolution.hpp>

#include "../plain_layers.hpp"

using eigenvit::ConstMatrixView;
using eigenvit::Index;
using eigenvit::Matrix;
using eigenvit::detail::Convolution;
using eigenvit::detail::ConvolutionShape;
using eigenvit::detail::MapSize;

namespace {

/// The sum over a window as it is written down, for one value of the result.
double plain_value(const plain::Values& x, const MapSize& size, const plain::Linear& weights,
                   const ConvolutionShape& shape, Index row, Index column, Index output) {
  const Index channels = weights.inputs / (shape.kernel * shape.kernel);
  double sum = weights.bias.empty() ? 0 : weights.bias[static_cast<std::size_t>(output)];
  for (Index i = 0; i < shape.kernel; ++i) {
    for (Index j = 0; j < shape.kernel; ++j) {
      const Index y = row * shape.stride + i - shape.padding;
      const Index z = column * shape.stride + j - shape.padding;
      if (y < 0 || y >= size.height || z < 0 || z >= size.width) continue;
      for (Index c = 0; c < channels; ++c) {
        const Index weight = (output * shape.kernel + i) * shape.kernel + j;
        sum += weights.weight[static_cast<std::size_t>(weight * channels + c)] *
               x[static_cast<std::size_t>((y * size.width + z) * channels + c)];
      }
    }
  }
  return sum;
}

}  // namespace

TEST_CASE_TEMPLATE("Convolution is the sum over windows, for odd kernels, strides and paddings",
                   Scalar, float, double) {
  double worst = 0;
  for (const ConvolutionShape& shape :
       {ConvolutionShape{1, 1, 0}, ConvolutionShape{3, 1, 1}, ConvolutionShape{3, 2, 1},
        ConvolutionShape{3, 3, 0}, ConvolutionShape{2, 2, 0}, ConvolutionShape{5, 1, 3},
        ConvolutionShape{4, 3, 2}}) {
    for (const MapSize size : {MapSize{5, 7}, MapSize{8, 5}, MapSize{1, 6}}) {
      for (const Index channels : {1, 5, 18}) {
        CAPTURE(shape.kernel);
        CAPTURE(size.height);
        CAPTURE(channels);
        const plain::Linear weights(7, shape.kernel * shape.kernel * channels, 3, channels != 5);
        const Convolution<Scalar> conv(weights.layer<Scalar>(), channels, shape);
        const MapSize result = conv.output_size(size);
        const auto floor = [&](Index side) {
          const Index room = side + 2 * shape.padding - shape.kernel;
          return room < 0 ? Index{0} : room / shape.stride + 1;
        };
        REQUIRE(result == MapSize{floor(size.height), floor(size.width)});
        const plain::Values x = plain::random(size.pixels() * channels, 1);
        const auto values = plain::buffer<Scalar>(x);
        const Matrix<Scalar> y =
            conv(ConstMatrixView<Scalar>(values.data(), size.pixels(), channels), size);
        REQUIRE(y.rows() == result.pixels());
        for (Index pixel = 0; pixel < result.pixels(); ++pixel) {
          for (Index output = 0; output < 7; ++output) {
            const double expected = plain_value(x, size, weights, shape, pixel / result.width,
                                                pixel % result.width, output);
            worst = std::max(worst, support::worst_error(&y(pixel, output), &expected, 1));
          }
        }
      }
    }
  }
  CHECK(worst < (sizeof(Scalar) == 4 ? 2e-6 : 5e-15));
}

TEST_CASE("Convolution reads windows of positive parts, and of maps that are there in part") {
  constexpr Index channels = 3;
  const MapSize size{6, 5};
  const Convolution<float> conv(plain::Linear(2, 9 * channels, 1).layer<float>(), channels,
                                {3, 2, 1});
  const MapSize result = conv.output_size(size);
  REQUIRE(result == MapSize{3, 3});
  const auto x = support::random_values<float>(size.pixels() * channels, 2);
  constexpr Index stride = 9 * channels + 5;
  std::vector<float> whole(static_cast<std::size_t>(result.pixels() * stride), -7.0f);
  conv.flatten({x.data(), size, channels}, 0, result.pixels(), false, whole.data(), stride);
  for (Index row = 0; row < result.height; ++row) {
    const auto [first, last] = conv.rows_read(size, row, row + 1);
    CHECK(first == std::max<Index>(2 * row - 1, 0));
    CHECK(last == std::min<Index>(2 * row + 2, 6));
    // What other rows hold is not there.
    const std::vector<float> band(x.data() + first * size.width * channels,
                                  x.data() + last * size.width * channels);
    for (const bool relu : {false, true}) {
      std::vector<float> some(static_cast<std::size_t>(result.width * stride), -7.0f);
      conv.flatten({band.data(), size, channels, first}, row * result.width, result.width, relu,
                   some.data(), stride);
      for (std::size_t i = 0; i < some.size(); ++i) {
        const float expected = whole[static_cast<std::size_t>(row * result.width * stride) + i];
        const bool is_window = static_cast<Index>(i) % stride < 9 * channels;
        CHECK(some[i] == (relu && is_window ? std::max(expected, 0.0f) : expected));
      }
    }
  }
}

TEST_CASE("Convolution knows its sizes and says what does not fit") {
  const auto linear = plain::Linear(4, 18, 1).layer<float>();
  const Convolution<float> conv(linear, 2, {3, 1, 1});
  CHECK(conv.in_channels() == 2);
  CHECK(conv.out_channels() == 4);
  CHECK(conv.parameters() == 4 * 18 + 4);
  CHECK(Convolution<float>(linear, 2, {3, 1, 0}).output_size({2, 5}) == MapSize{0, 3});
  CHECK(support::message_of<eigenvit::ShapeError>([&] {
          Convolution<float>(linear, 3, {3, 1, 1});
        }) == "convolution: expected a weight of 3 x 3 x 3 inputs, found 18");
  CHECK_THROWS_AS(Convolution<float>(linear, 2, {3, 0, 1}), eigenvit::ShapeError);
  CHECK_THROWS_AS(Convolution<float>(linear, 2, {3, 1, -1}), eigenvit::ShapeError);
  CHECK(support::message_of<eigenvit::ShapeError>([&] {
          conv(Matrix<float>(Matrix<float>::Zero(11, 2)), {3, 4});
        }) == "convolution: expected 3 x 4 pixels of 2 channels, found 11 x 2 values");
}
