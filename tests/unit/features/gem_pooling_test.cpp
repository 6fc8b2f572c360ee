#include <cmath>
#include <limits>
#include <string>

#include <doctest/doctest.h>

#include <eigenvit/core/error.hpp>
#include <eigenvit/features/gem_pooling.hpp>

#include "../support.hpp"

using namespace eigenvit;
using support::message_of;

TEST_CASE("GeM pooling: the generalised mean of each column") {
  Matrix<float> x(3, 2);
  x << 1, 2, 2, -5, 3, 4;
  CHECK(gem_pooling(x)[0] == doctest::Approx(std::cbrt((1.0 + 8 + 27) / 3)));
  // Values that are not positive count as the least.
  CHECK(gem_pooling(x)[1] == doctest::Approx(std::cbrt((8.0 + 64) / 3)));
  GemOptions options;
  options.p = 1;
  CHECK(gem_pooling(x, options)[0] == doctest::Approx(2));
  options.least = 1;
  CHECK(gem_pooling(x, options)[1] == doctest::Approx(7.0 / 3));
  options.p = 1000;
  CHECK(gem_pooling(x, options)[1] == doctest::Approx(4).epsilon(0.002));
}

TEST_CASE("GeM pooling: large values do not overflow") {
  const Matrix<float> x = Matrix<float>::Constant(2, 1, 1e38F);
  GemOptions options;
  options.p = 20;
  CHECK(gem_pooling(x, options)[0] == doctest::Approx(1e38F));
}

TEST_CASE("GeM pooling: what cannot be is refused") {
  CHECK(message_of<ShapeError>([] { gem_pooling(Matrix<float>(0, 3)); }) ==
        "GeM pooling: expected a descriptor or more, found none");
  for (const double p : {0.0, 1e-320, 1e7, std::numeric_limits<double>::quiet_NaN()}) {
    GemOptions options;
    options.p = p;
    CHECK(message_of<ConfigError>([&] { gem_pooling(Matrix<float>::Ones(1, 3), options); }) ==
          "GeM pooling: expected p from 1e-6 to 1e6, found " + std::to_string(p));
  }
  for (const double least : {0.0, -1.0, std::numeric_limits<double>::infinity()}) {
    GemOptions options;
    options.least = least;
    CHECK(message_of<ConfigError>([&] { gem_pooling(Matrix<float>::Ones(1, 3), options); }) ==
          "GeM pooling: expected a positive least, found " + std::to_string(least));
  }
  for (const float value :
       {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity(),
        -std::numeric_limits<float>::infinity()}) {
    Matrix<float> x = Matrix<float>::Ones(3, 2);
    x(1, 0) = value;
    CHECK(message_of<ShapeError>([&] { gem_pooling(x); }) ==
          "GeM pooling: expected finite descriptors, found NaN or an infinity in descriptor 1");
  }
}

TEST_CASE("GeM pooling: near the geometric mean and near the maximum at the bounds of p") {
  Matrix<float> x(2, 1);
  x << 1, 4;
  GemOptions options;
  options.p = 1e-6;
  CHECK(gem_pooling(x, options)[0] == doctest::Approx(2).epsilon(1e-5));
  options.p = 1e6;
  CHECK(gem_pooling(x, options)[0] == doctest::Approx(4).epsilon(1e-5));
}
