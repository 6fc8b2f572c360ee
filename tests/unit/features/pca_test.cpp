#include <string>

#include <doctest/doctest.h>

#include <eigenvit/core/error.hpp>
#include <eigenvit/features/pca.hpp>

#include "../support.hpp"
#include "feature_golden.hpp"

using namespace eigenvit;
using feature_golden::matrix;
using feature_golden::relative_error;
using support::message_of;

TEST_CASE("pca is scikit-learn's, signs included") {
  const auto store = feature_golden::open("pca.safetensors");
  for (const std::string name : {"tall", "wide", "all"}) {
    CAPTURE(name);
    const Matrix<float> rows = matrix(store, name);
    const Matrix<float> components = matrix(store, name + ".components");
    const Pca pca = Pca::fit(rows, components.rows());
    CHECK(relative_error(pca.mean(), matrix(store, name + ".mean")) < 1e-6);
    CHECK(relative_error(pca.components(), components) < 1e-6);
    CHECK(relative_error(pca.explained_variance(), matrix(store, name + ".explained_variance")) <
          1e-6);
    CHECK(relative_error(pca.transform(rows), matrix(store, name + ".transformed")) < 1e-6);
  }
}

TEST_CASE("pca: components are the eigenvectors of the covariance, of many rows and of few") {
  for (const Index n : {90, 60}) {
    CAPTURE(n);
    const Index width = 150 - n;
    Matrix<float> rows(n, width);
    for (Index i = 0; i < rows.size(); ++i) {
      rows.data()[i] = static_cast<float>((i * i * 31 + i * 17) % 97) / 97.0F;
    }
    const Pca pca = Pca::fit(rows, 5);
    const Matrix<double> centred = rows.cast<double>().rowwise() - pca.mean().transpose();
    const Matrix<double> covariance = centred.transpose() * centred / static_cast<double>(n - 1);
    const Matrix<double>& components = pca.components();
    CHECK((components * components.transpose()).isIdentity(1e-12));
    CHECK((components * covariance)
              .isApprox(pca.explained_variance().asDiagonal() * components, 1e-12));
  }
}

TEST_CASE("pca: rows that vary in fewer directions than asked for") {
  Matrix<float> rows(5, 3);
  rows << 1, 0, 0, 2, 0, 0, 3, 0, 0, 4, 0, 0, 5, 0, 0;
  const Pca line = Pca::fit(rows, 2);
  CHECK(line.components()(0, 0) == doctest::Approx(1));
  CHECK(line.explained_variance()[0] == doctest::Approx(2.5));
  CHECK(line.components().row(1).isZero());
  CHECK(line.explained_variance()[1] == 0);
  CHECK(line.transform(rows)(4, 0) == doctest::Approx(2));
  const Pca point = Pca::fit(Matrix<float>::Ones(4, 3), 1);
  CHECK(point.components().isZero());
  CHECK(point.transform(Matrix<float>::Ones(4, 3)).isZero());
}

TEST_CASE("pca: what does not fit") {
  const auto message = [](const auto& call) { return message_of<ShapeError>(call); };
  CHECK(message([] { Pca::fit(Matrix<float>::Zero(4, 3), 4); }) ==
        "pca: expected 2 rows or more and from 1 to 3 components, found 4 rows of 3 and 4");
  CHECK(message([] { Pca::fit(Matrix<float>::Zero(4, 3), 0); }) ==
        "pca: expected 2 rows or more and from 1 to 3 components, found 4 rows of 3 and 0");
  CHECK(message([] { Pca::fit(Matrix<float>::Zero(1, 3), 1); }) ==
        "pca: expected 2 rows or more and from 1 to 1 components, found 1 rows of 3 and 1");
  const Pca pca = Pca::fit(Matrix<float>::Identity(4, 3), 1);
  CHECK(message([&] { pca.transform(Matrix<float>::Zero(4, 2)); }) ==
        "pca: expected rows of 3 values, found 2");
}
