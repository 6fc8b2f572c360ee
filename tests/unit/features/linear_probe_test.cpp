#include <doctest/doctest.h>

#include <eigenvit/core/error.hpp>
#include <eigenvit/features/linear_probe.hpp>

#include "../support.hpp"

using namespace eigenvit;
using support::message_of;

TEST_CASE("linear probe: a score for each class, whatever stands beside the vector") {
  const auto values = support::random_values<float>(40 * 9, 1);
  const Matrix<float> features = ConstMatrixView<float>(values.data(), 40, 9);
  const auto weights = support::random_values<float>(3 * 9, 2);
  const Matrix<float> weight = ConstMatrixView<float>(weights.data(), 3, 9);
  const Vector<float> bias = Vector<float>::LinSpaced(3, -1, 1);
  const LinearProbe probe(FeatureScaling::fit(ScalingKind::standardize, features), weight, bias);
  CHECK(probe.width() == 9);
  CHECK(probe.class_count() == 3);

  const Matrix<float> scores = probe.scores(features);
  const Matrix<double> scaled = probe.scaling()(features).cast<double>();
  const Matrix<double> expected =
      (scaled * weight.cast<double>().transpose()).rowwise() + bias.cast<double>().transpose();
  CHECK(support::worst_error(scores.data(), expected.data(), scores.size()) < 1e-6);
  for (const Index row : {0, 17, 39}) {
    const Matrix<float> alone = probe.scores(features.middleRows(row, 1));
    CHECK(support::same_bits(alone.data(), &scores(row, 0), 3));
  }
  CHECK(probe.scores(Matrix<float>(0, 9)).rows() == 0);
}

TEST_CASE("linear probe: errors") {
  const Matrix<float> weight = Matrix<float>::Ones(3, 4);
  const Vector<float> bias = Vector<float>::Zero(3);
  CHECK(message_of<ShapeError>([&] { LinearProbe({}, weight, Vector<float>::Zero(4)); }) ==
        "linear probe: expected a weight [C, D] and a bias [C], found [3, 4] and [4]");
  CHECK(message_of<ShapeError>([&] { LinearProbe({}, Matrix<float>(), Vector<float>()); }) ==
        "linear probe: expected a weight [C, D] and a bias [C], found [0, 0] and [0]");
  const auto scaling = FeatureScaling::standardize(Vector<float>::Zero(5), Vector<float>::Ones(5));
  CHECK(message_of<ShapeError>([&] { LinearProbe(scaling, weight, bias); }) ==
        "linear probe: expected a scaling of 4 values, found 5");
  CHECK(message_of<ConfigError>([&] {
          LinearProbe({}, weight, Vector<float>::Constant(3, support::not_a_number));
        }) == "linear probe: expected finite weights, found others");
  const LinearProbe probe({}, weight, bias);
  CHECK(message_of<ShapeError>([&] { probe.scores(Matrix<float>::Ones(2, 5)); }) ==
        "linear probe: expected features of 4 values, found 5");
}
