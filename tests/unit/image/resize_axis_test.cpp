#include <cmath>
#include <cstdint>
#include <initializer_list>
#include <vector>

#include <doctest/doctest.h>

#include <eigenvit/image/resize_axis.hpp>

using eigenvit::Filter;
using eigenvit::Index;
using eigenvit::detail::ResizeAxis;
using eigenvit::detail::Span;

TEST_CASE("weights sum to one, spans lie in the image and move forward") {
  for (const Filter filter :
       {Filter::box, Filter::bilinear, Filter::hamming, Filter::bicubic, Filter::lanczos}) {
    for (const Index in : {1, 2, 7, 100, 1001}) {
      for (const Index out : {1, 3, 7, 64, 900}) {
        const ResizeAxis axis(in, out, filter);
        std::vector<double> scratch(static_cast<std::size_t>(axis.max_taps()));
        std::vector<std::int32_t> weights(static_cast<std::size_t>(axis.max_taps()));
        Index before = 0;
        for (Index i = 0; i < out; ++i) {
          const Span span = axis.span(i);
          REQUIRE(span.count >= 1);
          REQUIRE(span.count <= axis.max_taps());
          REQUIRE(span.first >= before);
          REQUIRE(span.end() <= in);
          before = span.first;
          axis.weights(i, scratch.data(), weights.data());
          double sum = 0.0;
          double magnitudes = 0.0;
          for (Index j = 0; j < span.count; ++j) {
            const double weight = weights[static_cast<std::size_t>(j)];
            sum += weight;
            magnitudes += std::abs(weight);
          }
          // Each weight is rounded by at most a half.
          CHECK(std::abs(sum - 4194304.0) <= 0.5 * static_cast<double>(span.count));
          // 255 times this, and half a unit, is what a 32-bit sum has to hold.
          CHECK(magnitudes * 255.0 + 2097152.0 < 2147483648.0);
        }
      }
    }
  }
}

namespace {

std::vector<Index> nearest_pixels(Index in, Index out, Index first, Index count) {
  std::vector<Index> pixels(static_cast<std::size_t>(count));
  eigenvit::detail::nearest_pixels(in, out, first, count, pixels.data());
  return pixels;
}

}  // namespace

TEST_CASE("nearest takes the pixel under the centre, from any beginning") {
  CHECK(nearest_pixels(7, 3, 0, 3) == std::vector<Index>{1, 3, 5});
  CHECK(nearest_pixels(2, 5, 0, 5) == std::vector<Index>{0, 0, 1, 1, 1});
  CHECK(nearest_pixels(2, 5, 2, 2) == std::vector<Index>{1, 1});
  for (const Index pixel : nearest_pixels(3, 100000, 99000, 1000)) CHECK(pixel == 2);
}
