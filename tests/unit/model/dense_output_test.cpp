#include <exception>

#include <doctest/doctest.h>

#include <eigenvit/model/dense_output.hpp>

TEST_CASE("maps are found image by image, and a result that is used again keeps its memory") {
  eigenvit::DenseOutput<float> output;
  output.resize(2, {3, 4, 5});
  REQUIRE(output.maps.size() == 2 * 3 * 4 * 5);
  for (std::size_t i = 0; i < output.maps.size(); ++i) output.maps[i] = float(i);
  CHECK(output.map_of(1).rows() == 12);
  CHECK(output.map_of(1)(7, 2) == 60 + 7 * 5 + 2);
  CHECK(eigenvit::DenseShape{3, 4, 5, 6}.map_values() == 60);
  CHECK(eigenvit::DenseShape{3, 4, 5, 6}.logit_values() == 30);
  const float* const memory = output.maps.data();
  output.resize(2, {3, 4, 1});
  CHECK(output.maps.data() == memory);
  CHECK(output.picture_of(1).rows() == 3);
  CHECK(output.picture_of(1)(1, 2) == 12 + 4 + 2);
}

TEST_CASE("where memory lacks the shape is that of no map") {
  eigenvit::DenseOutput<float> output;
  output.resize(1, {2, 2, 3, 4});
  // More than a vector may have, so that no allocator is asked.
  const eigenvit::Index much = eigenvit::Index{1} << 20;
  CHECK_THROWS_AS(output.resize(1, {much, much, 4 * much}), std::exception);
  CHECK(output.map_of(0).size() == 0);
  CHECK(output.class_logits_of(0).size() == 0);
  output.resize(1, {2, 2, 3, 4});
  CHECK_THROWS_AS(output.resize(1, {1, 1, much, 4 * much * much}), std::exception);
  CHECK(output.map_of(0).size() == 0);
  CHECK(output.class_logits_of(0).size() == 0);
}
