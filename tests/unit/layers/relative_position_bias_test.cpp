#include <numeric>
#include <vector>

#include <doctest/doctest.h>

#include <eigenvit/layers/relative_position_bias.hpp>

#include "../support.hpp"

using eigenvit::AlignedBuffer;
using eigenvit::Index;
using eigenvit::RelativeInterpolation;
using eigenvit::RelativePositionBias;

namespace {

constexpr Index columns = eigenvit::kernels::attention_queries;

}  // namespace

TEST_CASE_TEMPLATE("RelativePositionBias is BEiT's index into the table", Scalar, float, double) {
  // Entry i of head 0 is i, of head 1 100 + i.
  AlignedBuffer<Scalar> stored(24);
  for (std::size_t i = 0; i < 12; ++i) {
    stored[2 * i] = static_cast<Scalar>(i);
    stored[2 * i + 1] = static_cast<Scalar>(100 + i);
  }
  const RelativePositionBias<Scalar> bias(stored, 2, 2, 2);
  CHECK(bias.parameters() == 24);
  CHECK(bias.heads() == 2);
  const Scalar* const table = bias.table(2, 2, nullptr);
  // Queries and keys: CLS, (0,0), (0,1), (1,0), (1,1).
  const int expected[5][5] = {
      {11, 9, 9, 9, 9}, {10, 4, 3, 1, 0}, {10, 5, 4, 2, 1}, {10, 7, 6, 4, 3}, {10, 8, 7, 5, 4}};
  for (Index head = 0; head < 2; ++head) {
    for (const auto& [first, count] : {std::pair<Index, Index>{0, 5}, {0, 1}, {1, 3}, {4, 1}}) {
      std::vector<Scalar> found(5 * columns + 1, Scalar(-1));
      RelativePositionBias<Scalar>::fill(table, 2, 2, head, first, count, found.data());
      CHECK(found.back() == -1);
      for (Index key = 0; key < 5; ++key) {
        for (Index i = 0; i < columns; ++i) {
          const Scalar value = found[static_cast<std::size_t>(key * columns + i)];
          CHECK(value == (i < count ? Scalar(expected[first + i][key] + 100 * head) : Scalar(0)));
        }
      }
    }
  }
}

TEST_CASE("RelativePositionBias of another grid keeps the last three entries and the centre") {
  const Index entries = RelativePositionBias<double>::entries(3, 4);
  CHECK(entries == 5 * 7 + 3);
  AlignedBuffer<double> stored(static_cast<std::size_t>(entries));
  std::iota(stored.begin(), stored.end(), 0.0);
  for (const auto rule : {RelativeInterpolation::geometric, RelativeInterpolation::bilinear}) {
    const RelativePositionBias<double> bias(stored, 1, 3, 4, rule);
    CHECK(bias.is_native(3, 4) == (rule == RelativeInterpolation::geometric));
    CHECK_FALSE(bias.is_native(4, 3));
    std::vector<double> resized(5 * 11 + 3 + 1, -1);
    CHECK(bias.table(3, 6, resized.data()) == resized.data());
    CHECK(resized.back() == -1);
    for (std::size_t i = 1; i <= 3; ++i) {
      CHECK(resized[resized.size() - 1 - i] == stored[stored.size() - i]);
    }
    CHECK(resized[2 * 11 + 5] == doctest::Approx(2 * 7 + 3));
    // Rows and columns grow as in the table.
    for (std::size_t i = 1; i < 11; ++i) CHECK(resized[i] >= resized[i - 1]);
  }
}

TEST_CASE("RelativePositionBias says what does not fit") {
  CHECK(support::message_of<eigenvit::ShapeError>([] {
          RelativePositionBias<float> wrong(AlignedBuffer<float>(23), 2, 2, 2);
        }) == "relative position bias: expected 12 x 2 values, found 23");
}
