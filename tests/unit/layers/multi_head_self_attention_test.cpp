#include <utility>

#include <doctest/doctest.h>

#include <eigenvit/layers/multi_head_self_attention.hpp>

#include "../plain_layers.hpp"

using eigenvit::AlignedBuffer;
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

TEST_CASE("MultiHeadSelfAttention adds its result to a residual stream, scaled") {
  const auto attention = plain::Attention(12, 3, 1, false).layer<float>();
  const auto scale = random_values<float>(12, 6);
  const auto x = random_values<float>(5 * 12, 5);
  const eigenvit::ConstMatrixView<float> view(x.data(), 5, 12);
  const Matrix<float> branch = attention(view);
  Matrix<float> y = view;
  attention.add_to(view, y, scale.data(), true);
  for (Index i = 0; i < y.size(); ++i) {
    const double expected =
        double(x[static_cast<std::size_t>(i)]) +
        double(scale[static_cast<std::size_t>(i % 12)]) * double(branch(i / 12, i % 12));
    // Two roundings.
    CHECK(support::worst_error(y.data() + i, &expected, 1) < 1.2e-7);
  }
}

TEST_CASE("MultiHeadSelfAttention in pieces of tokens, panels and queries gives the same bits") {
  constexpr Index tokens = 77, width = 60, heads = 3, head_dim = 20;
  const auto attention = plain::Attention(width, heads, 1).layer<float>();
  CHECK(attention.head_width() == 32);
  const auto x = random_values<float>(tokens * width, 5);
  Matrix<float> weights;
  const eigenvit::ConstMatrixView<float> view(x.data(), tokens, width);
  const Matrix<float> whole = attention(view, &weights);

  AlignedBuffer<float> qkv(MultiHeadSelfAttention<float>::qkv_size(tokens, heads, head_dim),
                           support::not_a_number);
  const Index panels = attention.qkv().weight().panels();
  for (const auto& [first, rows] : {std::pair<Index, Index>{0, 1}, {1, 40}, {41, 36}}) {
    for (const auto& [panel, count] : {std::pair<Index, Index>{0, 5}, {5, panels - 5}}) {
      attention.project(x.data() + first * width, first, rows, width, panel, count, qkv.data(),
                        tokens);
    }
  }
  Matrix<float> attended(tokens, width);
  AlignedBuffer<float> probabilities(static_cast<std::size_t>(weights.size()));
  AlignedBuffer<float> scratch(MultiHeadSelfAttention<float>::scratch_size(head_dim));
  for (Index head = heads - 1; head >= 0; --head) {
    for (const auto& [first, count] : {std::pair<Index, Index>{0, 32}, {32, 13}, {45, 32}}) {
      attention.attend(qkv.data(), tokens, head, first, count, attended.data(), width,
                       probabilities.data(), scratch.data());
    }
  }
  CHECK(support::same_bits(attention.proj()(attended).data(), whole.data(), whole.size()));
  CHECK(support::same_bits(probabilities.data(), weights.data(), weights.size()));
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
