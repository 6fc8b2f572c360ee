#include <cmath>

#include <doctest/doctest.h>

#include <eigenvit/features/prototypes.hpp>

#include "probe_golden.hpp"

using namespace eigenvit;

TEST_CASE("prototypes: NumPy's cosines to the class means") {
  for (const auto& name : probe_golden::names) {
    CAPTURE(name);
    const probe_golden::Golden expected(name);
    const LinearProbe probe = fit_prototypes(expected.set());
    CHECK(probe.scaling().kind() == ScalingKind::unit_length);
    const Matrix<float> scores = probe.scores(expected.matrix("test"));
    // Measured: 3.3e-7.
    CHECK(golden::relative_error(scores, expected.read("prototypes").values) < 1e-5);
  }
}

TEST_CASE("prototypes: the mean of unit vectors, so that long ones do not count more") {
  Matrix<float> features(3, 2);
  features << 100, 0, 0, 1, -1, -1;
  const LinearProbe probe = fit_prototypes({features, {0, 0, 1}, 2});
  CHECK(probe.weight()(0, 0) == doctest::Approx(std::sqrt(0.5)));
  CHECK(probe.weight()(0, 1) == doctest::Approx(std::sqrt(0.5)));
  // Vectors that cancel have no direction: the class is never better than 0.
  features << 1, 0, -1, 0, 0, 1;
  CHECK(fit_prototypes({features, {0, 0, 1}, 2}).weight().row(0).isZero(0));
}
