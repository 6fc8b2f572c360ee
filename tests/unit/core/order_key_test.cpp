#include <cfloat>

#include <doctest/doctest.h>

#include <eigenvit/core/order_key.hpp>

#include "../support.hpp"

TEST_CASE("keys order as the numbers do, with NaN at the ends") {
  const float ascending[] = {-support::infinity, -FLT_MAX, -1,          -FLT_MIN,
                             -FLT_MIN / 4,       0,        FLT_MIN / 4, FLT_MIN,
                             1.0F / 3,           1,        FLT_MAX,     support::infinity};
  for (std::size_t i = 1; i < sizeof ascending / sizeof *ascending; ++i) {
    CHECK(eigenvit::detail::order_key(ascending[i - 1]) <
          eigenvit::detail::order_key(ascending[i]));
  }
  CHECK(eigenvit::detail::order_key(support::not_a_number) >
        eigenvit::detail::order_key(support::infinity));
}

TEST_CASE("keys of double order as the numbers do") {
  const double ascending[] = {-DBL_MAX, -1, -DBL_MIN, 0, DBL_MIN, 1.0 / 3, 1, DBL_MAX};
  for (std::size_t i = 1; i < sizeof ascending / sizeof *ascending; ++i) {
    CHECK(eigenvit::detail::order_key(ascending[i - 1]) <
          eigenvit::detail::order_key(ascending[i]));
  }
}
