#include <cmath>

#include <doctest/doctest.h>

#include <eigenvit/core/error.hpp>
#include <eigenvit/features/feature_scaling.hpp>

#include "../support.hpp"

using namespace eigenvit;
using support::message_of;

namespace {

Matrix<float> random_features(Index rows, Index cols, double center = 0) {
  const auto values = support::random_values<float>(rows * cols, 1, 2, center);
  return ConstMatrixView<float>(values.data(), rows, cols);
}

}  // namespace

TEST_CASE("feature scaling: none leaves features as they are") {
  const Matrix<float> features = random_features(3, 5);
  CHECK(FeatureScaling()(features) == features);
  CHECK(FeatureScaling::fit(ScalingKind::none, features).kind() == ScalingKind::none);
}

TEST_CASE("feature scaling: unit length, which twice is as once") {
  Matrix<float> features = random_features(40, 7);
  features.row(3).setZero();
  features.row(4) *= 1e-30F;
  const FeatureScaling scaling = FeatureScaling::fit(ScalingKind::unit_length, features);
  const Matrix<float> scaled = scaling(features);
  for (Index row = 0; row < scaled.rows(); ++row) {
    if (row == 3 || row == 4) continue;
    CHECK(scaled.row(row).cast<double>().norm() == doctest::Approx(1).epsilon(1e-6));
    CHECK(scaled.row(row).dot(features.row(row)) ==
          doctest::Approx(features.row(row).norm()).epsilon(1e-5));
  }
  CHECK(scaled.row(3).isZero(0));
  // Short vectors grow by no more than 1e12.
  CHECK(scaled.row(4).norm() == doctest::Approx(1e12 * features.row(4).norm()).epsilon(1e-5));
  const Matrix<float> twice = scaling(scaled.topRows(3));
  CHECK(support::same_bits(twice.data(), scaled.data(), twice.size()));
}

TEST_CASE("feature scaling: standardizing gives mean 0 and variance 1") {
  Matrix<float> features = random_features(50, 4, 100);
  features.col(2).setConstant(0.7F);
  const FeatureScaling scaling = FeatureScaling::fit(ScalingKind::standardize, features);
  const Matrix<double> scaled = scaling(features).cast<double>();
  for (const Index col : {0, 1, 3}) {
    CHECK(std::abs(scaled.col(col).mean()) < 1e-5);
    CHECK(scaled.col(col).squaredNorm() / 50 == doctest::Approx(1).epsilon(1e-5));
  }
  CHECK(scaling.scale()[2] == 1);
  CHECK(scaled.col(2).isZero(0));

  const FeatureScaling same = FeatureScaling::standardize(scaling.mean(), scaling.scale());
  CHECK(same(features).cast<double>() == scaled);
}

TEST_CASE("feature scaling: errors") {
  Matrix<float> features = random_features(3, 5);
  const FeatureScaling fitted = FeatureScaling::fit(ScalingKind::standardize, features);
  CHECK(message_of<ShapeError>([&] { fitted(random_features(3, 4)); }) ==
        "feature scaling: expected vectors of 5 values, found 4");
  CHECK(message_of<ShapeError>([&] {
          FeatureScaling::fit(ScalingKind::standardize, Matrix<float>(0, 5));
        }) == "feature scaling: expected at least 1 vector to fit, found 0");
  CHECK(message_of<ShapeError>([&] {
          FeatureScaling::standardize(Vector<float>::Zero(3), Vector<float>::Ones(2));
        }) == "feature scaling: expected as many means as scales, found 3 and 2");
  CHECK(message_of<ConfigError>(
            [&] { FeatureScaling::standardize(Vector<float>::Zero(3), Vector<float>::Zero(3)); }) ==
        "feature scaling: expected finite means and positive scales, found others at value 0");
  features(2, 1) = support::not_a_number;
  for (const FeatureScaling& scaling : {FeatureScaling(), FeatureScaling::unit_length(), fitted}) {
    CHECK(message_of<ConfigError>([&] { scaling(features); }) ==
          "feature scaling: expected finite features, found another in vector 2");
  }
}
