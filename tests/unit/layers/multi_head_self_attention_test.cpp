#include <utility>

#include <doctest/doctest.h>

#include <eigenvit/core/thread_pool_executor.hpp>
#include <eigenvit/layers/multi_head_self_attention.hpp>

#include "../plain_layers.hpp"

using eigenvit::AlignedBuffer;
using eigenvit::BatchView;
using eigenvit::Index;
using eigenvit::Matrix;
using eigenvit::MultiHeadSelfAttention;
using support::random_values;

TEST_CASE_TEMPLATE("MultiHeadSelfAttention is the formula, for one block of queries and for more",
                   Scalar, float, double) {
  const plain::Attention expected(12, 3, 1);
  const auto attention = expected.layer<Scalar>();
  CHECK(attention.in_features() == 12);
  CHECK(attention.inner_features() == 12);
  CHECK(attention.out_features() == 12);
  CHECK(attention.heads() == 3);
  CHECK(attention.head_dim() == 4);
  CHECK(attention.parameters() == 12 * 48 + 48);
  for (const Index tokens : {1, 2, 127, 128, 129, 300}) {
    CAPTURE(tokens);
    const auto values = random_values<float>((tokens + 1) * 15, 5);
    const Matrix<Scalar> large =
        eigenvit::ConstMatrixView<float>(values.data(), tokens + 1, 15).template cast<Scalar>();
    const auto x = large.block(1, 2, tokens, 12);
    plain::Values dense;
    for (Index i = 0; i < x.size(); ++i) {
      dense.push_back(static_cast<double>(x(i / 12, i % 12)));
    }
    plain::Values weights;
    const plain::Values y = expected(dense, weights);

    Matrix<Scalar> probabilities;
    const Matrix<Scalar> found = attention(x, &probabilities);
    // Measured: 3.3e-7 and 1.3e-15.
    const double bound = sizeof(Scalar) == 4 ? 1e-6 : 4e-15;
    CHECK(support::worst_error(found.data(), y.data(), found.size()) < bound);
    REQUIRE(probabilities.rows() == 3 * tokens);
    REQUIRE(probabilities.cols() == tokens);
    CHECK(support::worst_error(probabilities.data(), weights.data(), probabilities.size()) < bound);
    CHECK((probabilities.rowwise().sum().array() - 1).abs().maxCoeff() < Scalar(1e-6));
    // Asking for the probabilities changes no bit.
    CHECK(support::same_bits(attention(x).data(), found.data(), found.size()));
  }
}

TEST_CASE("MultiHeadSelfAttention of a batch gives each image's bits on any number of threads") {
  const auto attention = plain::Attention(12, 3, 1, false).layer<float>();
  const auto scale = random_values<float>(12, 6);
  for (const Index tokens : {3, 5, 129}) {
    CAPTURE(tokens);
    constexpr Index images = 3;
    const Index size = tokens * 12;
    const auto x = random_values<float>(images * size, 5);
    AlignedBuffer<float> first;
    for (const int threads : {1, 2, 3, 7}) {
      eigenvit::ThreadPoolExecutor executor(threads);
      AlignedBuffer<float> y(x.size()), qkv(3 * x.size()), normed = x;
      AlignedBuffer<float> scores(MultiHeadSelfAttention<float>::scores_size(tokens) *
                                  static_cast<std::size_t>(threads));
      AlignedBuffer<float> probabilities(static_cast<std::size_t>(images * 3 * tokens * tokens));
      // `attended` in the memory of the input, as an encoder block has it.
      attention.forward(BatchView<const float>(normed.data(), images, tokens, 12),
                        BatchView<float>(y.data(), images, tokens, 12),
                        {qkv.data(), normed.data(), scores.data()}, executor, nullptr, false,
                        probabilities.data());
      for (Index image = 0; image < images; ++image) {
        Matrix<float> weights;
        const Matrix<float> expected = attention(
            eigenvit::ConstMatrixView<float>(x.data() + image * size, tokens, 12), &weights);
        CHECK(support::same_bits(y.data() + image * size, expected.data(), size));
        CHECK(support::same_bits(probabilities.data() + image * weights.size(), weights.data(),
                                 weights.size()));
      }
      auto residual = x;
      normed = x;
      attention.forward(BatchView<const float>(normed.data(), images, tokens, 12),
                        BatchView<float>(residual.data(), images, tokens, 12),
                        {qkv.data(), normed.data(), scores.data()}, executor, scale.data(), true);
      for (std::size_t i = 0; i < x.size(); ++i) {
        REQUIRE(residual[i] == doctest::Approx(x[i] + scale[i % 12] * y[i]).epsilon(1e-5));
      }
      if (first.empty()) first = residual;
      CHECK(support::same_bits(first, residual));
    }
  }
}

TEST_CASE("MultiHeadSelfAttention says what does not fit") {
  const auto linear = [](Index outputs, Index inputs) {
    return plain::Linear(outputs, inputs, 1).layer<float>();
  };
  CHECK(support::message_of<eigenvit::ShapeError>([&] {
          MultiHeadSelfAttention<float> wrong(linear(13, 4), linear(4, 4), 2);
        }) == "attention: expected qkv to give 3 x 4 outputs, found 13");
  CHECK(support::message_of<eigenvit::ShapeError>([&] {
          MultiHeadSelfAttention<float> wrong(linear(12, 4), linear(4, 4), 3);
        }) == "attention: expected a number of heads that divides the width 4, found 3");
  CHECK(support::message_of<eigenvit::ShapeError>([&] {
          MultiHeadSelfAttention<float> wrong(linear(12, 4), linear(4, 4), 0);
        }) == "attention: expected a number of heads that divides the width 4, found 0");
  const MultiHeadSelfAttention<float> attention(linear(12, 4), linear(4, 4), 2);
  CHECK(support::message_of<eigenvit::ShapeError>([&] { attention(Matrix<float>::Zero(2, 5)); }) ==
        "attention: expected an input of 4 columns, found 5");
}
