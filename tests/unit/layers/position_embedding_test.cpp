#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <eigenvit/layers/position_embedding.hpp>

#include "../support.hpp"

using eigenvit::AlignedBuffer;
using eigenvit::Index;
using eigenvit::Matrix;
using eigenvit::PositionEmbedding;

namespace {

template <class Scalar>
Matrix<Scalar> random_matrix(Index rows, Index cols, std::uint64_t seed) {
  const auto values = support::random_values<Scalar>(rows * cols, seed);
  return eigenvit::ConstMatrixView<Scalar>(values.data(), rows, cols);
}

}  // namespace

TEST_CASE_TEMPLATE("PositionEmbedding adds its table on its own grid", Scalar, float, double) {
  const auto table = random_matrix<Scalar>(2 + 3 * 4, 5, 1);
  const PositionEmbedding<Scalar> embedding(table, 2, 3, 4);
  CHECK(embedding.width() == 5);
  CHECK(embedding.prefix_rows() == 2);
  CHECK(embedding.grid_height() == 3);
  CHECK(embedding.grid_width() == 4);
  CHECK(embedding.parameters() == 70);
  CHECK(embedding.is_native(3, 4));
  CHECK_FALSE(embedding.is_native(4, 3));
  CHECK(embedding.prefix(1)[3] == table(1, 3));
  // The table's own rows; the scratch is left alone.
  std::vector<Scalar> unused(60, Scalar(-9));
  const Scalar* const rows = embedding.patches(3, 4, unused.data());
  CHECK(rows != unused.data());
  CHECK(support::same_bits(rows, table.data() + 10, 60));
  CHECK(unused == std::vector<Scalar>(60, Scalar(-9)));

  // A block of a larger matrix.
  const auto large = random_matrix<Scalar>(20, 9, 2);
  const auto x = large.block(3, 2, 14, 5);
  const Matrix<Scalar> sum = x + table;
  CHECK((embedding(x, 3, 4).array() == sum.array()).all());
}

TEST_CASE_TEMPLATE("PositionEmbedding resamples its patch rows for another grid", Scalar, float,
                   double) {
  const auto table = random_matrix<Scalar>(1 + 3 * 4, 5, 1);
  eigenvit::GridInterpolation rule;
  rule.antialias = true;
  const PositionEmbedding<Scalar> embedding(table, 1, 3, 4, rule);
  // As many patches as before, but not the same grid.
  for (const auto& [height, width] : {std::pair<Index, Index>{4, 3}, {2, 7}, {1, 1}}) {
    std::vector<Scalar> rows(static_cast<std::size_t>(height * width * 5));
    eigenvit::resample_grid(rule, table.data() + 5, 3, 4, 5, height, width, rows.data());
    const auto size = static_cast<std::size_t>(embedding.scratch_size(3, 5, height, width));
    std::vector<Scalar> scratch(size + 1, Scalar(-9));
    CHECK(embedding.patches(height, width, scratch.data()) == scratch.data());
    CHECK(support::same_bits(scratch.data(), rows.data(), height * width * 5));
    CHECK(scratch.back() == -9);

    const Matrix<Scalar> y = embedding(Matrix<Scalar>::Zero(1 + height * width, 5), height, width);
    CHECK((y.row(0).array() == table.row(0).array()).all());
    CHECK(support::same_bits(y.data() + 5, rows.data(), height * width * 5));
  }
}

TEST_CASE_TEMPLATE("PositionEmbedding keeps the rows behind the patches", Scalar, float, double) {
  const auto table = random_matrix<Scalar>(1 + 3 * 4 + 2, 5, 1);
  eigenvit::AlignedBuffer<Scalar> values(table.data(), table.data() + table.size());
  const PositionEmbedding<Scalar> embedding(std::move(values), 5, 1, 3, 4, {}, 2);
  CHECK(embedding.suffix_rows() == 2);
  CHECK(support::same_bits(embedding.suffix(1), table.data() + 14 * 5, 5));
  const auto x = random_matrix<Scalar>(15, 5, 2);
  const Matrix<Scalar> sum = x + table;
  CHECK((embedding(x, 3, 4).array() == sum.array()).all());
  const Matrix<Scalar> y = embedding(Matrix<Scalar>::Zero(1 + 4 + 2, 5), 2, 2);
  CHECK((y.bottomRows(2).array() == table.bottomRows(2).array()).all());
  CHECK(support::message_of<eigenvit::ShapeError>([&] { embedding(table, 4, 4); }) ==
        "position embedding: expected 1 + 4 x 4 + 2 tokens of 5 values, found 15 x 5");
}

TEST_CASE("PositionEmbedding says what does not fit") {
  const Matrix<float> table = Matrix<float>::Zero(13, 5);
  CHECK(support::message_of<eigenvit::ShapeError>([&] {
          PositionEmbedding<float> wrong(table, 2, 3, 4);
        }) == "position embedding: expected 2 + 3 x 4 rows of 5 values, found 65 values");
  CHECK(support::message_of<eigenvit::ShapeError>([&] {
          PositionEmbedding<float> wrong(AlignedBuffer<float>(12), 1, -1, 4, 3);
        }) == "position embedding: expected -1 + 4 x 3 rows of 1 values, found 12 values");
  const PositionEmbedding<float> embedding(table, 1, 3, 4);
  const Matrix<float> x = Matrix<float>::Zero(13, 4);
  CHECK(support::message_of<eigenvit::ShapeError>([&] { embedding(x, 3, 4); }) ==
        "position embedding: expected 1 + 3 x 4 tokens of 5 values, found 13 x 4");
  CHECK(support::message_of<eigenvit::ShapeError>([&] { embedding(table, 4, 4); }) ==
        "position embedding: expected 1 + 4 x 4 tokens of 5 values, found 13 x 5");
}
