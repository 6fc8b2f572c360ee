#include <utility>

#include <doctest/doctest.h>

#include <eigenvit/model/visual_tokens.hpp>

#include "../support.hpp"

using eigenvit::AlignedBuffer;
using eigenvit::Index;
using eigenvit::VisualTokens;

TEST_CASE("VisualTokens tells prefix tokens and patches apart") {
  auto values = support::random_values<float>((3 + 2 * 4) * 5, 1);
  const auto copy = values;
  const float* const memory = values.data();
  const VisualTokens tokens(std::move(values), 3, true, 2, 4, 5);
  CHECK(tokens.size() == 11);
  CHECK(tokens.width() == 5);
  CHECK(tokens.prefix_tokens() == 3);
  CHECK(tokens.grid_height() == 2);
  CHECK(tokens.grid_width() == 4);
  CHECK(tokens.has_cls());
  CHECK(tokens.all().data() == memory);
  CHECK(tokens.all().rows() == 11);
  CHECK(support::same_bits(tokens.all().data(), copy.data(), 55));
  CHECK(tokens.cls().data() == memory);
  CHECK(tokens.cls().size() == 5);
  CHECK(tokens.registers().data() == memory + 5);
  CHECK(tokens.registers().rows() == 2);
  CHECK(tokens.patches().data() == memory + 15);
  CHECK(tokens.patches().rows() == 8);
  for (Index row = 0; row < 2; ++row) {
    for (Index col = 0; col < 4; ++col) {
      CHECK(tokens.patch(row, col) == tokens.patches().row(row * 4 + col).transpose());
    }
  }
}

TEST_CASE("VisualTokens as pictures over the grid") {
  const VisualTokens tokens(support::random_values<float>((1 + 2 * 3) * 4, 2), 1, true, 2, 3, 4);
  const auto channel = tokens.channel(2);
  const eigenvit::Vector<float> direction = eigenvit::Vector<float>::LinSpaced(4, -1.0f, 2.0f);
  const eigenvit::Matrix<float> projected = tokens.project(direction);
  REQUIRE(channel.rows() == 2);
  REQUIRE(channel.cols() == 3);
  REQUIRE(projected.rows() == 2);
  REQUIRE(projected.cols() == 3);
  for (Index row = 0; row < 2; ++row) {
    for (Index col = 0; col < 3; ++col) {
      CHECK(channel(row, col) == tokens.patch(row, col)[2]);
      CHECK(projected(row, col) == doctest::Approx(tokens.patch(row, col).dot(direction)));
    }
  }
  const auto message = [](const auto& call) {
    return support::message_of<eigenvit::ShapeError>(call);
  };
  CHECK(message([&] { tokens.channel(4); }) ==
        "visual tokens: expected a channel below 4, found 4");
  CHECK(message([&] { tokens.channel(-1); }) ==
        "visual tokens: expected a channel below 4, found -1");
  CHECK(message([&] { tokens.project(eigenvit::Vector<float>::Zero(3)); }) ==
        "visual tokens: expected a direction of 4 values, found 3");
}

TEST_CASE("VisualTokens without a class token") {
  const VisualTokens tokens(AlignedBuffer<float>(6, 1.0f), 1, false, 1, 2, 2);
  CHECK_FALSE(tokens.has_cls());
  CHECK(tokens.registers().rows() == 1);
  CHECK(tokens.registers().data() == tokens.all().data());
  CHECK(support::message_of<eigenvit::UnsupportedError>([&] { tokens.cls(); }) ==
        "visual tokens: expected a class token, found a model without one");
  const VisualTokens only_patches(AlignedBuffer<float>(4, 1.0f), 0, false, 1, 2, 2);
  CHECK(only_patches.registers().rows() == 0);
  CHECK(only_patches.patches().data() == only_patches.all().data());
}

TEST_CASE("VisualTokens says what does not fit") {
  const auto message = [](const auto& call) {
    return support::message_of<eigenvit::ShapeError>(call);
  };
  CHECK(message([] { VisualTokens wrong(AlignedBuffer<float>(11), 1, true, 2, 2, 2); }) ==
        "visual tokens: expected 1 + 2 x 2 tokens of 2 values, found 11 values");
  CHECK(message([] { VisualTokens wrong(AlignedBuffer<float>(8), 0, true, 2, 2, 2); }) ==
        "visual tokens: expected 0 + 2 x 2 tokens of 2 values, found 8 values");
  const VisualTokens tokens(AlignedBuffer<float>(10, 0.0f), 1, true, 2, 2, 2);
  const std::string expected = "visual tokens: expected a patch in a grid of 2 x 2, found row ";
  CHECK(message([&] { tokens.patch(2, 0); }) == expected + "2, column 0");
  CHECK(message([&] { tokens.patch(0, -1); }) == expected + "0, column -1");
  CHECK(message([&] { tokens.patch(-1, 0); }) == expected + "-1, column 0");
  CHECK(message([&] { tokens.patch(1, 2); }) == expected + "1, column 2");
}

TEST_CASE("VisualTokensView refers to the tokens that another object owns") {
  const VisualTokens tokens(support::random_values<float>((1 + 2 * 4 + 2) * 5, 4), 1, true, 2, 4, 5,
                            2);
  const eigenvit::VisualTokensView view = tokens;
  CHECK(view.all().data() == tokens.all().data());
  CHECK(view.size() == 11);
  CHECK(view.has_cls());
  CHECK(view.patches() == tokens.patches());
  CHECK(view.detections() == tokens.detections());
  CHECK(view.channel(3) == tokens.channel(3));
  const eigenvit::VisualTokensView copy = view;
  CHECK(copy.all().data() == tokens.all().data());
  CHECK(support::message_of<eigenvit::ShapeError>([&] {
          eigenvit::VisualTokensView({tokens.all().data(), 54}, 1, true, 2, 4, 5, 2);
        }) == "visual tokens: expected 1 + 2 x 4 + 2 tokens of 5 values, found 54 values");
}
