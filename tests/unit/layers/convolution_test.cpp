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

TEST_CASE("Convolution finds the windows of a block, with zeros around the map, where they lie") {
  constexpr Index channels = 3;
  for (const ConvolutionShape& shape :
       {ConvolutionShape{3, 2, 1}, ConvolutionShape{3, 1, 1}, ConvolutionShape{2, 3, 4},
        ConvolutionShape{5, 1, 2}, ConvolutionShape{1, 1, 0}}) {
    CAPTURE(shape.kernel);
    const MapSize size{6, 5};
    const Index window = shape.kernel * shape.kernel * channels;
    const Convolution<float> conv(plain::Linear(2, window, 1).layer<float>(), channels, shape);
    const MapSize result = conv.output_size(size);
    const auto x = support::random_values<float>(size.pixels() * channels, 2);
    const Index stride = window + 5;
    std::vector<float> whole(static_cast<std::size_t>(result.pixels() * stride), -7.0f);
    conv.flatten({x.data(), size, channels}, 0, result.pixels(), whole.data(), stride);
    for (Index first = 0; first < result.pixels(); ++first) {
      const Index row = first / result.width, column = first % result.width;
      const MapSize block{std::min<Index>(2, result.height - row),
                          std::min<Index>(3, result.width - column)};
      const MapSize read = conv.read_by(block);
      CHECK(read == MapSize{(block.height - 1) * shape.stride + shape.kernel,
                            (block.width - 1) * shape.stride + shape.kernel});
      std::vector<float> values(static_cast<std::size_t>(read.pixels() * channels), -7.0f);
      const auto copy = [&](Index from_row, Index from, Index count, float* to) {
        CHECK((from_row >= 0 && from >= 0 && count > 0));
        CHECK((from_row < size.height && from + count <= size.width));
        std::copy_n(x.data() + (from_row * size.width + from) * channels, count * channels, to);
      };
      conv.read_block(size, row, column, block, copy, values.data());
      for (Index i = 0; i < block.height; ++i) {
        std::vector<float> some(static_cast<std::size_t>(block.width * stride), -7.0f);
        conv.windows(values.data(), block, i, false).copy(block.width, some.data(), stride);
        CHECK(std::equal(some.begin(), some.end(),
                         whole.begin() + static_cast<std::ptrdiff_t>(
                                             ((row + i) * result.width + column) * stride)));
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
