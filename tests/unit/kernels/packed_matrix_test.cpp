#include <utility>

#include <doctest/doctest.h>

#include <eigenvit/kernels/packed_matrix.hpp>

#include "../support.hpp"

using eigenvit::AlignedBuffer;
using eigenvit::Index;
using eigenvit::Matrix;
using eigenvit::PackedMatrix;

TEST_CASE_TEMPLATE("PackedMatrix holds what it was packed from", Scalar, float, double) {
  const auto values = support::random_values<Scalar>(5 * 7, 1);
  const eigenvit::ConstMatrixView<Scalar> source(values.data(), 5, 7);
  const PackedMatrix<Scalar> packed{eigenvit::ConstMatrixRef<Scalar>(source)};
  CHECK(packed.outputs() == 5);
  CHECK(packed.inputs() == 7);
  CHECK(packed.bytes() == 35 * sizeof(Scalar));
  CHECK((packed.rows(0, 5).array() == source.array()).all());
  CHECK((packed.rows(2, 2).array() == source.middleRows(2, 2).array()).all());
  CHECK(packed.rows(5, 0).rows() == 0);

  // From a block, whose rows are not next to each other.
  const PackedMatrix<Scalar> part{eigenvit::ConstMatrixRef<Scalar>(source.block(1, 2, 3, 4))};
  CHECK((part.rows(0, 3).array() == source.block(1, 2, 3, 4).array()).all());
}

TEST_CASE("PackedMatrix takes a buffer over, copies deeply and moves") {
  AlignedBuffer<float> values{1, 2, 3, 4, 5, 6};
  const float* const memory = values.data();
  PackedMatrix<float> packed(std::move(values), 2, 3);
  CHECK(packed.rows(0, 1).data() == memory);
  CHECK(packed.rows(1, 1)(0, 2) == 6);

  const PackedMatrix<float> copy = packed;
  CHECK(copy.rows(0, 1).data() != memory);
  CHECK(copy.rows(1, 1)(0, 0) == 4);

  const PackedMatrix<float> moved = std::move(packed);
  CHECK(moved.rows(0, 1).data() == memory);
  CHECK(moved.outputs() == 2);
}

TEST_CASE("PackedMatrix is empty by default") {
  const PackedMatrix<float> packed;
  CHECK(packed.outputs() == 0);
  CHECK(packed.inputs() == 0);
  CHECK(packed.bytes() == 0);
}
