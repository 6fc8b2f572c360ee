#include <algorithm>
#include <utility>

#include <doctest/doctest.h>

#include <eigenvit/layers/multi_head_self_attention.hpp>

#include "../plain_layers.hpp"

using eigenvit::AlignedBuffer;
using eigenvit::Index;
using eigenvit::Matrix;
using eigenvit::MultiHeadSelfAttention;
using eigenvit::kernels::WeightFormat;
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

TEST_CASE_TEMPLATE("MultiHeadSelfAttention with a causal mask is attention to the tokens so far",
                   Scalar, float, double) {
  constexpr Index tokens = 130, width = 12, heads = 3;
  const plain::Attention expected(width, heads, 1);
  const auto attention = expected.layer<Scalar>();
  const auto values = random_values<float>(tokens * width, 5);
  const Matrix<Scalar> x =
      eigenvit::ConstMatrixView<float>(values.data(), tokens, width).template cast<Scalar>();
  eigenvit::AttentionPositions<Scalar> causal;
  causal.causal = true;
  Matrix<Scalar> probabilities;
  const Matrix<Scalar> y = attention(x, &probabilities, causal);
  // Measured: 3.0e-7 and 3.4e-16.
  const double bound = sizeof(Scalar) == 4 ? 1e-6 : 4e-15;
  for (const Index t : {0, 1, 31, 32, 63, 103, 104, 129}) {
    CAPTURE(t);
    plain::Values weights;
    const plain::Values so_far(values.begin(), values.begin() + (t + 1) * width);
    const plain::Values last = expected(so_far, weights);
    CHECK(support::worst_error(y.data() + t * width, last.data() + t * width, width) < bound);
    for (Index head = 0; head < heads; ++head) {
      const Scalar* const row = probabilities.data() + (head * tokens + t) * tokens;
      CHECK(support::worst_error(row, weights.data() + (head * (t + 1) + t) * (t + 1), t + 1) <
            bound);
      CHECK(std::all_of(row + t + 1, row + tokens, [](Scalar p) { return p == 0; }));
    }
  }
  CHECK(support::same_bits(attention(x, nullptr, causal).data(), y.data(), y.size()));
}

TEST_CASE("MultiHeadSelfAttention adds the bias of a key below a causal mask") {
  constexpr Index tokens = 40, width = 12, hidden = 3;
  const auto attention = plain::Attention(width, 3, 1).layer<float>();
  const auto values = random_values<float>(tokens * width, 5);
  const eigenvit::ConstMatrixView<float> x(values.data(), tokens, width);
  AlignedBuffer<float> key_bias(
      static_cast<std::size_t>(tokens * MultiHeadSelfAttention<float>::block_queries), 0.0f);
  std::fill_n(key_bias.data() + hidden * MultiHeadSelfAttention<float>::block_queries,
              MultiHeadSelfAttention<float>::block_queries, -1e30f);
  eigenvit::AttentionPositions<float> positions;
  positions.causal = true;
  positions.key_bias = key_bias.data();
  Matrix<float> probabilities;
  attention(x, &probabilities, positions);
  CHECK(probabilities.col(hidden).isZero(0));
  CHECK(probabilities(tokens - 1, hidden - 1) > 0);
  CHECK(probabilities(1, 2) == 0);
  CHECK((probabilities.rowwise().sum().array() - 1).abs().maxCoeff() < 1e-6f);
}

TEST_CASE("MultiHeadSelfAttention masks later keys below a bias by relative positions") {
  constexpr Index tokens = 1 + 5 * 8, width = 12, heads = 3;
  const auto plain_attention = plain::Attention(width, heads, 1);
  eigenvit::AttentionExtras<double> extras;
  extras.rel_pos_bias.emplace(
      plain::buffer<double>(
          plain::random(heads * eigenvit::RelativePositionBias<double>::entries(5, 8), 3)),
      heads, Index{5}, Index{8});
  eigenvit::AttentionPositions<double> positions;
  positions.rel_pos_bias = extras.rel_pos_bias->table(5, 8, nullptr);
  positions.grid_height = 5;
  positions.grid_width = 8;
  const MultiHeadSelfAttention<double> attention(
      plain_attention.qkv.layer<double>(), plain_attention.proj.layer<double>(), heads, extras);
  const auto values = random_values<float>(tokens * width, 5);
  const Matrix<double> x =
      eigenvit::ConstMatrixView<float>(values.data(), tokens, width).cast<double>();
  Matrix<double> all;
  attention(x, &all, positions);
  positions.causal = true;
  Matrix<double> causal;
  attention(x, &causal, positions);
  for (Index row = 0; row < heads * tokens; ++row) {
    const Index seen = row % tokens + 1;
    const auto expected = all.row(row).head(seen) / all.row(row).head(seen).sum();
    CHECK((causal.row(row).head(seen) - expected).cwiseAbs().maxCoeff() < 1e-14);
    CHECK(causal.row(row).tail(tokens - seen).isZero(0));
  }
}

TEST_CASE("MultiHeadSelfAttention with a causal mask sees no later token in any format") {
  constexpr Index tokens = 130, width = 64, heads = 2;
  const plain::Attention expected(width, heads, 1);
  const auto values = random_values<float>(tokens * width, 5);
  const eigenvit::ConstMatrixView<float> x(values.data(), tokens, width);
  eigenvit::AttentionPositions<float> causal;
  causal.causal = true;
  const Matrix<float> exact = expected.layer<float>()(x, nullptr, causal);
  for (const WeightFormat format : {WeightFormat::bfloat16_pairs, WeightFormat::int8}) {
    if (!eigenvit::kernels::active_kernels().has(format)) continue;
    CAPTURE(static_cast<int>(format));
    const eigenvit::Linear<float> qkv(
        eigenvit::detail::PackedMatrix<float>(plain::buffer<float>(expected.qkv.weight), 3 * width,
                                              width, nullptr, format),
        plain::buffer<float>(expected.qkv.bias));
    const MultiHeadSelfAttention<float> attention(qkv, expected.proj.layer<float>(), heads);
    Matrix<float> probabilities;
    const Matrix<float> y = attention(x, &probabilities, causal);
    // Measured: 3.3e-3 and 4.0e-3.
    CHECK((y - exact).cwiseAbs().maxCoeff() < 5e-3f * exact.cwiseAbs().maxCoeff());
    for (Index row = 0; row < heads * tokens; ++row) {
      CHECK(probabilities.row(row).tail(tokens - 1 - row % tokens).isZero(0));
    }
    // What comes later changes no bit of what is before it.
    Matrix<float> other = x;
    other.bottomRows(60) *= 4;
    CHECK(support::same_bits(attention(other, nullptr, causal).data(), y.data(), 70 * width));
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
