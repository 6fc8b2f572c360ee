#include <utility>

#include <doctest/doctest.h>

#include <eigenvit/core/thread_pool_executor.hpp>
#include <eigenvit/kernels/reference.hpp>
#include <eigenvit/layers/linear.hpp>

#include "../support.hpp"

using eigenvit::Activation;
using eigenvit::AlignedBuffer;
using eigenvit::BatchView;
using eigenvit::Index;
using eigenvit::Linear;
using eigenvit::Matrix;
using eigenvit::PackedMatrix;
using support::random_values;

TEST_CASE_TEMPLATE("Linear maps each token, also of a block, in one and in several tasks", Scalar,
                   float, double) {
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
      eigenvit::ops::Epilogue<Scalar> epilogue;
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

TEST_CASE("Linear of a batch gives each image's bits on any number of threads") {
  constexpr Index images = 3, rows = 7, inputs = 20, outputs = 500, stride = 503;
  const Linear<float> linear(
      PackedMatrix<float>(random_values<float>(outputs * inputs, 1), outputs, inputs),
      random_values<float>(outputs, 2));
  const auto scale = random_values<float>(outputs, 3);
  const auto x = random_values<float>(images * rows * inputs, 4);
  const auto before = random_values<float>(images * rows * stride, 5);
  AlignedBuffer<float> first;
  for (const int threads : {1, 2, 3, 7}) {
    eigenvit::ThreadPoolExecutor executor(threads);
    auto memory = before;
    const BatchView<float> y(memory.data(), images, rows, outputs, stride, rows * stride);
    linear.forward(BatchView<const float>(x.data(), images, rows, inputs), y, executor);
    for (Index image = 0; image < images; ++image) {
      const Matrix<float> expected =
          linear(eigenvit::ConstMatrixView<float>(x.data() + image * rows * inputs, rows, inputs));
      for (Index r = 0; r < rows; ++r) {
        REQUIRE(support::same_bits(y.row(image, r), &expected(r, 0), outputs));
        REQUIRE(support::same_bits(y.row(image, r) + outputs,
                                   before.data() + (image * rows + r) * stride + outputs, 3));
      }
    }
    // With everything that can be done on the way to memory.
    linear.forward(BatchView<const float>(x.data(), images, rows, inputs), y, executor,
                   Activation::silu, scale.data(), true);
    if (first.empty()) first = memory;
    CHECK(support::same_bits(first, memory));
  }
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
