// What the tests of features share: the golden files of tests/golden/features.
#ifndef EIGENVIT_TESTS_UNIT_FEATURES_FEATURE_GOLDEN_HPP
#define EIGENVIT_TESTS_UNIT_FEATURES_FEATURE_GOLDEN_HPP

#include <algorithm>
#include <cmath>
#include <string>

#include <eigenvit/core/types.hpp>
#include <eigenvit/io/tensor_store.hpp>

#include "../golden.hpp"

namespace feature_golden {

using eigenvit::Index;
using eigenvit::Matrix;

inline eigenvit::TensorStore open(const std::string& name) {
  return eigenvit::TensorStore::open_file(golden::source_folder() / "tests" / "golden" /
                                          "features" / name);
}

/// A tensor as a matrix whose columns are its last axis.
inline Matrix<float> matrix(const eigenvit::TensorStore& store, const std::string& name) {
  const golden::Tensor tensor = golden::read(store, name);
  const auto cols = static_cast<Index>(tensor.shape.back());
  return eigenvit::ConstMatrixView<float>(tensor.values.data(),
                                          static_cast<Index>(tensor.values.size()) / cols, cols);
}

/// Largest difference, relative to the largest magnitude expected; infinite for other sizes or
/// where a value is not a number.
template <class Found>
double relative_error(const Found& found, const Matrix<float>& expected) {
  if (found.size() != expected.size()) return INFINITY;
  double largest = 0, difference = 0;
  for (Index i = 0; i < found.size(); ++i) {
    largest = std::max(largest, std::abs(static_cast<double>(expected.data()[i])));
    const double d =
        std::abs(static_cast<double>(found.data()[i]) - static_cast<double>(expected.data()[i]));
    if (!(d <= 1e30)) return INFINITY;
    difference = std::max(difference, d);
  }
  return difference / largest;
}

}  // namespace feature_golden

#endif
