#include <string>
#include <utility>

#include <doctest/doctest.h>

#include <eigenvit/core/error.hpp>
#include <eigenvit/features/attention_rollout.hpp>

#include "../support.hpp"
#include "attention_output.hpp"

using namespace eigenvit;
using feature_golden::matrix;
using feature_golden::relative_error;
using support::message_of;

TEST_CASE("attention rollout is that of NumPy in double precision") {
  const auto store = feature_golden::open("attention.safetensors");
  const VitOutput<float> output = attention_output();
  const std::pair<std::string, HeadFusion> fusions[] = {
      {"mean", HeadFusion::mean}, {"max", HeadFusion::max}, {"min", HeadFusion::min}};
  const std::pair<std::string, double> shares[] = {{"0.0", 0.0}, {"0.4", 0.4}};
  for (const auto& fusion : fusions) {
    for (const auto& share : shares) {
      const std::string name = "rollout." + fusion.first + "." + share.first;
      CAPTURE(name);
      RolloutOptions options;
      options.heads = fusion.second;
      options.discard = share.second;
      const Matrix<float> expected = matrix(store, name);
      const Matrix<float> found = attention_rollout(output, 1, options);
      CHECK(found.rows() == 8);
      CHECK(relative_error(found, expected) < 1e-6);
      CHECK((found.rowwise().sum().array() - 1).abs().maxCoeff() < 1e-6F);

      // One query's row of it, without the products of matrices.
      const Matrix<float> cls = attention_rollout_map(output, 1, AttentionQuery::cls, options);
      CHECK(cls.rows() == 2);
      CHECK(cls.cols() == 3);
      CHECK(relative_error(cls, expected.block(0, 2, 1, 6)) < 1e-6);
      CHECK(relative_error(attention_rollout_map(output, 1, AttentionQuery::patches, options),
                           expected.block(2, 2, 6, 6).colwise().mean()) < 1e-6);
    }
  }
}

TEST_CASE("attention rollout: of equals the first are discarded") {
  VitOutput<float> output;
  output.images = 1;
  output.tokens_per_image = 2;
  output.prefix_tokens = 1;
  output.grid_height = output.grid_width = 1;
  output.heads = 1;
  output.attention.emplace_back(4, 0.5F);
  RolloutOptions options;
  options.discard = 0.5;
  // Entries 0 and 1 are the smallest; 0 stays.
  const Matrix<float> found = attention_rollout(output, 0, options);
  CHECK(found(0, 0) == 1);
  CHECK(found(0, 1) == 0);
  CHECK(found(1, 0) == doctest::Approx(0.25));
  CHECK(found(1, 1) == doctest::Approx(0.75));
}

TEST_CASE("attention rollout: what cannot be") {
  const VitOutput<float> output = attention_output();
  CHECK(message_of<ShapeError>([&] { attention_rollout(output, 2); }) ==
        "attention map: expected one of 2 images, found number 2");
  CHECK(message_of<ShapeError>([] { attention_rollout(VitOutput<float>(), 0); }) ==
        "attention map: expected one of 0 blocks that were asked for, found number 0");
  RolloutOptions options;
  options.discard = 1;
  CHECK(message_of<ConfigError>([&] { attention_rollout(output, 0, options); }) ==
        "attention rollout: expected a share to discard from 0 to below 1");
  options.discard = -0.1;
  CHECK(message_of<ConfigError>([&] {
          attention_rollout_map(output, 0, AttentionQuery::cls, options);
        }) == "attention rollout: expected a share to discard from 0 to below 1");
}
