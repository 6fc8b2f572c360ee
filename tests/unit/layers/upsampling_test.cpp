#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <eigenvit/layers/grid_resampler.hpp>
#include <eigenvit/layers/upsampling.hpp>

#include "../plain_layers.hpp"

using eigenvit::Index;
using eigenvit::detail::MapSize;
using eigenvit::detail::upsample_pixels;
using eigenvit::detail::upsample_row;

TEST_CASE_TEMPLATE("upsample_row is PyTorch's rule, with corners aligned and not", Scalar, float,
                   double) {
  const MapSize from{3, 5};
  double worst = 0;
  for (const bool align_corners : {false, true}) {
    for (const MapSize to : {MapSize{3, 5}, MapSize{6, 10}, MapSize{7, 12}, MapSize{1, 23}}) {
      for (const Index channels : {1, 6, 19}) {
        const plain::Values x = plain::random(from.pixels() * channels, 3);
        const auto map = plain::buffer<Scalar>(x);
        for (Index row = 0; row < to.height; ++row) {
          for (const bool add : {false, true}) {
            std::vector<Scalar> y(static_cast<std::size_t>(to.width * channels), Scalar(2));
            upsample_row({map.data(), from, channels}, to, row, align_corners, add, y.data());
            for (Index i = 0; i < to.width * channels; ++i) {
              const double expected =
                  (add ? 2 : 0) + plain::upsampled(x, from, channels, to, row, i / channels,
                                                   i % channels, align_corners);
              worst = std::max(worst,
                               support::worst_error(&y[static_cast<std::size_t>(i)], &expected, 1));
            }
          }
        }
      }
    }
  }
  // The places are computed in the numbers of the map, as PyTorch does it.
  CHECK(worst < (sizeof(Scalar) == 4 ? 2e-6 : 1e-14));
}

TEST_CASE_TEMPLATE("upsample_pixels are those of the row, many or few of them", Scalar, float,
                   double) {
  const MapSize from{3, 90}, to{7, 171};
  constexpr Index channels = 18;
  const auto map = plain::buffer<Scalar>(plain::random(from.pixels() * channels, 3));
  std::vector<Scalar> row(static_cast<std::size_t>(to.width * channels));
  upsample_row({map.data(), from, channels}, to, 4, true, false, row.data());
  for (const auto& [first, count] :
       {std::pair<Index, Index>{0, 171}, {0, 64}, {5, 65}, {100, 71}, {170, 1}, {9, 0}}) {
    std::vector<Scalar> y(row.size(), Scalar(3));
    upsample_pixels({map.data(), from, channels}, to, 4, first, count, true, false,
                    y.data() + first * channels);
    for (Index i = 0; i < to.width * channels; ++i) {
      const bool is_made = i >= first * channels && i < (first + count) * channels;
      const auto at = static_cast<std::size_t>(i);
      CHECK(y[at] == (is_made ? row[at] : Scalar(3)));
    }
  }
}

TEST_CASE("BilinearAxis has the taps of for_each_tap, bit for bit") {
  for (const bool align_corners : {false, true}) {
    eigenvit::GridInterpolation rule;
    rule.kernel = eigenvit::GridInterpolation::Kernel::bilinear;
    rule.align_corners = align_corners;
    for (const Index in : {1, 2, 3, 19, 37, 148, 296}) {
      for (const Index out : {1, 2, 3, 37, 74, 75, 296, 518, 1021}) {
        const eigenvit::detail::BilinearAxis axis(in, out, align_corners);
        for (Index i = 0; i < out; ++i) {
          const auto tap = axis(i);
          std::vector<Index> sources;
          float weight = 0;
          eigenvit::detail::for_each_tap(rule, in, out, i, [&](Index source, float share) {
            sources.push_back(source);
            if (sources.size() == 2) weight = share;
          });
          const bool is_same =
              tap.first == sources.front() && tap.second == sources.back() && tap.weight == weight;
          REQUIRE(is_same);
        }
      }
    }
  }
}
