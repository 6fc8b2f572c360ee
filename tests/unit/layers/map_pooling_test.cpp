#include <algorithm>
#include <vector>

#include <doctest/doctest.h>

#include <eigenvit/layers/map_pooling.hpp>

#include "../plain_layers.hpp"

using eigenvit::Index;
using eigenvit::detail::average_pool_row;
using eigenvit::detail::MapSize;
using eigenvit::detail::max_pool_row;

namespace {

/// Whether pixel `at` of `pixels` lies in region `i` of `regions`: where the two overlap.
bool overlaps(Index at, Index pixels, Index i, Index regions) {
  return at * regions < (i + 1) * pixels && (at + 1) * regions > i * pixels;
}

}  // namespace

TEST_CASE_TEMPLATE("average_pool_row gives the means of regions that cover the map", Scalar, float,
                   double) {
  double worst = 0;
  for (const MapSize from : {MapSize{1, 1}, MapSize{4, 6}, MapSize{7, 5}, MapSize{13, 20}}) {
    for (const MapSize to : {MapSize{1, 1}, MapSize{2, 2}, MapSize{3, 3}, MapSize{6, 6}}) {
      for (const Index channels : {1, 6, 19}) {
        const plain::Values x = plain::random(from.pixels() * channels, 3);
        const auto map = plain::buffer<Scalar>(x);
        std::vector<Scalar> y(static_cast<std::size_t>(to.width * channels));
        for (Index row = 0; row < to.height; ++row) {
          average_pool_row<Scalar>({map.data(), from, channels}, to, row, y.data());
          for (Index i = 0; i < to.width * channels; ++i) {
            double sum = 0;
            int count = 0;
            for (Index pixel = 0; pixel < from.pixels(); ++pixel) {
              if (!overlaps(pixel / from.width, from.height, row, to.height) ||
                  !overlaps(pixel % from.width, from.width, i / channels, to.width)) {
                continue;
              }
              sum += x[static_cast<std::size_t>(pixel * channels + i % channels)];
              ++count;
            }
            const double expected = sum / count;
            worst = std::max(worst,
                             support::worst_error(&y[static_cast<std::size_t>(i)], &expected, 1));
          }
        }
      }
    }
  }
  CHECK(worst < (sizeof(Scalar) == 4 ? 2e-6 : 5e-15));
}

TEST_CASE_TEMPLATE("max_pool_row gives the greatest values and leaves a rest out", Scalar, float,
                   double) {
  for (const Index factor : {1, 2, 3}) {
    for (const MapSize from : {MapSize{3, 3}, MapSize{6, 7}, MapSize{7, 12}}) {
      for (const Index channels : {1, 19}) {
        const auto x = plain::buffer<Scalar>(plain::random(from.pixels() * channels, 3));
        const Index columns = from.width / factor;
        std::vector<Scalar> y(static_cast<std::size_t>(columns * channels + 1), Scalar(9));
        for (Index row = 0; row < from.height / factor; ++row) {
          max_pool_row<Scalar>({x.data(), from, channels}, factor, row, y.data());
          for (Index i = 0; i < columns * channels; ++i) {
            Scalar expected = -100;
            for (Index place = 0; place < factor * factor; ++place) {
              const Index pixel = (row * factor + place / factor) * from.width +
                                  i / channels * factor + place % factor;
              expected =
                  std::max(expected, x[static_cast<std::size_t>(pixel * channels + i % channels)]);
            }
            CHECK(y[static_cast<std::size_t>(i)] == expected);
          }
        }
        CHECK(y.back() == 9);
      }
    }
  }
}
