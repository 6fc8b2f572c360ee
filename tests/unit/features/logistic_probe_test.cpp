#include <cmath>

#include <doctest/doctest.h>

#include <eigenvit/core/error.hpp>
#include <eigenvit/features/logistic_probe.hpp>

#include "../support.hpp"
#include "probe_golden.hpp"

using namespace eigenvit;
using support::message_of;

namespace {

Matrix<float> softmax(const Matrix<float>& logits) {
  Matrix<double> p = logits.cast<double>();
  for (Index row = 0; row < p.rows(); ++row) {
    p.row(row) = (p.row(row).array() - p.row(row).maxCoeff()).exp();
    p.row(row) /= p.row(row).sum();
  }
  return p.cast<float>();
}

}  // namespace

TEST_CASE("logistic probe: scikit-learn's objective, probabilities and predictions") {
  for (const auto& name : probe_golden::names) {
    for (const bool standardize : {false, true}) {
      CAPTURE(name);
      CAPTURE(standardize);
      const probe_golden::Golden expected(name);
      LogisticOptions options;
      options.c = static_cast<double>(expected.number("c"));
      options.scaling = standardize ? ScalingKind::standardize : ScalingKind::none;
      const LogisticFit fit = fit_logistic_probe(expected.set(), options);
      CHECK(fit.converged);
      CHECK(fit.gradient <= 1e-8);
      CHECK(fit.iterations < 30);
      const auto objective =
          static_cast<double>(expected.number("logistic_objective", standardize ? 1 : 0));
      CHECK(std::abs(fit.objective - objective) < 1e-5 * (1 + objective));

      const Matrix<float> found = softmax(fit.probe.scores(expected.matrix("test")));
      const Matrix<float> values =
          expected.matrix(standardize ? "logistic_standardize" : "logistic");
      CHECK(support::worst_error(found.data(), values.data(), values.size()) < 1e-4);
      CHECK(probe_golden::best(found) == probe_golden::best(values));
    }
  }
}

TEST_CASE("logistic probe: the intercepts' sum is 0, two classes are each other's negative") {
  const LogisticFit three = fit_logistic_probe(probe_golden::Golden("three").set());
  CHECK(std::abs(three.probe.bias().sum()) < 1e-6F);
  const LinearProbe two = fit_logistic_probe(probe_golden::Golden("two").set()).probe;
  CHECK(two.weight().row(0).isApprox(-two.weight().row(1), 1e-5F));
  CHECK(two.bias()[0] == doctest::Approx(-two.bias()[1]));
}

TEST_CASE("logistic probe: stops after as many iterations as it may take") {
  LogisticOptions options;
  options.max_iterations = 1;
  const LogisticFit fit = fit_logistic_probe(probe_golden::Golden("three").set(), options);
  CHECK(fit.iterations == 1);
  CHECK_FALSE(fit.converged);
  CHECK(fit.gradient > options.tolerance);
}

TEST_CASE("logistic probe: large features and hardly a penalty") {
  const TrainingSet set = probe_golden::Golden("apart").set();
  const TrainingSet large(set.features() * 1000.0F, set.classes(), set.class_count());
  LogisticOptions options;
  options.c = 1e6;
  options.scaling = ScalingKind::none;
  const LogisticFit fit = fit_logistic_probe(large, options);
  CHECK(fit.converged);
  CHECK(probe_golden::best(fit.probe.scores(large.features())) == large.classes());
}

TEST_CASE("logistic probe: errors") {
  const TrainingSet set = probe_golden::Golden("three").set();
  LogisticOptions options;
  options.c = 0;
  CHECK(message_of<ConfigError>([&] { fit_logistic_probe(set, options); }) ==
        "logistic probe: expected a finite C above 0, found 0.000000");
  options = {};
  options.tolerance = -1;
  CHECK(message_of<ConfigError>([&] { fit_logistic_probe(set, options); }) ==
        "logistic probe: expected a finite tolerance above 0, found -1.000000");
  options = {};
  options.max_iterations = 0;
  CHECK(message_of<ConfigError>([&] { fit_logistic_probe(set, options); }) ==
        "logistic probe: expected at least 1 iteration, found 0");
}
