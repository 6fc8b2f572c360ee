#include <doctest/doctest.h>

#include <eigenvit/core/error.hpp>
#include <eigenvit/features/attention_map.hpp>
#include <eigenvit/pipeline/model.hpp>

#include "../support.hpp"
#include "attention_output.hpp"

using namespace eigenvit;
using feature_golden::matrix;
using feature_golden::relative_error;
using support::message_of;

TEST_CASE("attention map: a head, the mean of heads, the mean of patches") {
  const auto store = feature_golden::open("attention.safetensors");
  const VitOutput<float> output = attention_output();
  const Matrix<float> cls = attention_map(output, 1, 1, 2, AttentionQuery::cls);
  CHECK(cls.rows() == 2);
  CHECK(cls.cols() == 3);
  CHECK(relative_error(cls, matrix(store, "cls")) < 1e-6);
  CHECK(relative_error(attention_map(output, 1, 1, 2, AttentionQuery::patches),
                       matrix(store, "patches")) < 1e-6);
  CHECK(relative_error(mean_attention_map(output, 2, 0, AttentionQuery::cls),
                       matrix(store, "cls.mean")) < 1e-6);
}

TEST_CASE("attention map: of a real model") {
  const Model model = load_model(golden::shipped_model());
  CHECK(attention_query(model.network().config()) == AttentionQuery::cls);
  VitConfig without;
  without.class_token = false;
  CHECK(attention_query(without) == AttentionQuery::patches);

  Taps taps;
  taps.attention = {2, 5};
  const Image image(40, 32);
  const auto output = model.run({image, image}, taps);
  REQUIRE(output.heads == 4);
  Matrix<float> mean = Matrix<float>::Zero(8, 8);
  for (Index head = 0; head < 4; ++head) {
    const Matrix<float> map = attention_map(output, 1, 1, head, AttentionQuery::cls);
    REQUIRE(map.rows() == 8);
    REQUIRE(map.cols() == 8);
    // With what CLS attends to itself.
    CHECK(map.sum() + output.attention_of(1, 1, head)(0, 0) == doctest::Approx(1));
    mean += map / 4;
  }
  CHECK((mean - mean_attention_map(output, 1, 1, AttentionQuery::cls)).cwiseAbs().maxCoeff() <
        1e-6F);
}

TEST_CASE("attention map: what is not there") {
  VitOutput<float> output = attention_output();
  const auto message = [](const auto& call) { return message_of<ShapeError>(call); };
  CHECK(message([&] { attention_map(output, 3, 0, 0, AttentionQuery::cls); }) ==
        "attention map: expected one of 3 blocks that were asked for, found number 3");
  CHECK(message([&] { attention_map(output, 0, 2, 0, AttentionQuery::cls); }) ==
        "attention map: expected one of 2 images, found number 2");
  CHECK(message([&] { attention_map(output, 0, 0, 4, AttentionQuery::cls); }) ==
        "attention map: expected one of 4 heads, found number 4");
  CHECK(message([&] { mean_attention_map(output, 9, 0, AttentionQuery::cls); }) ==
        "attention map: expected one of 3 blocks that were asked for, found number 9");
  output.prefix_tokens = 0;
  CHECK(message([&] { mean_attention_map(output, 0, 0, AttentionQuery::cls); }) ==
        "attention map: expected a class token, found a model without one");
}
