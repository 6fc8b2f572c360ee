#include <array>

#include <doctest/doctest.h>

#include <eigenvit/model/taps.hpp>

#include "../support.hpp"

TEST_CASE("Taps ask for nothing by default") {
  const eigenvit::Taps taps;
  CHECK_FALSE(taps.tokens);
  CHECK_FALSE(taps.pooled);
  CHECK_FALSE(taps.logits);
  CHECK_FALSE(taps.pooler_output);
  CHECK(taps.hidden.empty());
  CHECK(taps.attention.empty());
}

TEST_CASE_TEMPLATE("VitOutput gives each image its part", Scalar, float, double) {
  eigenvit::VitOutput<Scalar> output;
  output.images = 2;
  output.tokens_per_image = 3;
  output.width = 4;
  output.pooled_width = 5;
  output.classes = 6;
  output.tokens = support::random_values<Scalar>(24, 1);
  output.pooled = support::random_values<Scalar>(10, 2);
  output.logits = support::random_values<Scalar>(12, 3);
  CHECK(output.tokens_of(1).data() == output.tokens.data() + 12);
  CHECK(output.tokens_of(1).rows() == 3);
  CHECK(output.tokens_of(1).cols() == 4);
  CHECK(output.tokens_of(0)(2, 1) == output.tokens[9]);
  CHECK(output.pooled_of(1).data() == output.pooled.data() + 5);
  CHECK(output.pooled_of(1).size() == 5);
  CHECK(output.logits_of(1).data() == output.logits.data() + 6);
  CHECK(output.logits_of(1).size() == 6);

  output.heads = 2;
  output.attention.resize(2);
  output.attention[1] = support::random_values<Scalar>(2 * 2 * 9, 4);
  CHECK(output.attention_of(1, 1, 1).data() == output.attention[1].data() + 27);
  CHECK(output.attention_of(1, 0, 1).rows() == 3);
  CHECK(output.attention_of(1, 0, 1)(2, 1) == output.attention[1][9 + 7]);

  output.detections = 1;
  output.prefix_tokens = 1;
  output.tokens_per_image = output.grid_height = output.grid_width = 0;
  output.grids = {{1, 1}, {2, 3}};
  output.tokens = support::random_values<Scalar>((3 + 8) * 4, 5);
  CHECK(output.grid_of(1) == std::array<eigenvit::Index, 2>{2, 3});
  CHECK(output.tokens_of(0).rows() == 3);
  CHECK(output.tokens_of(1).data() == output.tokens.data() + 12);
  CHECK(output.tokens_of(1).rows() == 8);
}
