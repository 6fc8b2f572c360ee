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
        "similarity map: expected a query of 2 values, found 3");
}

TEST_CASE("similarity map: into a map that has been used, and of wide tokens") {
  for (const Index width : {3, 2048, 2049}) {
    AlignedBuffer<float> values(static_cast<std::size_t>(6 * width));
    for (std::size_t i = 0; i < values.size(); ++i) {
      values[i] = static_cast<float>(i % 7) - 2.0F;
    }
    const VisualTokens tokens(values, 0, false, 2, 3, width);
    Matrix<float> map = Matrix<float>::Constant(5, 1, 7.0F);
    similarity_map(tokens, tokens.patch(1, 1), map);
    REQUIRE(map.rows() == 2);
    REQUIRE(map.cols() == 3);
    for (Index i = 0; i < 6; ++i) {
      const Vector<double> a = tokens.patches().row(i).transpose().cast<double>();
      const Vector<double> b = tokens.patches().row(4).transpose().cast<double>();
      CHECK(map.data()[i] == doctest::Approx(a.dot(b) / (a.norm() * b.norm())).epsilon(1e-6));
    }
  }
}
