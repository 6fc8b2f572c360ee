#include <cstdint>
#include <limits>

#include <doctest/doctest.h>

#include <eigenvit/core/whole_count.hpp>

TEST_CASE("a count is a whole number, the greatest of its type where there is none") {
  using eigenvit::detail::whole_count;
  constexpr std::uint64_t most = std::numeric_limits<std::uint64_t>::max();
  CHECK(whole_count(0) == 0);
  CHECK(whole_count(9007199254740991.0) == 9007199254740991U);
  CHECK(whole_count(18446744073709549568.0) == 18446744073709549568U);
  CHECK(whole_count(18446744073709551616.0) == most);
  CHECK(whole_count(1e300) == most);
  CHECK(whole_count(std::numeric_limits<double>::infinity()) == most);
}
