#include <algorithm>
#include <cmath>
#include <set>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <eigenvit/core/error.hpp>
#include <eigenvit/features/k_means.hpp>

#include "../support.hpp"
#include "feature_golden.hpp"

using namespace eigenvit;
using feature_golden::matrix;
using feature_golden::relative_error;
using support::message_of;

TEST_CASE("k-means: from given centres it ends where scikit-learn's Lloyd does") {
  const auto store = feature_golden::open("k_means.safetensors");
  for (const std::string name : {"usual", "empty"}) {
    CAPTURE(name);
    const KMeansResult found = k_means(matrix(store, name), matrix(store, name + ".init"));
    const Matrix<float> labels = matrix(store, name + ".labels");
    REQUIRE(found.labels.size() == static_cast<std::size_t>(labels.size()));
    for (std::size_t i = 0; i < found.labels.size(); ++i) {
      CHECK(static_cast<float>(found.labels[i]) == labels.data()[i]);
    }
    CHECK(relative_error(found.centres, matrix(store, name + ".centres")) < 1e-6);
    CHECK(std::abs(found.inertia / static_cast<double>(matrix(store, name + ".inertia")(0, 0)) -
                   1) < 1e-6);
    CHECK(static_cast<float>(found.iterations) == matrix(store, name + ".iterations")(0, 0));
  }
}

TEST_CASE("k-means: groups that lie apart are found from any seed") {
  // Four heaps of ten.
  const auto noise = support::random_values<float>(40 * 3, 7, 0.5);
  Matrix<float> rows = ConstMatrixView<float>(noise.data(), 40, 3);
  for (Index i = 0; i < 40; ++i) rows(i, i % 4 % 2) += i % 4 < 2 ? 20.0F : -20.0F;
  double best = HUGE_VAL;
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    KMeansOptions options;
    options.seed = seed;
    options.restarts = 1;
    const KMeansResult found = k_means(rows, 4, options);
    for (Index i = 0; i < 40; ++i) {
      CHECK(found.labels[static_cast<std::size_t>(i)] ==
            found.labels[static_cast<std::size_t>(i % 4)]);
    }
    CHECK(std::set<Index>(found.labels.begin(), found.labels.begin() + 4).size() == 4);
    best = std::min(best, found.inertia);
    CHECK(found.inertia == doctest::Approx(best));
  }
}

TEST_CASE("k-means: the same seed, the same groups; more starts are never worse") {
  const auto values = support::random_values<float>(200 * 5, 8);
  const ConstMatrixView<float> rows(values.data(), 200, 5);
  KMeansOptions once, often;
  once.restarts = 1;
  often.restarts = 8;
  const KMeansResult first = k_means(rows, 9, once);
  CHECK(first.labels == k_means(rows, 9, once).labels);
  CHECK(k_means(rows, 9, often).inertia <= first.inertia);
  // The inertia is what it is said to be.
  double sum = 0;
  for (Index i = 0; i < 200; ++i) {
    sum += static_cast<double>(
        (rows.row(i) - first.centres.row(first.labels[static_cast<std::size_t>(i)])).squaredNorm());
  }
  CHECK(first.inertia == doctest::Approx(sum));
  // As many groups as vectors.
  const KMeansResult each = k_means(rows.topRows(12), 12, once);
  CHECK(std::set<Index>(each.labels.begin(), each.labels.end()).size() == 12);
  CHECK(each.inertia == doctest::Approx(0));
  // Vectors that are all equal.
  const KMeansResult equal = k_means(Matrix<float>::Ones(6, 2), 3);
  CHECK(equal.inertia == 0);
  CHECK(equal.centres.row(equal.labels[5]).isApprox(Matrix<float>::Ones(1, 2)));
  KMeansOptions none;
  none.max_iterations = 1;
  CHECK(k_means(rows, 9, none).iterations == 1);
}

TEST_CASE("k-means: what does not fit") {
  const Matrix<float> rows = Matrix<float>::Identity(4, 3);
  const auto message = [](const auto& call) { return message_of<ShapeError>(call); };
  CHECK(message([&] { k_means(rows, 5); }) ==
        "k-means: expected from 1 to 4 groups, one for each vector, found 5");
  CHECK(message([&] { k_means(rows, 0); }) ==
        "k-means: expected from 1 to 4 groups, one for each vector, found 0");
  CHECK(message([&] { k_means(rows, Matrix<float>::Zero(2, 2)); }) ==
        "k-means: expected centres of 3 values, found 2");
  KMeansOptions options;
  options.restarts = 0;
  CHECK(message_of<ConfigError>([&] { k_means(rows, 2, options); }) ==
        "k-means: expected one start or more, found 0");
}
