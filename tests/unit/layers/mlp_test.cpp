#include <utility>

#include <doctest/doctest.h>

#include <eigenvit/kernels/reference.hpp>
#include <eigenvit/layers/mlp.hpp>

#include "../support.hpp"

using eigenvit::Activation;
using eigenvit::Index;
using eigenvit::Linear;
using eigenvit::Matrix;
using eigenvit::Mlp;
using eigenvit::detail::PackedMatrix;
using support::random_values;

namespace {

template <class Scalar>
Linear<Scalar> random_linear(Index outputs, Index inputs, std::uint64_t seed) {
  return Linear<Scalar>(
      PackedMatrix<Scalar>(random_values<Scalar>(outputs * inputs, seed), outputs, inputs),
      random_values<Scalar>(outputs, seed + 1));
}

}  // namespace

TEST_CASE_TEMPLATE("Mlp is two linear maps with an activation between", Scalar, float, double) {
  const auto w1 = random_values<Scalar>(20 * 9, 1), b1 = random_values<Scalar>(20, 2);
  const auto w2 = random_values<Scalar>(9 * 20, 3), b2 = random_values<Scalar>(9, 4);
  const auto values = random_values<Scalar>(8 * 12, 5);
  const eigenvit::ConstMatrixView<Scalar> large(values.data(), 8, 12);
  const auto x = large.block(1, 2, 6, 9);
  for (const Activation activation : {Activation::gelu, Activation::relu}) {
    const Mlp<Scalar> mlp(random_linear<Scalar>(20, 9, 1), random_linear<Scalar>(9, 20, 3),
                          activation);
    CHECK(mlp.in_features() == 9);
    CHECK(mlp.hidden_features() == 20);
    CHECK(mlp.out_features() == 9);
    CHECK(mlp.parameters() == 2 * 180 + 29);
    Matrix<Scalar> hidden(6, 20), expected(6, 9);
    eigenvit::reference::Epilogue<Scalar> first, second;
    first.bias = b1.data();
    first.activation = activation;
    second.bias = b2.data();
    eigenvit::reference::linear(x.data(), 6, Index{12}, w1.data(), 20, 9, first, hidden.data(), 20);
    eigenvit::reference::linear(hidden.data(), 6, Index{20}, w2.data(), 9, 20, second,
                                expected.data(), 9);
    const Matrix<Scalar> y = mlp(x);
    // Measured: 3.0e-7 and 5.1e-16.
    CHECK(support::worst_error(y.data(), expected.data(), y.size()) <
          (sizeof(Scalar) == 4 ? 1e-6 : 2e-15));
  }
}

TEST_CASE_TEMPLATE("Mlp with a gate and a norm before fc2", Scalar, float, double) {
  const auto w2 = random_values<Scalar>(9 * 20, 3), b2 = random_values<Scalar>(9, 4);
  const auto gamma = random_values<Scalar>(20, 7), beta = random_values<Scalar>(20, 8);
  const auto x = random_values<Scalar>(6 * 9, 5);
  for (const bool gated : {false, true}) {
    CAPTURE(gated);
    const Index outputs = gated ? 40 : 20;
    const Mlp<Scalar> mlp(random_linear<Scalar>(outputs, 9, 1), random_linear<Scalar>(9, 20, 3),
                          Activation::silu, gated,
                          eigenvit::LayerNorm<Scalar>(gamma, beta, Scalar(1e-6)));
    CHECK(mlp.hidden_features() == 20);
    CHECK(mlp.has_middle());
    CHECK(mlp.parameters() == outputs * 10 + 9 * 20 + 9 + 40);
    const auto bias1 = random_values<Scalar>(outputs, 2);
    const auto weight1 = random_values<Scalar>(outputs * 9, 1);
    Matrix<Scalar> wide(6, outputs), hidden(6, 20), expected(6, 9);
    eigenvit::reference::Epilogue<Scalar> first, second;
    first.bias = bias1.data();
    second.bias = b2.data();
    eigenvit::reference::linear(x.data(), 6, Index{9}, weight1.data(), outputs, 9, first,
                                wide.data(), outputs);
    for (Index r = 0; r < 6; ++r) {
      Scalar* const row = hidden.row(r).data();
      for (Index i = 0; i < 20; ++i) {
        const double g = eigenvit::reference::activate(Activation::silu, double(wide(r, i)));
        row[i] = static_cast<Scalar>(gated ? g * double(wide(r, 20 + i)) : g);
      }
      eigenvit::reference::layer_norm_row(row, 20, gamma.data(), beta.data(), 1e-6, row);
    }
    eigenvit::reference::linear(hidden.data(), 6, Index{20}, w2.data(), 9, 20, second,
                                expected.data(), 9);
    const Matrix<Scalar> y = mlp(eigenvit::ConstMatrixView<Scalar>(x.data(), 6, 9));
    CHECK(support::worst_error(y.data(), expected.data(), y.size()) <
          (sizeof(Scalar) == 4 ? 4e-6 : 1e-14));
  }
}

TEST_CASE("Mlp adds its result to a residual stream, scaled") {
  const Mlp<float> mlp(random_linear<float>(200, 9, 1), random_linear<float>(9, 200, 3),
                       Activation::gelu);
  const auto x = random_values<float>(5 * 9, 5);
  const eigenvit::ConstMatrixView<float> view(x.data(), 5, 9);
  const auto scale = random_values<float>(9, 6);
  const Matrix<float> branch = mlp(view);
  Matrix<float> y = view;
  mlp.add_to(view, y, scale.data(), true);
  for (Index i = 0; i < y.size(); ++i) {
    const double expected =
        double(x[static_cast<std::size_t>(i)]) +
        double(scale[static_cast<std::size_t>(i % 9)]) * double(branch(i / 9, i % 9));
    // Two roundings.
    CHECK(support::worst_error(y.data() + i, &expected, 1) < 1.2e-7);
  }
}

TEST_CASE("Mlp says what does not fit") {
  CHECK(support::message_of<eigenvit::ShapeError>([] {
          Mlp<float> wrong(random_linear<float>(8, 4, 1), random_linear<float>(4, 9, 2),
                           Activation::gelu);
        }) == "mlp: expected fc2 to take the 8 outputs of fc1, found 9 inputs");
  CHECK(support::message_of<eigenvit::ShapeError>([] {
          Mlp<float> wrong(random_linear<float>(8, 4, 1), random_linear<float>(4, 8, 2),
                           Activation::gelu, true);
        }) == "mlp: expected fc1 to give 2 x 8 outputs with a gate, found 8");
  CHECK(support::message_of<eigenvit::ShapeError>([] {
          Mlp<float> wrong(random_linear<float>(8, 4, 1), random_linear<float>(4, 8, 2),
                           Activation::gelu, false,
                           eigenvit::LayerNorm<float>(random_values<float>(7, 1), {}, 1e-6f));
        }) == "mlp: expected a norm of 8 values, found 7");
  const Mlp<float> mlp(random_linear<float>(8, 4, 1), random_linear<float>(4, 8, 2),
                       Activation::gelu);
  const Matrix<float> x = Matrix<float>::Zero(2, 5);
  CHECK(support::message_of<eigenvit::ShapeError>([&] { mlp(x); }) ==
        "mlp: expected an input of 4 columns, found 5");
}
