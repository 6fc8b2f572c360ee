#include <utility>

#include <doctest/doctest.h>

#include <eigenvit/layers/encoder_block.hpp>

#include "../plain_layers.hpp"

using eigenvit::Activation;
using eigenvit::AlignedBuffer;
using eigenvit::EncoderBlock;
using eigenvit::Index;
using eigenvit::Matrix;
using support::random_values;

TEST_CASE_TEMPLATE("EncoderBlock adds attention and MLP to the residual stream", Scalar, float,
                   double) {
  for (const bool layer_scale : {false, true}) {
    const plain::Block expected(12, 3, 20, layer_scale, Activation::gelu, 1);
    const auto block = expected.layer<Scalar>();
    CHECK(block.width() == 12);
    CHECK(block.attn().heads() == 3);
    CHECK(block.mlp().hidden_features() == 20);
    CHECK(block.parameters() ==
          4 * 12 + 12 * 48 + 48 + 2 * 12 * 20 + 20 + 12 + (layer_scale ? 24 : 0));
    for (const Index tokens : {1, 5, 129}) {
      const auto values = random_values<float>((tokens + 1) * 15, 5);
      const Matrix<Scalar> large =
          eigenvit::ConstMatrixView<float>(values.data(), tokens + 1, 15).template cast<Scalar>();
      const auto x = large.block(1, 2, tokens, 12);
      plain::Values dense;
      for (Index i = 0; i < x.size(); ++i) dense.push_back(static_cast<double>(x(i / 12, i % 12)));
      plain::Values weights;
      const plain::Values y = expected(dense, weights);
      Matrix<Scalar> probabilities;
      const Matrix<Scalar> found = block(x, &probabilities);
      // Measured: 1.2e-6 and 2.0e-15.
      const double bound = sizeof(Scalar) == 4 ? 4e-6 : 6e-15;
      CHECK(support::worst_error(found.data(), y.data(), found.size()) < bound);
      REQUIRE(probabilities.size() == static_cast<Index>(weights.size()));
      CHECK(support::worst_error(probabilities.data(), weights.data(), probabilities.size()) <
            bound);
      CHECK(support::same_bits(block(x).data(), found.data(), found.size()));
    }
  }
}

TEST_CASE_TEMPLATE("EncoderBlock in its other forms", Scalar, float, double) {
  const plain::Block parts(12, 3, 20, false, Activation::gelu, 1);
  const auto x = plain::random(7 * 12, 5);
  const auto values = plain::buffer<Scalar>(x);
  const eigenvit::ConstMatrixView<Scalar> view(values.data(), 7, 12);
  const auto make = [&](eigenvit::BlockForm form) {
    return EncoderBlock<Scalar>(parts.norm1.layer<Scalar>(), parts.attn.layer<Scalar>(), {},
                                form == eigenvit::BlockForm::parallel
                                    ? eigenvit::LayerNorm<Scalar>()
                                    : parts.norm2.layer<Scalar>(),
                                eigenvit::Mlp<Scalar>(parts.fc1.layer<Scalar>(),
                                                      parts.fc2.layer<Scalar>(), Activation::gelu),
                                {}, form);
  };
  const auto plus = [](plain::Values a, const plain::Values& b) {
    for (std::size_t i = 0; i < a.size(); ++i) a[i] += b[i];
    return a;
  };
  const auto mlp = [&](const plain::Values& y) {
    return parts.fc2(parts.fc1(y, Activation::gelu));
  };
  plain::Values weights;
  const plain::Values after = plus(x, parts.norm1(parts.attn(x, weights)));
  const plain::Values post = plus(after, parts.norm2(mlp(after)));
  const plain::Values half = parts.norm1(plus(x, parts.attn(x, weights)));
  const plain::Values sum = parts.norm2(plus(half, mlp(half)));
  const plain::Values normed = parts.norm1(x);
  const plain::Values parallel = plus(plus(x, parts.attn(normed, weights)), mlp(normed));
  const double bound = sizeof(Scalar) == 4 ? 4e-6 : 1e-14;
  const Matrix<Scalar> found_post = make(eigenvit::BlockForm::post_norm)(view);
  CHECK(support::worst_error(found_post.data(), post.data(), found_post.size()) < bound);
  const Matrix<Scalar> found_sum = make(eigenvit::BlockForm::sum_norm)(view);
  CHECK(support::worst_error(found_sum.data(), sum.data(), found_sum.size()) < bound);
  const Matrix<Scalar> found_parallel = make(eigenvit::BlockForm::parallel)(view);
  CHECK(support::worst_error(found_parallel.data(), parallel.data(), found_parallel.size()) <
        bound);
}

TEST_CASE("EncoderBlock says what does not fit") {
  const auto make = [](Index norm1, Index attn, std::size_t ls1, Index norm2, Index mlp) {
    EncoderBlock<float>(
        plain::Norm(norm1, 1).layer<float>(), plain::Attention(attn, 1, 2).layer<float>(),
        AlignedBuffer<float>(ls1), plain::Norm(norm2, 3).layer<float>(),
        eigenvit::Mlp<float>(plain::Linear(8, mlp, 4).layer<float>(),
                             plain::Linear(4, 8, 5).layer<float>(), Activation::gelu),
        {});
  };
  const std::string expected =
      "encoder block: expected every part to have the width 4 of norm1, found ";
  const auto message = [](const auto& call) {
    return support::message_of<eigenvit::ShapeError>(call);
  };
  make(4, 4, 4, 4, 4);
  CHECK(message([&] { make(4, 5, 0, 4, 4); }) == expected + "5");
  CHECK(message([&] { make(4, 4, 3, 4, 4); }) == expected + "3");
  CHECK(message([&] { make(4, 4, 0, 6, 4); }) == expected + "6");
  CHECK(message([&] { make(4, 4, 0, 4, 7); }) == expected + "7");
  const auto block = plain::Block(4, 2, 8, false, Activation::gelu, 1).layer<float>();
  CHECK(message([&] { block(Matrix<float>::Zero(3, 5)); }) ==
        "encoder block: expected an input of 4 columns, found 5");
}
