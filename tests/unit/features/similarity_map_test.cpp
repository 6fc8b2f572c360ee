#include <doctest/doctest.h>

#include <eigenvit/core/error.hpp>
#include <eigenvit/features/similarity_map.hpp>

#include "../support.hpp"
#include "feature_golden.hpp"

using namespace eigenvit;

TEST_CASE("similarity map is torch's cosine similarity") {
  const auto store = feature_golden::open("pca_colours.safetensors");
  const golden::Tensor first = golden::read(store, "image.0"),
                       second = golden::read(store, "image.1");
  const VisualTokens one(first.values, 0, false, 5, 6, 8), other(second.values, 0, false, 4, 7, 8);
  const Matrix<float> map = similarity_map(other, one.patch(2, 3));
  CHECK(map.rows() == 4);
  CHECK(map.cols() == 7);
  CHECK(feature_golden::relative_error(map, feature_golden::matrix(store, "similarity")) < 1e-6);
  CHECK(similarity_map(one, one.patch(2, 3))(2, 3) == doctest::Approx(1));
}

TEST_CASE("similarity map: vectors of 0, and of another width") {
  const VisualTokens tokens(AlignedBuffer<float>{0, 0, 3, 4}, 0, false, 1, 2, 2);
  const Matrix<float> map = similarity_map(tokens, Vector<float>::Unit(2, 0));
  CHECK(map(0, 0) == 0);
  CHECK(map(0, 1) == doctest::Approx(0.6));
  CHECK(similarity_map(tokens, Vector<float>::Zero(2)).isZero());
  CHECK(support::message_of<ShapeError>([&] { similarity_map(tokens, Vector<float>::Zero(3)); }) ==
        "visual tokens: expected a direction of 2 values, found 3");
}
