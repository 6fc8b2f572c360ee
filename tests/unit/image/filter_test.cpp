#include <cmath>
#include <initializer_list>

#include <doctest/doctest.h>

#include <eigenvit/image/filter.hpp>

using eigenvit::Filter;

TEST_CASE("filters have their textbook values") {
  using eigenvit::detail::filter_value;
  CHECK(filter_value(Filter::box, 0.5) == 1.0);
  CHECK(filter_value(Filter::box, -0.5) == 0.0);
  CHECK(filter_value(Filter::bilinear, -0.25) == 0.75);
  CHECK(filter_value(Filter::hamming, 0.0) == 1.0);
  CHECK(filter_value(Filter::hamming, 1.0) == 0.0);
  CHECK(filter_value(Filter::bicubic, 0.5) == 0.5625);
  CHECK(filter_value(Filter::bicubic, -1.5) == -0.0625);
  CHECK(filter_value(Filter::lanczos, 0.0) == 1.0);
  CHECK(std::abs(filter_value(Filter::lanczos, 2.0)) < 1e-15);
  CHECK(filter_value(Filter::lanczos, 3.0) == 0.0);
}

TEST_CASE("filters vanish beyond their support and are even, but for the box's end") {
  using eigenvit::detail::filter_support;
  using eigenvit::detail::filter_value;
  for (const Filter filter :
       {Filter::box, Filter::bilinear, Filter::hamming, Filter::bicubic, Filter::lanczos}) {
    const double support = filter_support(filter);
    CHECK(filter_value(filter, support + 0.01) == 0.0);
    CHECK(filter_value(filter, -support - 0.01) == 0.0);
    for (double x = 0.05; x < support; x += 0.1) {
      CHECK(filter_value(filter, x) == filter_value(filter, -x));
    }
  }
  CHECK(filter_support(Filter::nearest) == 0.0);
}
