#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <eigenvit/kernels/reference.hpp>
#include <eigenvit/layers/layer_norm.hpp>

#include "../support.hpp"

using eigenvit::AlignedBuffer;
using eigenvit::Index;
using eigenvit::LayerNorm;
using eigenvit::Matrix;
using support::random_values;

TEST_CASE_TEMPLATE("LayerNorm normalises each row, also of a block", Scalar, float, double) {
  const auto gamma = random_values<Scalar>(33, 1);
  const auto beta = random_values<Scalar>(33, 2);
  const LayerNorm<Scalar> norm(gamma, beta, Scalar(1e-5));
  CHECK(norm.features() == 33);
  CHECK(norm.parameters() == 66);
  CHECK(norm.eps() == Scalar(1e-5));
  const auto values = random_values<Scalar>(20 * 40, 3, 4, 1);
  const eigenvit::ConstMatrixView<Scalar> large(values.data(), 20, 40);
  const auto x = large.block(2, 3, 17, 33);
  const Matrix<Scalar> y = norm(x);
  for (Index r = 0; r < 17; ++r) {
    std::vector<Scalar> expected(33);
    eigenvit::reference::layer_norm_row<Scalar>(x.data() + r * 40, 33, gamma.data(), beta.data(),
                                                static_cast<double>(Scalar(1e-5)), expected.data());
    // Measured: 1.7e-7 and 3.2e-16.
    CHECK(support::worst_error(&y(r, 0), expected.data(), 33) <
          (sizeof(Scalar) == 4 ? 5e-7 : 1e-15));
  }
  // From Eigen vectors.
  const LayerNorm<Scalar> copied(eigenvit::ConstVectorView<Scalar>(gamma.data(), 33),
                                 eigenvit::ConstVectorView<Scalar>(beta.data(), 33), Scalar(1e-5));
  CHECK(support::same_bits(copied(x).data(), y.data(), y.size()));
}

TEST_CASE("LayerNorm on raw rows, in place too, keeps off what lies between them") {
  constexpr Index rows = 50, width = 19, stride = 23;
  const LayerNorm<float> norm(random_values<float>(width, 1), random_values<float>(width, 2),
                              1e-6f);
  const auto memory = random_values<float>(rows * stride, 3);
  const eigenvit::ConstMatrixView<float> whole(memory.data(), rows, stride);
  const Matrix<float> expected = norm(whole.leftCols(width));
  auto same = memory, other = memory;
  norm.forward(same.data(), rows, stride, same.data(), stride);
  norm.forward(memory.data(), rows, stride, other.data(), stride);
  CHECK(support::same_bits(same, other));
  for (Index r = 0; r < rows; ++r) {
    CHECK(support::same_bits(same.data() + r * stride, &expected(r, 0), width));
    CHECK(support::same_bits(same.data() + r * stride + width, whole.data() + r * stride + width,
                             stride - width));
  }
}

TEST_CASE("LayerNorm says what does not fit") {
  const AlignedBuffer<float> three(3, 1.0f), two(2, 1.0f), none;
  CHECK(support::message_of<eigenvit::ShapeError>([&] { LayerNorm<float> n(three, two, 1e-6f); }) ==
        "layer norm: expected weight and bias of one size, found 3 and 2");
  CHECK(support::message_of<eigenvit::ShapeError>([&] { LayerNorm<float> n(none, none, 1e-6f); }) ==
        "layer norm: expected weight and bias of one size, found 0 and 0");
  CHECK(support::message_of<eigenvit::ConfigError>([&] { LayerNorm<float> n(three, three, 0); }) ==
        "layer norm: expected a positive eps, found 0.000000");
  const LayerNorm<float> norm(three, three, 1e-6f);
  const Matrix<float> x = Matrix<float>::Zero(2, 4);
  CHECK(support::message_of<eigenvit::ShapeError>([&] { norm(x); }) ==
        "layer norm: expected an input of 3 columns, found 4");
  CHECK(norm(Matrix<float>::Zero(0, 3)).rows() == 0);
}

TEST_CASE_TEMPLATE("LayerNorm as RMSNorm, without a bias", Scalar, float, double) {
  const auto x = random_values<Scalar>(3 * 33, 1, 1, 2);
  const auto gamma = random_values<Scalar>(33, 2);
  const LayerNorm<Scalar> norm(gamma, {}, Scalar(1e-5), eigenvit::NormKind::rms_norm);
  CHECK(norm.parameters() == 33);
  CHECK(norm.kind() == eigenvit::NormKind::rms_norm);
  const Matrix<Scalar> y = norm(eigenvit::ConstMatrixView<Scalar>(x.data(), 3, 33));
  for (Index r = 0; r < 3; ++r) {
    Scalar expected[33];
    eigenvit::reference::rms_norm_row(x.data() + r * 33, 33, gamma.data(), 1e-5, expected);
    CHECK(support::worst_error(y.row(r).data(), expected, 33) <
          (sizeof(Scalar) == 4 ? 4e-7 : 2e-15));
  }
}
