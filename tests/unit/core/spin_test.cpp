#include <doctest/doctest.h>

#include <eigenvit/core/spin.hpp>

using eigenvit::detail::spin_until;

TEST_CASE("spin_until looks until it is ready, and gives up after a while") {
  int looks = 0;
  CHECK(spin_until([&] { return ++looks == 3; }));
  CHECK(looks == 3);
  CHECK_FALSE(spin_until([] { return false; }));
}
