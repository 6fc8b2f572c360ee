#include <cmath>
#include <vector>

#include <doctest/doctest.h>

#include <eigenvit/core/error.hpp>
#include <eigenvit/layers/distance_bias.hpp>

#include "../io/test_files.hpp"
#include "../support.hpp"

using eigenvit::DistanceBias;
using eigenvit::Index;

TEST_CASE("distances fall into the buckets of T5") {
  // Where each bucket of keys before a query begins, of transformers' _relative_position_bucket.
  const std::vector<Index> begins = {0, 1, 2, 3, 4, 5, 6, 7, 8, 12, 16, 23, 32, 46, 64, 91};
  REQUIRE(begins.size() == 16);
  Index expected = 0;
  for (Index distance = 0; distance <= 1000; ++distance) {
    while (expected + 1 < 16 && distance >= begins[std::size_t(expected + 1)]) ++expected;
    CAPTURE(distance);
    CHECK(DistanceBias<float>::bucket(-distance) == expected);
    if (distance > 0) CHECK(DistanceBias<float>::bucket(distance) == expected + 16);
  }
}

TEST_CASE_TEMPLATE("the biases of a head and some queries are those of their distances", Scalar,
                   float, double) {
  constexpr Index heads = 3, tokens = 300, first = 140, count = 31;
  constexpr Index columns = eigenvit::kernels::attention_queries;
  using Bias = DistanceBias<Scalar>;
  const auto table = support::random_values<Scalar>(Bias::buckets * heads, 1);
  const Bias biases(table, heads);
  CHECK(biases.heads() == heads);
  CHECK(biases.parameters() == 96);
  auto of_keys = support::random_values<Scalar>(tokens * columns, 2);
  for (const bool has_key_bias : {false, true}) {
    CAPTURE(has_key_bias);
    std::vector<Scalar> found(std::size_t(tokens * columns), Scalar(-9));
    biases.fill(2, first, count, tokens, has_key_bias ? of_keys.data() : nullptr, found.data());
    bool equal = true;
    for (Index key = 0; key < tokens; ++key) {
      for (Index i = 0; i < count; ++i) {
        const Scalar own = table[std::size_t(Bias::bucket(key - first - i) * heads + 2)];
        const Scalar added = has_key_bias ? of_keys[std::size_t(key * columns)] : Scalar(0);
        equal = equal && found[std::size_t(key * columns + i)] == own + added;
      }
      equal = equal && found[std::size_t(key * columns + count)] == 0;
    }
    CHECK(equal);
  }
}

TEST_CASE("a bias by distances says what does not fit") {
  CHECK(test_files::message_of<eigenvit::ShapeError>([] {
          DistanceBias<float>(eigenvit::AlignedBuffer<float>(33), 1);
        }) == "distance bias: expected 32 x 1 values, found 33");
}
