#include <algorithm>
#include <cstdlib>
#include <numeric>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <eigenvit/core/error.hpp>
#include <eigenvit/features/holdout.hpp>

#include "../support.hpp"

using namespace eigenvit;
using support::message_of;

namespace {

// Ten of class 0, one of class 1, two of class 2, mixed.
const std::vector<Index> classes = {0, 2, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 0};

Index count_of(const std::vector<Index>& rows, Index wanted) {
  return std::count_if(rows.begin(), rows.end(),
                       [&](Index row) { return classes[static_cast<std::size_t>(row)] == wanted; });
}

}  // namespace

TEST_CASE("holdout: a fraction of each class, but one to fit and one to hold out") {
  for (const double fraction : {0.01, 0.2, 0.5, 0.99}) {
    CAPTURE(fraction);
    const Holdout parts = hold_out(classes, 3, fraction, 7);
    CHECK(std::is_sorted(parts.fitted.begin(), parts.fitted.end()));
    CHECK(std::is_sorted(parts.held_out.begin(), parts.held_out.end()));
    std::vector<Index> all = parts.fitted;
    all.insert(all.end(), parts.held_out.begin(), parts.held_out.end());
    std::sort(all.begin(), all.end());
    std::vector<Index> expected(classes.size());
    std::iota(expected.begin(), expected.end(), Index{0});
    CHECK(all == expected);
    CHECK(count_of(parts.held_out, 0) == (fraction < 0.1   ? 1
                                          : fraction > 0.9 ? 9
                                          : fraction > 0.3 ? 5
                                                           : 2));
    CHECK(count_of(parts.held_out, 1) == 0);
    CHECK(count_of(parts.held_out, 2) == 1);
  }
  CHECK(hold_out(classes, 3, 0).held_out.empty());
  CHECK(hold_out(classes, 3, 0).fitted.size() == classes.size());
}

TEST_CASE("holdout: chance is the seed's") {
  const Holdout parts = hold_out(classes, 3, 0.5, 7);
  CHECK(hold_out(classes, 3, 0.5, 7).held_out == parts.held_out);
  bool others = false;
  for (std::uint64_t seed = 0; seed < 5; ++seed) {
    others = others || hold_out(classes, 3, 0.5, seed).held_out != parts.held_out;
  }
  CHECK(others);
  // On every machine.
  CHECK(parts.held_out == std::vector<Index>{0, 1, 5, 7, 9, 12});
  // The choice of a class does not depend on the classes after it.
  std::vector<Index> first;
  for (const Index row : parts.held_out) {
    if (classes[static_cast<std::size_t>(row)] == 0) first.push_back(row);
  }
  std::vector<Index> without = classes;
  without.resize(classes.size());
  std::replace(without.begin(), without.end(), Index{2}, Index{1});
  std::vector<Index> again;
  for (const Index row : hold_out(without, 2, 0.5, 7).held_out) {
    if (without[static_cast<std::size_t>(row)] == 0) again.push_back(row);
  }
  CHECK(again == first);
}

TEST_CASE("holdout: each vector is held out as often as the others") {
  std::vector<int> times(10, 0);
  const std::vector<Index> one_class(10, 0);
  for (std::uint64_t seed = 0; seed < 2000; ++seed) {
    for (const Index row : hold_out(one_class, 1, 0.3, seed).held_out) {
      ++times[static_cast<std::size_t>(row)];
    }
  }
  // 600 each, with a standard deviation of 20.
  for (const int count : times) CHECK(std::abs(count - 600) < 100);
}

TEST_CASE("holdout: errors") {
  for (const double fraction : {-0.1, 1.0, static_cast<double>(support::not_a_number)}) {
    CHECK(message_of<ConfigError>([&] { hold_out(classes, 3, fraction); }) ==
          "holdout: expected a fraction from 0 to below 1, found " + std::to_string(fraction));
  }
  CHECK(message_of<ConfigError>([&] { hold_out(classes, 2, 0.2); }) ==
        "holdout: expected classes from 0 to 1, found 2");
  CHECK(message_of<ConfigError>([&] { hold_out({-1}, 2, 0.2); }) ==
        "holdout: expected classes from 0 to 1, found -1");
}
