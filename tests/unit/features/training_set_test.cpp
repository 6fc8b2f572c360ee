#include <doctest/doctest.h>

#include <eigenvit/core/error.hpp>
#include <eigenvit/features/training_set.hpp>

#include "../support.hpp"

using namespace eigenvit;
using support::message_of;

TEST_CASE("training set: vectors and their classes") {
  Matrix<float> features(3, 2);
  features << 1, 2, 3, 4, 5, 6;
  const TrainingSet set(features, {1, 0, 1}, 2);
  CHECK(set.size() == 3);
  CHECK(set.width() == 2);
  CHECK(set.class_count() == 2);
  CHECK(set.class_of(1) == 0);
  CHECK(set.features() == features);
}

TEST_CASE("training set: errors") {
  const Matrix<float> two = Matrix<float>::Ones(2, 4);
  CHECK(message_of<ShapeError>([&] {
          TrainingSet(Matrix<float>(2, 0), {0, 1}, 2);
        }) == "training set: expected features, found none");
  CHECK(message_of<ShapeError>([&] {
          TrainingSet(two, {0, 1, 1}, 2);
        }) == "training set: expected one class for each of 2 feature vectors, found 3");
  CHECK(message_of<ConfigError>([&] {
          TrainingSet(two, {0, 0}, 1);
        }) == "training set: expected at least 2 classes, found 1");
  CHECK(message_of<ConfigError>([&] {
          TrainingSet(two, {0, 2}, 2);
        }) == "training set: expected classes from 0 to 1, found 2");
  CHECK(message_of<ConfigError>([&] {
          TrainingSet(two, {0, -1}, 2);
        }) == "training set: expected classes from 0 to 1, found -1");
  CHECK(message_of<ConfigError>([&] {
          TrainingSet(two, {0, 2}, 3);
        }) == "training set: expected a feature vector of each class, found none of class 1");
  for (const float value : {support::not_a_number, support::infinity}) {
    Matrix<float> other = two;
    other(1, 3) = value;
    CHECK(message_of<ConfigError>([&] {
            TrainingSet(other, {0, 1}, 2);
          }) == "training set: expected finite features, found another in vector 1");
  }
}
