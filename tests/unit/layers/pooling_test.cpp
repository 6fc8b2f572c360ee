#include <cstdint>
#include <cstring>
#include <vector>

#include <doctest/doctest.h>

#include <eigenvit/core/finite.hpp>
#include <eigenvit/layers/pooling.hpp>

#include "../support.hpp"

using eigenvit::Index;
using eigenvit::Matrix;
using eigenvit::Pool;
using eigenvit::pool_tokens;

TEST_CASE_TEMPLATE("pool_tokens takes CLS, the mean of the patches or of the pair", Scalar, float,
                   double) {
  for (const Index width : {1, 7, 16, 33}) {
    const auto values = support::random_values<Scalar>(6 * width, 1);
    const Matrix<Scalar> tokens = eigenvit::ConstMatrixView<Scalar>(values.data(), 6, width);
    // Measured: 3.1e-8 and 7.1e-17.
    const double bound = sizeof(Scalar) == 4 ? 1e-7 : 2.5e-16;
    CHECK((pool_tokens(Pool::token, tokens, 2).array() == tokens.row(0).transpose().array()).all());
    for (Index c = 0; c < width; ++c) {
      double mean = 0;
      for (Index r = 2; r < 6; ++r) mean += static_cast<double>(tokens(r, c)) / 4;
      const double pair =
          (static_cast<double>(tokens(0, c)) + static_cast<double>(tokens(1, c))) / 2;
      const auto avg = pool_tokens(Pool::avg, tokens, 2);
      const auto both = pool_tokens(Pool::token_pair, tokens, 2);
      CHECK(support::worst_error(&avg[c], &mean, 1) < bound);
      CHECK(support::worst_error(&both[c], &pair, 1) < bound);
      CHECK(pool_tokens(Pool::prefix_avg, tokens, 2)[c] == both[c]);
    }
    const auto two = pool_tokens(Pool::first_two, tokens, 2);
    REQUIRE(two.size() == 2 * width);
    CHECK((two.head(width).array() == tokens.row(0).transpose().array()).all());
    CHECK((two.tail(width).array() == tokens.row(1).transpose().array()).all());
    const auto joined = pool_tokens(Pool::token_avg, tokens, 2);
    REQUIRE(joined.size() == 2 * width);
    CHECK((joined.head(width).array() == tokens.row(0).transpose().array()).all());
    CHECK((joined.tail(width).array() == pool_tokens(Pool::avg, tokens, 2).array()).all());
  }
}

TEST_CASE_TEMPLATE("pool_tokens takes the greatest of the patches, and half of it with the mean",
                   Scalar, float, double) {
  const auto values = support::random_values<Scalar>(6 * 7, 1);
  const Matrix<Scalar> tokens = eigenvit::ConstMatrixView<Scalar>(values.data(), 6, 7);
  const auto max = pool_tokens(Pool::max, tokens, 2);
  const auto avg = pool_tokens(Pool::avg, tokens, 2);
  const auto both = pool_tokens(Pool::avgmax, tokens, 2);
  for (Index c = 0; c < 7; ++c) {
    CHECK(max[c] == tokens.col(c).tail(4).maxCoeff());
    CHECK(both[c] == Scalar(0.5) * (max[c] + avg[c]));
  }
  CHECK_THROWS_AS(pool_tokens(Pool::map, tokens, 2), eigenvit::ConfigError);
}

TEST_CASE("pool_tokens keeps a NaN among what it takes the greatest of") {
  for (const Index row : {0, 1, 2}) {
    Matrix<float> tokens = Matrix<float>::Constant(3, 2, 1.0f);
    const std::uint32_t bits = 0x7fc00000U;
    std::memcpy(&tokens(row, 1), &bits, sizeof bits);
    const auto max = pool_tokens(Pool::max, tokens, 0);
    CHECK(max[0] == 1);
    CHECK(eigenvit::detail::is_nan(max[1]));
  }
}

TEST_CASE("pool_tokens writes the width and no more") {
  const std::vector<float> tokens(2 * 5, 1.0f);
  std::vector<float> pooled(6, -9.0f);
  pool_tokens<float>(Pool::avg, tokens.data(), 2, 1, 5, pooled.data());
  CHECK(pooled == std::vector<float>{1, 1, 1, 1, 1, -9});
}

TEST_CASE("pool_tokens says which tokens are missing") {
  const Matrix<float> one(1, 3);
  CHECK(support::message_of<eigenvit::ShapeError>([&] { pool_tokens(Pool::avg, one, 1); }) ==
        "pooling: expected tokens 1 to 2, found 1 tokens");
  CHECK(support::message_of<eigenvit::ShapeError>([&] { pool_tokens(Pool::token_pair, one, 1); }) ==
        "pooling: expected tokens 0 to 2, found 1 tokens");
  const Matrix<float> none(0, 3);
  CHECK(support::message_of<eigenvit::ShapeError>([&] { pool_tokens(Pool::token, none, 0); }) ==
        "pooling: expected tokens 0 to 1, found 0 tokens");
}
