#include <algorithm>
#include <array>
#include <cstddef>

#include <doctest/doctest.h>

#include <eigenvit/image/codecs/jpeg/frame.hpp>

namespace detail = eigenvit::detail;

TEST_CASE("coefficients come in zigzag order, and beyond the last one in its place") {
  const auto& order = detail::jpeg_natural_order;
  // The walk that the standard draws: along the diagonals, every other one upwards.
  std::size_t k = 0;
  for (int diagonal = 0; diagonal < 15; ++diagonal) {
    for (int step = 0; step <= diagonal; ++step) {
      const int row = diagonal % 2 == 0 ? diagonal - step : step;
      const int column = diagonal - row;
      if (row > 7 || column > 7) continue;
      CHECK(order[k++] == 8 * row + column);
    }
  }
  CHECK(k == 64);
  CHECK(std::all_of(order.begin() + 64, order.end(), [](int at) { return at == 63; }));
}
