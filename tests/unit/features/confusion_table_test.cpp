#include <doctest/doctest.h>

#include <eigenvit/core/error.hpp>
#include <eigenvit/features/confusion_table.hpp>

#include "../support.hpp"

using namespace eigenvit;
using support::message_of;

TEST_CASE("confusion table: counts, accuracy and recall") {
  ConfusionTable table(3);
  CHECK(table.accuracy() == 0);
  CHECK(table.recall(0) == 0);
  table.add(0, 0);
  table.add(0, 0);
  table.add(0, 2);
  table.add(1, 0);
  table.add(1, 0);
  CHECK(table.total() == 5);
  CHECK(table.correct() == 2);
  CHECK(table.accuracy() == doctest::Approx(0.4));
  CHECK(table.recall(0) == doctest::Approx(2.0 / 3));
  CHECK(table.recall(1) == 0);
  CHECK(table.recall(2) == 0);
  CHECK(table.counts()(1, 0) == 2);
  CHECK(table.counts()(0, 1) == 0);
}

TEST_CASE("confusion table: the most frequent mistakes") {
  ConfusionTable table(3);
  table.add(2, 1);
  table.add(0, 1);
  for (int i = 0; i < 3; ++i) table.add(1, 2);
  for (int i = 0; i < 9; ++i) table.add(2, 2);
  const auto all = table.mistakes(10);
  REQUIRE(all.size() == 3);
  CHECK(all[0].actual == 1);
  CHECK(all[0].predicted == 2);
  CHECK(all[0].count == 3);
  CHECK(all[1].actual == 0);
  CHECK(all[2].actual == 2);
  CHECK(table.mistakes(1).size() == 1);
}

TEST_CASE("confusion table: errors") {
  CHECK(message_of<ConfigError>([] { ConfusionTable(0); }) ==
        "confusion table: expected at least 1 class, found 0");
  ConfusionTable table(2);
  CHECK(message_of<ConfigError>([&] { table.add(0, 2); }) ==
        "confusion table: expected classes from 0 to 1, found 2");
  CHECK(message_of<ConfigError>([&] { table.add(-1, 0); }) ==
        "confusion table: expected classes from 0 to 1, found -1");
  CHECK(table.total() == 0);
}
