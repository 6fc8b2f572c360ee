#include <doctest/doctest.h>

#include <eigenvit/layers/depthwise_convolution.hpp>

#include "../support.hpp"

using eigenvit::AlignedBuffer;
using eigenvit::Index;
using eigenvit::detail::DepthwiseConvolution;
using eigenvit::detail::FeatureMap;
using eigenvit::detail::MapSize;

TEST_CASE_TEMPLATE("DepthwiseConvolution convolves each channel by itself, with zeros around",
                   Scalar, float, double) {
  const MapSize size{4, 5};
  for (const Index kernel : {1, 3, 5}) {
    for (const Index channels : {1, 6, 17}) {
      const auto weight = support::random_values<Scalar>(kernel * kernel * channels, 1);
      const auto x = support::random_values<Scalar>(size.pixels() * channels, 2);
      const DepthwiseConvolution<Scalar> conv(weight, kernel, channels);
      CHECK(conv.channels() == channels);
      CHECK(conv.parameters() == kernel * kernel * channels);
      AlignedBuffer<Scalar> product(static_cast<std::size_t>(channels));
      AlignedBuffer<Scalar> y(x.size());
      for (Index row = 0; row < size.height; ++row) {
        // In two pieces.
        Scalar* const to = y.data() + row * size.width * channels;
        const FeatureMap<Scalar> map{x.data(), size, channels};
        conv.forward(map, row, 0, 2, to, channels, product.data());
        conv.forward(map, row, 2, size.width - 2, to + 2 * channels, channels, product.data());
      }
      double worst = 0;
      for (Index row = 0; row < size.height; ++row) {
        for (Index column = 0; column < size.width; ++column) {
          for (Index c = 0; c < channels; ++c) {
            double sum = 0;
            for (Index i = 0; i < kernel; ++i) {
              for (Index j = 0; j < kernel; ++j) {
                const Index down = row + i - kernel / 2;
                const Index right = column + j - kernel / 2;
                if (down < 0 || down >= size.height || right < 0 || right >= size.width) continue;
                sum += static_cast<double>(
                           weight[static_cast<std::size_t>((i * kernel + j) * channels + c)]) *
                       static_cast<double>(
                           x[static_cast<std::size_t>((down * size.width + right) * channels + c)]);
              }
            }
            const auto found = static_cast<double>(
                y[static_cast<std::size_t>((row * size.width + column) * channels + c)]);
            worst = std::max(worst, std::abs(found - sum));
          }
        }
      }
      CHECK(worst < (sizeof(Scalar) == 4 ? 1e-5 : 1e-14));
    }
  }
}

TEST_CASE("DepthwiseConvolution refuses weights that do not fit its kernel") {
  CHECK(support::message_of<eigenvit::ShapeError>(
            [] { DepthwiseConvolution<float>(AlignedBuffer<float>(10), 3, 2); }) ==
        "depthwise convolution: expected weights of an odd kernel and 2 channels, found 10 of a "
        "kernel of 3");
  CHECK_THROWS_AS(DepthwiseConvolution<float>(AlignedBuffer<float>(8), 2, 2), eigenvit::ShapeError);
}
