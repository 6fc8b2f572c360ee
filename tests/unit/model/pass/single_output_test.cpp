#include <cstddef>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <eigenvit/model/pass/single_output.hpp>

#include "../../support.hpp"

using eigenvit::AlignedBuffer;
using eigenvit::Index;
using eigenvit::Linear;
using eigenvit::detail::SingleOutput;

TEST_CASE_TEMPLATE("SingleOutput has the bits of the product, of any rows, and writes no more",
                   Scalar, float, double) {
  for (const Index inputs : {1, 5, 32, 50}) {
    for (const bool has_bias : {true, false}) {
      eigenvit::detail::PackedMatrix<Scalar> weight(support::random_values<Scalar>(inputs, 1), 1,
                                                    inputs);
      const Linear<Scalar> layer(std::move(weight), has_bias ? support::random_values<Scalar>(1, 2)
                                                             : AlignedBuffer<Scalar>());
      for (const Index rows : {1, 15, 16, 17, 64, 65, 130}) {
        CAPTURE(rows);
        const auto x = support::random_values<Scalar>(rows * inputs, 3);
        std::vector<Scalar> expected(static_cast<std::size_t>(rows));
        eigenvit::detail::multiply(layer, 1, 0, x.data(), rows, inputs, expected.data(), 1);
        std::vector<Scalar> found(static_cast<std::size_t>(rows + 1), Scalar(7));
        const auto values = static_cast<std::size_t>(SingleOutput<Scalar>::scratch_values(inputs));
        std::vector<Scalar> scratch(values + 1, Scalar(9));
        SingleOutput<Scalar>::multiply(layer, x.data(), rows, found.data(), scratch.data());
        CHECK(support::same_bits(found.data(), expected.data(), rows));
        CHECK(found.back() == 7);
        CHECK(scratch.back() == 9);
      }
    }
  }
}
