#include <vector>

#include <doctest/doctest.h>

#include <eigenvit/layers/token_matching.hpp>

#include "../plain_matching.hpp"
#include "../support.hpp"

using eigenvit::AlignedBuffer;
using eigenvit::Index;
using eigenvit::detail::TokenMatching;
using plain::token_groups;
using Groups = std::vector<std::vector<Index>>;

namespace {

/// The groups of keys `[H, T, head_width]`; memory is made for `room` tokens.
template <class Scalar>
Groups match(const AlignedBuffer<Scalar>& keys, Index heads, Index tokens, Index head_dim,
             Index prefix, Index merged, Index room) {
  AlignedBuffer<Scalar> values(TokenMatching<Scalar>::values(room, head_dim), Scalar(-9));
  AlignedBuffer<Index> indices(TokenMatching<Scalar>::indices(room), Index{-9});
  const TokenMatching<Scalar> matching(room, head_dim, values.data(), indices.data());
  matching.match(keys.data(), heads, tokens, prefix, merged);
  Groups groups;
  for (Index j = 0; j < tokens - merged; ++j) {
    groups.emplace_back(matching.rows() + matching.first()[j],
                        matching.rows() + matching.first()[j + 1]);
  }
  return groups;
}

/// Random keys, as attention holds them, and their mean over the heads.
template <class Scalar>
struct Keys {
  AlignedBuffer<Scalar> values;
  eigenvit::Matrix<double> mean;

  Keys(Index heads, Index tokens, Index head_dim, std::uint64_t seed)
      : mean(eigenvit::Matrix<double>::Zero(tokens, head_dim)) {
    const Index width = eigenvit::kernels::padded_width(head_dim);
    values.resize(static_cast<std::size_t>(heads * tokens * width), Scalar(0));
    support::Random random(seed);
    for (Index row = 0; row < heads * tokens; ++row) {
      for (Index c = 0; c < head_dim; ++c) {
        const auto value = static_cast<Scalar>(random());
        values[static_cast<std::size_t>(row * width + c)] = value;
        mean(row % tokens, c) += static_cast<double>(value) / static_cast<double>(heads);
      }
    }
  }
};

}  // namespace

TEST_CASE_TEMPLATE("TokenMatching finds the groups of its slow twin", Scalar, float, double) {
  std::uint64_t seed = 0;
  for (const Index tokens : {2, 3, 17, 50, 133}) {
    for (const Index prefix : {0, 1, 2, 5}) {
      for (const Index head_dim : {3, 16, 24}) {
        const Index most = TokenMatching<Scalar>::merged(tokens, prefix, tokens);
        const Keys<Scalar> keys(3, tokens, head_dim, ++seed);
        for (const Index merged : {Index{1}, most / 2, most}) {
          if (merged < 1 || merged > most) continue;
          CAPTURE(tokens);
          CAPTURE(prefix);
          CAPTURE(head_dim);
          CAPTURE(merged);
          const Groups expected = token_groups(keys.mean, prefix, merged);
          REQUIRE(expected.size() == static_cast<std::size_t>(tokens - merged));
          CHECK(match(keys.values, 3, tokens, head_dim, prefix, merged, tokens) == expected);
          // Memory for longer sequences serves shorter ones.
          CHECK(match(keys.values, 3, tokens, head_dim, prefix, merged, tokens + 9) == expected);
        }
      }
    }
  }
}

TEST_CASE("TokenMatching merges half of the tokens behind the prefix at most") {
  using Matching = TokenMatching<float>;
  CHECK(Matching::merged(197, 1, 8) == 8);
  CHECK(Matching::merged(197, 1, 1000) == 98);
  CHECK(Matching::merged(196, 1, 1000) == 97);
  CHECK(Matching::merged(10, 5, 3) == 2);
  CHECK(Matching::merged(2, 1, 5) == 0);
  CHECK(Matching::merged(1, 1, 5) == 0);
  CHECK(Matching::merged(197, 1, 0) == 0);
}

TEST_CASE_TEMPLATE("TokenMatching takes the first of equals", Scalar, float, double) {
  // Seven equal keys: 2, 4, 6 are set A, and all are tied to token 1.
  const AlignedBuffer<Scalar> equal(7 * 16, Scalar(0.5));
  CHECK(match(equal, 1, 7, 16, 1, 2, 7) == Groups{{0}, {6}, {1, 2, 4}, {3}, {5}});
  // Zeros have no direction.
  const AlignedBuffer<Scalar> zeros(7 * 16, Scalar(0));
  CHECK(match(zeros, 1, 7, 16, 1, 1, 7) == Groups{{0}, {4}, {6}, {1, 2}, {3}, {5}});
}

TEST_CASE("TokenMatching looks at the direction of a key, not at its length") {
  // One head of two values; A: tokens 0 and 2, B: tokens 1 and 3.
  AlignedBuffer<float> keys(4 * 16, 0.0f);
  const auto put = [&](std::size_t token, float x, float y) {
    keys[token * 16] = x;
    keys[token * 16 + 1] = y;
  };
  put(0, 1, 1);
  put(1, 100, 0);
  put(2, 0, 1e-12f);
  put(3, 1e-9f, 1e-8f);
  CHECK(match(keys, 1, 4, 2, 0, 1, 4) == Groups{{0}, {1}, {3, 2}});
  CHECK(match(keys, 1, 4, 2, 0, 2, 4) == Groups{{1}, {3, 0, 2}});
}

TEST_CASE("TokenMatching gives some groups for keys that are no numbers") {
  for (const float bad : {support::not_a_number, support::infinity, -support::infinity}) {
    Keys<float> keys(2, 21, 16, 7);
    keys.values[5 * 16 + 3] = bad;
    keys.values[8 * 16] = bad;
    const Groups groups = match(keys.values, 2, 21, 16, 1, 4, 21);
    CHECK(groups.size() == 17);
    std::vector<int> seen(21);
    for (const auto& group : groups) {
      for (const Index token : group) ++seen[static_cast<std::size_t>(token)];
    }
    CHECK(seen == std::vector<int>(21, 1));
  }
}
