#include <cmath>
#include <string>
#include <utility>

#include <doctest/doctest.h>

#include <eigenvit/layers/attention_pool.hpp>

#include "../plain_layers.hpp"

using eigenvit::Activation;
using eigenvit::AttentionPool;
using eigenvit::Index;
using plain::Values;

namespace {

struct Plain {
  Index width, heads, hidden;
  Values latent = plain::random(width, 1);
  plain::Linear q{width, width, 2}, kv{2 * width, width, 4}, proj{width, width, 6};
  plain::Norm norm{width, 8};
  plain::Linear fc1{hidden, width, 10}, fc2{width, hidden, 12};

  Values operator()(const Values& x) const {
    const Index tokens = static_cast<Index>(x.size()) / width;
    const Index dim = width / heads;
    const Values query = q(latent);
    const Values keys = kv(x);
    Values attended(static_cast<std::size_t>(width)), scores(static_cast<std::size_t>(tokens));
    for (Index head = 0; head < heads; ++head) {
      const double* const k = keys.data() + head * dim;
      // One row stride for all: the query alone, so any.
      eigenvit::reference::attention(query.data() + head * dim, 1, k, k + width, tokens, dim,
                                     2 * width, 1 / std::sqrt(double(dim)), scores.data(),
                                     attended.data() + head * dim, width);
    }
    Values z = proj(attended);
    const Values more = fc2(fc1(norm(z), Activation::gelu));
    for (std::size_t i = 0; i < z.size(); ++i) z[i] += more[i];
    return z;
  }

  template <class Scalar>
  AttentionPool<Scalar> layer() const {
    return {plain::buffer<Scalar>(latent),
            q.layer<Scalar>(),
            kv.layer<Scalar>(),
            proj.layer<Scalar>(),
            norm.layer<Scalar>(),
            eigenvit::Mlp<Scalar>(fc1.layer<Scalar>(), fc2.layer<Scalar>(), Activation::gelu),
            heads};
  }
};

}  // namespace

TEST_CASE_TEMPLATE("AttentionPool is attention of the latent, and an MLP", Scalar, float, double) {
  // Widths that fill registers and that do not, heads likewise, and more of them than queries of
  // one call of the kernel.
  for (const auto& size : {std::pair<Index, Index>{64, 2}, {18, 3}, {64, 4}, {80, 5}, {80, 40}}) {
    const Index width = size.first;
    const Index heads = size.second;
    CAPTURE(width);
    CAPTURE(heads);
    const Plain expected{width, heads, 30};
    const auto pool = expected.layer<Scalar>();
    CHECK(pool.width() == width);
    CHECK(pool.heads() == heads);
    CHECK(pool.parameters() == width + 4 * width * (width + 1) + 2 * width + 61 * width + 30);
    for (const Index tokens : {1, 2, 97, 200}) {
      const Values x = plain::random(tokens * width, 5);
      const Values z = expected(x);
      const auto values = plain::buffer<Scalar>(x);
      const auto found = pool(eigenvit::ConstMatrixView<Scalar>(values.data(), tokens, width));
      CHECK(support::worst_error(found.data(), z.data(), found.size()) <
            (sizeof(Scalar) == 4 ? 1e-5 : 1e-13));
    }
  }
}

TEST_CASE_TEMPLATE("AttentionPool without an MLP takes the query itself", Scalar, float, double) {
  // Against the other form: a latent whose query is the same, and an MLP that adds nothing.
  const Plain parts{18, 3, 1};
  const auto q = parts.q.layer<Scalar>();
  const auto latent = plain::buffer<Scalar>(parts.latent);
  const eigenvit::Matrix<Scalar> query = q(eigenvit::ConstMatrixView<Scalar>(latent.data(), 1, 18));
  const eigenvit::AlignedBuffer<Scalar> values(query.data(), query.data() + query.size());
  const AttentionPool<Scalar> bare(values, parts.kv.layer<Scalar>(), parts.proj.layer<Scalar>(), 3);
  eigenvit::Linear<Scalar> nothing(eigenvit::Matrix<Scalar>::Zero(18, 1));
  const AttentionPool<Scalar> whole(
      latent, q, parts.kv.layer<Scalar>(), parts.proj.layer<Scalar>(), parts.norm.layer<Scalar>(),
      eigenvit::Mlp<Scalar>(parts.fc1.layer<Scalar>(), nothing, Activation::gelu), 3);
  CHECK_FALSE(bare.has_mlp());
  CHECK(whole.has_mlp());
  CHECK(bare.parameters() == 18 + 3 * 18 * 19);
  const auto x = plain::buffer<Scalar>(plain::random(7 * 18, 5));
  const eigenvit::ConstMatrixView<Scalar> tokens(x.data(), 7, 18);
  CHECK((bare(tokens).array() == whole(tokens).array()).all());
  CHECK(support::message_of<eigenvit::ShapeError>([&] {
          AttentionPool<Scalar>(eigenvit::AlignedBuffer<Scalar>(17, Scalar(1)),
                                parts.kv.layer<Scalar>(), parts.proj.layer<Scalar>(), 3);
        }) == "attention pool: expected a query of 18, found 17");
}

TEST_CASE_TEMPLATE("AttentionPool of a normed latent gives a vector of a width of its own", Scalar,
                   float, double) {
  constexpr Index tokens = 7;
  // Wider and narrower than the tokens, with heads that fill registers and that do not.
  for (const auto& size : {std::pair<Index, Index>{18, 32}, {40, 24}, {32, 32}}) {
    const Index width = size.first, dim = size.second, heads = 4, head = dim / heads;
    CAPTURE(width);
    const Values latent = plain::random(dim, 1);
    const plain::Norm norm(dim, 2);
    const plain::Linear q(dim, dim, 4), kv(2 * dim, width, 6), proj(dim, dim, 8);
    const AttentionPool<Scalar> pool(plain::buffer<Scalar>(latent), norm.layer<Scalar>(),
                                     q.layer<Scalar>(), kv.layer<Scalar>(), proj.layer<Scalar>(),
                                     heads);
    CHECK_FALSE(pool.has_mlp());
    CHECK(pool.in_features() == width);
    CHECK(pool.width() == dim);
    CHECK(pool.head_dim() == head);
    CHECK(pool.parameters() == 3 * dim + 2 * dim * (dim + 1) + 2 * dim * (width + 1));
    const Values x = plain::random(tokens * width, 5);
    const Values query = q(norm(latent));
    const Values keys = kv(x);
    Values attended(static_cast<std::size_t>(dim)), scores(static_cast<std::size_t>(tokens));
    for (Index i = 0; i < dim; i += head) {
      eigenvit::reference::attention(query.data() + i, 1, keys.data() + i, keys.data() + dim + i,
                                     tokens, head, 2 * dim, 1 / std::sqrt(double(head)),
                                     scores.data(), attended.data() + i, dim);
    }
    const Values expected = proj(attended);
    const auto values = plain::buffer<Scalar>(x);
    const auto found = pool(eigenvit::ConstMatrixView<Scalar>(values.data(), tokens, width));
    CHECK(found.size() == dim);
    CHECK(support::worst_error(found.data(), expected.data(), found.size()) <
          (sizeof(Scalar) == 4 ? 1e-5 : 1e-13));
    const auto error = [&](Index latent_size, Index norm_size) {
      return support::message_of<eigenvit::ShapeError>([&] {
        AttentionPool<Scalar>(eigenvit::AlignedBuffer<Scalar>(std::size_t(latent_size), Scalar(1)),
                              plain::Norm(norm_size, 2).layer<Scalar>(), q.layer<Scalar>(),
                              kv.layer<Scalar>(), proj.layer<Scalar>(), heads);
      });
    };
    const std::string of_dim = std::to_string(dim) + ", found " + std::to_string(dim + 1);
    CHECK(error(dim + 1, dim) == "attention pool: expected a latent of " + of_dim);
    CHECK(error(dim, dim + 1) == "attention pool: expected a norm of the latent of " + of_dim);
  }
}

TEST_CASE("AttentionPool says what does not fit") {
  const Plain parts{12, 3, 8};
  const auto make = [&](Index latent, const plain::Linear& kv, Index heads) {
    return support::message_of<eigenvit::ShapeError>([&] {
      AttentionPool<float> wrong(eigenvit::AlignedBuffer<float>(std::size_t(latent), 1.0f),
                                 parts.q.layer<float>(), kv.layer<float>(),
                                 parts.proj.layer<float>(), parts.norm.layer<float>(),
                                 eigenvit::Mlp<float>(parts.fc1.layer<float>(),
                                                      parts.fc2.layer<float>(), Activation::gelu),
                                 heads);
    });
  };
  CHECK(make(11, parts.kv, 3) == "attention pool: expected a latent of 12, found 11");
  CHECK(make(12, plain::Linear(23, 12, 1), 3) ==
        "attention pool: expected keys and values of 24, found 23");
  CHECK(make(12, parts.kv, 5) ==
        "attention pool: expected a number of heads that divides the width 12, found 5");
  CHECK(support::message_of<eigenvit::ShapeError>([&] {
          parts.layer<float>()(eigenvit::Matrix<float>::Zero(2, 5));
        }) == "attention pool: expected tokens of 12 values, found 2 of 5");
}
