#include <type_traits>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <eigenvit/kernels/lanes.hpp>

#include "../support.hpp"

using eigenvit::Index;
using eigenvit::Lanes;

TEST_CASE("for_each_lanes covers a range in whole pieces and one tail") {
  for (const Index size : {0, 1, 7, 15, 16, 17, 31, 32, 33, 100}) {
    CAPTURE(size);
    Index next = 0;
    Index whole = 0;
    Index tails = 0;
    eigenvit::for_each_lanes(size, [&](Index first, auto count) {
      REQUIRE(first == next);
      next = first + count;
      if (std::is_same_v<decltype(count), Index>) {
        ++tails;
        CHECK(count > 0);
        CHECK(count < 16);
      } else {
        ++whole;
        CHECK(count == 16);
      }
    });
    CHECK(next == size);
    CHECK(whole == size / 16);
    CHECK(tails == (size % 16 == 0 ? 0 : 1));
  }
}

TEST_CASE_TEMPLATE("load_tail and store_piece touch no more than they are told to", Scalar, float,
                   double) {
  const auto values = support::random_values<Scalar>(16, 1);
  for (Index count = 1; count < 16; ++count) {
    // Memory of exactly this size: a sanitizer sees any further access.
    const std::vector<Scalar> source(values.begin(), values.begin() + count);
    const Lanes<Scalar> lanes = eigenvit::load_tail(source.data(), count, Scalar(-7));
    for (Index i = 0; i < 16; ++i) {
      CHECK(lanes[i] == (i < count ? values[static_cast<std::size_t>(i)] : Scalar(-7)));
    }
    std::vector<Scalar> target(17, Scalar(99));
    eigenvit::store_piece(lanes, count, target.data());
    for (Index i = 0; i < 17; ++i) {
      CHECK(target[static_cast<std::size_t>(i)] == (i < count ? lanes[i] : Scalar(99)));
    }
  }
}

TEST_CASE_TEMPLATE("load_lanes and store_lanes take memory of any alignment", Scalar, float,
                   double) {
  const auto values = support::random_values<Scalar>(40, 2);
  for (Index offset = 0; offset < 16; ++offset) {
    const Lanes<Scalar> lanes = eigenvit::load_lanes(values.data() + offset);
    std::vector<Scalar> target(40, Scalar(99));
    eigenvit::store_lanes(lanes, target.data() + offset);
    for (Index i = 0; i < 40; ++i) {
      const auto at = static_cast<std::size_t>(i);
      const bool inside = i >= offset && i < offset + 16;
      REQUIRE(target[at] == (inside ? values[at] : Scalar(99)));
    }
  }
}

TEST_CASE_TEMPLATE("load_piece is load_lanes or load_tail", Scalar, float, double) {
  const auto values = support::random_values<Scalar>(16, 3);
  const std::integral_constant<Index, 16> whole{};
  const Lanes<Scalar> lanes = eigenvit::load_piece(values.data(), whole, Scalar(5));
  CHECK(support::same_bits(lanes.data(), values.data(), 16));
  std::vector<Scalar> target(16);
  eigenvit::store_piece(lanes, whole, target.data());
  CHECK(support::same_bits(target.data(), values.data(), 16));
  const Lanes<Scalar> tail = eigenvit::load_piece(values.data(), Index{3}, Scalar(5));
  CHECK(tail[2] == values[2]);
  CHECK(tail[3] == 5);
}

TEST_CASE("sum adds all sixteen, pairwise") {
  Lanes<double> ones = Lanes<double>::LinSpaced(1, 16);
  CHECK(eigenvit::sum<double>(ones) == 136);
  // In this order 1 meets -1e8 + 1e8 = 0 last and stays; from left to right it would be lost.
  Lanes<float> lanes = Lanes<float>::Zero();
  lanes[0] = 1e8f;
  lanes[1] = 1;
  lanes[8] = -1e8f;
  CHECK(eigenvit::sum<float>(lanes) == 1);
}
