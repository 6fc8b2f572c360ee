#include <utility>

#include <doctest/doctest.h>

#include <eigenvit/kernels/reference.hpp>
#include <eigenvit/layers/linear.hpp>

#include "../support.hpp"

using eigenvit::AlignedBuffer;
using eigenvit::Index;
using eigenvit::Linear;
using eigenvit::Matrix;
using eigenvit::detail::PackedMatrix;
using support::random_values;

TEST_CASE_TEMPLATE("Linear maps each token, also of a block", Scalar, float, double) {
  const auto values = random_values<Scalar>(12 * 40, 3);
  const eigenvit::ConstMatrixView<Scalar> large(values.data(), 12, 40);
  const auto x = large.block(2, 3, 9, 31);
  for (const Index outputs : {5, 192, 400}) {
    for (const bool with_bias : {false, true}) {
      const auto weight = random_values<Scalar>(outputs * 31, 1);
      const auto bias = random_values<Scalar>(with_bias ? outputs : 0, 2);
      const Linear<Scalar> linear(PackedMatrix<Scalar>(weight, outputs, 31), bias);
      CHECK(linear.in_features() == 31);
      CHECK(linear.out_features() == outputs);
      CHECK(linear.parameters() == outputs * 31 + static_cast<Index>(bias.size()));
      const Matrix<Scalar> y = linear(x);
      Matrix<Scalar> expected(9, outputs);
      eigenvit::reference::Epilogue<Scalar> epilogue;
      epilogue.bias = with_bias ? bias.data() : nullptr;
      eigenvit::reference::linear(x.data(), 9, Index{40}, weight.data(), outputs, 31, epilogue,
                                  expected.data(), outputs);
      // Measured: 5.4e-7 and 1.5e-15.
      CHECK(support::worst_error(y.data(), expected.data(), y.size()) <
            (sizeof(Scalar) == 4 ? 2e-6 : 4e-15));
      // From Eigen matrices.
      const Linear<Scalar> copied(
          eigenvit::ConstMatrixView<Scalar>(weight.data(), outputs, 31),
          eigenvit::ConstVectorView<Scalar>(bias.data(), static_cast<Index>(bias.size())));
      CHECK(support::same_bits(copied(x).data(), y.data(), y.size()));
    }
  }
}

TEST_CASE_TEMPLATE("Linear adds its result to a residual stream, scaled", Scalar, float, double) {
  constexpr Index rows = 7, inputs = 20, outputs = 50;
  const auto weight = random_values<Scalar>(outputs * inputs, 1);
  const auto bias = random_values<Scalar>(outputs, 2);
  const auto scale = random_values<Scalar>(outputs, 3);
  const auto x = random_values<Scalar>(rows * inputs, 4);
  const eigenvit::ConstMatrixView<Scalar> view(x.data(), rows, inputs);
  const auto before = random_values<Scalar>(rows * outputs, 5);
  // The outputs of the groups lie side by side as those of one matrix do.
  for (const Index group : {outputs, Index{25}, Index{5}}) {
    CAPTURE(group);
    const auto linear =
        Linear<Scalar>(PackedMatrix<Scalar>(weight, outputs, inputs), bias).grouped(group);
    CHECK(linear.weight().group() == group);
    CHECK(linear.parameters() == outputs * inputs + outputs);
    for (const bool accumulate : {false, true}) {
      eigenvit::reference::Epilogue<Scalar> epilogue;
      epilogue.bias = bias.data();
      epilogue.scale = scale.data();
      epilogue.accumulate = accumulate;
      auto expected = before;
      eigenvit::reference::linear(x.data(), rows, inputs, weight.data(), outputs, inputs, epilogue,
                                  expected.data(), outputs);
      Matrix<Scalar> y = eigenvit::ConstMatrixView<Scalar>(before.data(), rows, outputs);
      linear.add_to(view, y, scale.data(), accumulate);
      // Measured: 1.9e-7 and 3.8e-16.
      CHECK(support::worst_error(y.data(), expected.data(), y.size()) <
            (sizeof(Scalar) == 4 ? 6e-7 : 1.2e-15));
    }
  }
}

TEST_CASE("Linear by shares of its panels gives the bits of the whole") {
  constexpr Index rows = 7, inputs = 20, outputs = 90;
  const Linear<float> linear(
      PackedMatrix<float>(random_values<float>(outputs * inputs, 1), outputs, inputs),
      random_values<float>(outputs, 2));
  const auto x = random_values<float>(rows * inputs, 4);
  const Matrix<float> whole = linear(eigenvit::ConstMatrixView<float>(x.data(), rows, inputs));
  for (const Index count : {1, 2, 4, 6}) {
    CAPTURE(count);
    Matrix<float> y = Matrix<float>::Zero(rows, outputs);
    for (Index first = 0; first < linear.weight().panels(); first += count) {
      auto task = linear.share(first, count);
      task.x = x.data();
      task.rows = rows;
      task.x_stride = inputs;
      task.y = y.data() + first * eigenvit::kernels::panel_width;
      task.y_stride = outputs;
      eigenvit::ops::gemm(task);
    }
    CHECK(support::same_bits(y.data(), whole.data(), y.size()));
  }
}

TEST_CASE("Linear in other groups is the same map") {
  const auto weight = random_values<float>(96 * 5, 1);
  const auto bias = random_values<float>(96, 2);
  const Linear<float> plain(PackedMatrix<float>(weight, 96, 5), bias);
  const auto x = random_values<float>(3 * 5, 3);
  const eigenvit::ConstMatrixView<float> view(x.data(), 3, 5);
  const Matrix<float> y = plain(view);
  // From groups into others, also where these fill whole panels.
  for (const Index first : {96, 32, 16, 12, 1}) {
    for (const Index second : {96, 48, 24, 8}) {
      CAPTURE(first);
      CAPTURE(second);
      auto copy = plain;
      const Linear<float> grouped = std::move(copy).grouped(first).grouped(second);
      CHECK(support::same_bits(grouped(view).data(), y.data(), y.size()));
    }
  }
  const auto grouping = [&](Index group) {
    return support::message_of<eigenvit::ShapeError>([&] {
      auto copy = plain;
      std::move(copy).grouped(group);
    });
  };
  CHECK(grouping(7) == "linear: expected groups that divide 96 outputs, found 7");
  CHECK(grouping(0) == "linear: expected groups that divide 96 outputs, found 0");
}

TEST_CASE("Linear says what does not fit") {
  const Matrix<float> weight = Matrix<float>::Zero(3, 5);
  CHECK(support::message_of<eigenvit::ShapeError>([&] {
          Linear<float> wrong(weight, eigenvit::Vector<float>::Zero(4));
        }) == "linear: expected a bias of 3 values, found 4");
  const Linear<float> linear(weight);
  CHECK(linear.parameters() == 15);
  CHECK(support::message_of<eigenvit::ShapeError>([&] { linear(weight.leftCols(4)); }) ==
        "linear: expected an input of 5 columns, found 4");
  CHECK(linear(Matrix<float>::Zero(0, 5)).rows() == 0);
}
