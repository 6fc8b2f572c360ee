#include <doctest/doctest.h>

#include <eigenvit/core/error.hpp>
#include <eigenvit/features/ridge_probe.hpp>

#include "../support.hpp"
#include "probe_golden.hpp"

using namespace eigenvit;
using support::message_of;

TEST_CASE("ridge probe: scikit-learn's decision values") {
  for (const auto& name : probe_golden::names) {
    for (const bool standardize : {false, true}) {
      CAPTURE(name);
      CAPTURE(standardize);
      const probe_golden::Golden expected(name);
      RidgeOptions options;
      options.alpha = static_cast<double>(expected.number("alpha"));
      options.scaling = standardize ? ScalingKind::standardize : ScalingKind::none;
      const LinearProbe probe = fit_ridge_probe(expected.set(), options);
      const Matrix<float> scores = probe.scores(expected.matrix("test"));
      const auto values = expected.read(standardize ? "ridge_standardize" : "ridge").values;
      CHECK(golden::relative_error(scores, values) < 1e-5);
    }
  }
}

TEST_CASE("ridge probe: more values than vectors give the solution of the large system") {
  // Zeros in front change nothing but which of the two systems is solved.
  const probe_golden::Golden golden("three");
  const TrainingSet narrow = golden.set();
  Matrix<float> padded = Matrix<float>::Zero(narrow.size(), 40);
  padded.rightCols(narrow.width()) = narrow.features();
  const TrainingSet wide(padded, narrow.classes(), narrow.class_count());
  const Matrix<float> a = fit_ridge_probe(narrow).weight();
  const Matrix<float> b = fit_ridge_probe(wide).weight().rightCols(narrow.width());
  CHECK(support::worst_error(b.data(), a.data(), a.size()) < 1e-6);
}

TEST_CASE("ridge probe: errors") {
  const TrainingSet set = probe_golden::Golden("three").set();
  for (const double alpha : {0.0, -1.0, static_cast<double>(support::infinity)}) {
    RidgeOptions options;
    options.alpha = alpha;
    CHECK(message_of<ConfigError>([&] { fit_ridge_probe(set, options); }) ==
          "ridge probe: expected a finite alpha above 0, found " + std::to_string(alpha));
  }
  // Two equal columns, whose numbers have exact roots: the second pivot is 0.
  Matrix<float> twins(4, 2);
  twins << 1, 1, -1, -1, 1, 1, -1, -1;
  RidgeOptions tiny;
  tiny.alpha = 1e-300;
  tiny.scaling = ScalingKind::none;
  CHECK(message_of<ConfigError>([&] {
          fit_ridge_probe({twins, {0, 1, 1, 0}, 2}, tiny);
        }) ==
        "ridge probe: expected an alpha large enough for features that depend on each other, found "
        "a system that cannot be solved");
}
