// What the tests of prototypes, neighbours and probes share: the goldens of make_probes.py.
#ifndef EIGENVIT_TESTS_UNIT_FEATURES_PROBE_GOLDEN_HPP
#define EIGENVIT_TESTS_UNIT_FEATURES_PROBE_GOLDEN_HPP

#include <algorithm>
#include <string>
#include <vector>

#include <eigenvit/features/training_set.hpp>

#include "../golden.hpp"

namespace probe_golden {

inline const std::vector<std::string> names = {"three", "two", "wide", "apart"};

class Golden {
 public:
  explicit Golden(const std::string& name)
      : store_(eigenvit::TensorStore::open_file(golden::source_folder() / "tests" / "golden" /
                                                "probes" / (name + ".safetensors"))) {}

  golden::Tensor read(const std::string& name) const { return golden::read(store_, name); }
  float number(const std::string& name, std::size_t index = 0) const {
    return read(name).values[index];
  }

  eigenvit::Matrix<float> matrix(const std::string& name) const {
    const golden::Tensor tensor = read(name);
    return eigenvit::ConstMatrixView<float>(tensor.values.data(), eigenvit::Index(tensor.shape[0]),
                                            eigenvit::Index(tensor.shape[1]));
  }

  eigenvit::TrainingSet set() const {
    std::vector<eigenvit::Index> classes;
    for (const float value : read("classes").values) classes.push_back(eigenvit::Index(value));
    const eigenvit::Index count = *std::max_element(classes.begin(), classes.end()) + 1;
    return {matrix("train"), classes, count};
  }

 private:
  eigenvit::TensorStore store_;
};

// The column of each row's largest value.
inline std::vector<eigenvit::Index> best(const eigenvit::Matrix<float>& scores) {
  std::vector<eigenvit::Index> columns(static_cast<std::size_t>(scores.rows()));
  for (eigenvit::Index row = 0; row < scores.rows(); ++row) {
    scores.row(row).maxCoeff(&columns[static_cast<std::size_t>(row)]);
  }
  return columns;
}

}  // namespace probe_golden

#endif
