#include <cstdint>

#include <doctest/doctest.h>

#include <eigenvit/core/error.hpp>
#include <eigenvit/layers/token_embedding.hpp>

#include "../io/test_files.hpp"
#include "../support.hpp"

using eigenvit::AlignedBuffer;
using eigenvit::Index;
using eigenvit::TokenEmbedding;

TEST_CASE_TEMPLATE("TokenEmbedding adds the row of a token and that of its place", Scalar, float,
                   double) {
  constexpr Index width = 5;
  const auto table = support::random_values<Scalar>(7 * width, 1);
  const auto positions = support::random_values<Scalar>(4 * width, 2);
  const TokenEmbedding<Scalar> embedding(table, positions, width);
  CHECK(embedding.vocabulary() == 7);
  CHECK(embedding.context_length() == 4);
  CHECK(embedding.width() == width);
  CHECK(embedding.parameters() == 55);
  const std::int32_t ids[] = {6, 0, 6};
  AlignedBuffer<Scalar> x(3 * width);
  const auto check = [&](const Index* places) {
    for (Index token = 0; token < 3; ++token) {
      for (Index i = 0; i < width; ++i) {
        CHECK(x[std::size_t(token * width + i)] ==
              table[std::size_t(ids[token] * width + i)] +
                  positions[std::size_t(places[token] * width + i)]);
      }
    }
  };
  const Index following[] = {1, 2, 3}, places[] = {2, 0, 3};
  embedding.embed(ids, 1, 3, x.data());
  check(following);
  embedding.embed(ids, places, 3, x.data());
  check(places);
  embedding.embed(table.data() + 5 * width, 2, x.data());
  for (Index i = 0; i < width; ++i) {
    CHECK(x[std::size_t(i)] ==
          table[std::size_t(5 * width + i)] + positions[std::size_t(2 * width + i)]);
  }
}

TEST_CASE_TEMPLATE("TokenEmbedding scales the rows of tokens alone", Scalar, float, double) {
  constexpr Index width = 3;
  const auto table = support::random_values<Scalar>(2 * width, 1);
  const auto positions = support::random_values<Scalar>(width, 2);
  const TokenEmbedding<Scalar> embedding(table, positions, width, Scalar(2.5));
  CHECK(embedding.scale() == Scalar(2.5));
  const std::int32_t id = 1;
  AlignedBuffer<Scalar> x(width);
  embedding.embed(&id, Index{0}, 1, x.data());
  for (std::size_t i = 0; i < 3; ++i) {
    CHECK(double(x[i]) == doctest::Approx(double(Scalar(2.5) * table[3 + i] + positions[i])));
  }
}

TEST_CASE("TokenEmbedding of no positions is the rows of tokens") {
  const auto table = support::random_values<float>(2 * 3, 1);
  const TokenEmbedding<float> embedding(table, {}, 3);
  CHECK(embedding.context_length() == 0);
  CHECK(embedding.parameters() == 6);
  const std::int32_t id = 1;
  AlignedBuffer<float> x(3);
  embedding.embed(&id, 70, 1, x.data());
  CHECK(support::same_bits(x.data(), table.data() + 3, 3));
}

TEST_CASE("TokenEmbedding says what does not fit") {
  const auto error = [](std::size_t table, std::size_t positions, Index width) {
    return test_files::message_of<eigenvit::ShapeError>([&] {
      TokenEmbedding<float>(AlignedBuffer<float>(table), AlignedBuffer<float>(positions), width);
    });
  };
  CHECK(error(7, 4, 2) == "token embedding: expected rows of 2 values, found 7 values");
  CHECK(error(0, 4, 2) == "token embedding: expected rows of 2 values, found 0 values");
  CHECK(error(8, 3, 2) == "positions: expected rows of 2 values, found 3 values");
  CHECK(error(8, 4, 0) == "positions: expected rows of 0 values, found 4 values");
}
