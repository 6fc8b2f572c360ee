#include <doctest/doctest.h>

#include <eigenvit/core/error.hpp>
#include <eigenvit/features/weighted_knn.hpp>

#include "../support.hpp"
#include "probe_golden.hpp"

using namespace eigenvit;
using support::message_of;

TEST_CASE("weighted k-NN: the votes of DINO's evaluation") {
  for (const auto& name : probe_golden::names) {
    CAPTURE(name);
    const probe_golden::Golden expected(name);
    KnnOptions options;
    options.neighbours = static_cast<Index>(expected.number("knn_options", 0));
    options.temperature = expected.number("knn_options", 1);
    const WeightedKnn knn(expected.set(), options);
    CHECK(knn.width() == expected.set().width());
    CHECK(knn.class_count() == expected.set().class_count());
    const Matrix<float> scores = knn.scores(expected.matrix("test"));
    CHECK(golden::relative_error(scores, expected.read("knn").values) < 1e-5);
  }
}

TEST_CASE("weighted k-NN: of equally near neighbours the first vote") {
  const Matrix<float> features = Matrix<float>::Ones(4, 3);
  KnnOptions options;
  options.neighbours = 2;
  const WeightedKnn knn({features, {2, 1, 0, 0}, 3}, options);
  const Matrix<float> scores = knn.scores(features.topRows(1));
  CHECK(scores(0, 0) == 0);
  CHECK(scores(0, 1) == doctest::Approx(0.5));
  CHECK(scores(0, 2) == doctest::Approx(0.5));
}

TEST_CASE("weighted k-NN: a vector's scores do not depend on those beside it") {
  const auto values = support::random_values<float>(150 * 9, 1);
  const Matrix<float> features = ConstMatrixView<float>(values.data(), 150, 9);
  std::vector<Index> classes;
  for (Index i = 0; i < 150; ++i) classes.push_back(i % 4);
  const WeightedKnn knn({features, classes, 4});
  const Matrix<float> scores = knn.scores(features);
  for (const Index row : {0, 63, 64, 149}) {
    const Matrix<float> alone = knn.scores(features.middleRows(row, 1));
    CHECK(support::same_bits(alone.data(), &scores(row, 0), 4));
    CHECK(alone.sum() == doctest::Approx(1));
  }
}

TEST_CASE("weighted k-NN: no temperature makes the votes overflow") {
  Matrix<float> features(2, 2);
  features << 1, 0, 0.99F, 0.1F;
  KnnOptions options;
  options.temperature = 1e-30F;
  const WeightedKnn knn({features, {0, 1}, 2}, options);
  const Matrix<float> scores = knn.scores(features);
  CHECK(scores(0, 0) == 1);
  CHECK(scores(1, 1) == 1);
}

TEST_CASE("weighted k-NN: vectors that are scaled already are taken as they are") {
  Matrix<float> features(2, 2);
  features << 0.03F, 0, 0.6F, 0.8F;
  const TrainingSet set(features, {0, 1}, 2);
  CHECK(WeightedKnn::of_unit_vectors(set).neighbours() == features);
  CHECK(WeightedKnn(set).neighbours()(0, 0) == 1);
  features(1, 0) = 0.61F;
  CHECK(message_of<ConfigError>([&] {
          WeightedKnn::of_unit_vectors({features, {0, 1}, 2});
        }) == "weighted k-NN: expected vectors of length 1 or less, found a longer one in row 1");
}

TEST_CASE("weighted k-NN: errors") {
  const TrainingSet set(Matrix<float>::Ones(2, 3), {0, 1}, 2);
  KnnOptions options;
  options.neighbours = 0;
  CHECK(message_of<ConfigError>([&] { WeightedKnn(set, options); }) ==
        "weighted k-NN: expected at least 1 neighbour, found 0");
  options = {};
  options.temperature = 0;
  CHECK(message_of<ConfigError>([&] { WeightedKnn(set, options); }) ==
        "weighted k-NN: expected a finite temperature above 0, found 0.000000");
  CHECK(message_of<ShapeError>([&] { WeightedKnn(set).scores(Matrix<float>::Ones(1, 4)); }) ==
        "weighted k-NN: expected features of 3 values, found 4");
}
