// What tests of whole models share: the golden folders and the comparison with them.
#ifndef EIGENVIT_TESTS_UNIT_GOLDEN_HPP
#define EIGENVIT_TESTS_UNIT_GOLDEN_HPP

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include <eigenvit/core/aligned_buffer.hpp>
#include <eigenvit/io/model_folder.hpp>
#include <eigenvit/io/tensor_store.hpp>

namespace golden {

inline std::filesystem::path source_folder() {
  return EIGENVIT_SOURCE_DIR;
}
inline std::filesystem::path models_folder() {
  return source_folder() / "tests" / "golden" / "models";
}
inline std::filesystem::path shipped_model() {
  return source_folder() / "examples" / "models" / "vit_cifar10_patch4_32";
}

// The golden model folders, by name.
inline std::vector<std::filesystem::path> models() {
  std::vector<std::filesystem::path> folders;
  for (const auto& entry : std::filesystem::directory_iterator(models_folder())) {
    if (entry.is_directory()) folders.push_back(entry.path());
  }
  std::sort(folders.begin(), folders.end());
  return folders;
}

/// Whether an emulated processor runs the tests, which takes a hundred times as long.
inline bool is_emulated() {
  return std::getenv("EIGENVIT_TEST_EMULATED") != nullptr;
}

/// The same where programs are slow: emulated ones, and those that check each access to memory,
/// which take ten times as long. There a test of what no family has to itself reads every n-th.
inline std::vector<std::filesystem::path> models_where_slow_every(std::size_t n) {
  std::vector<std::filesystem::path> folders = models();
  if (!is_emulated() && std::getenv("EIGENVIT_TEST_SLOW") == nullptr) return folders;
  std::vector<std::filesystem::path> some;
  for (std::size_t i = 0; i < folders.size(); i += n) some.push_back(folders[i]);
  return some;
}

// What must be said to read a golden folder: the release of weights without a configuration, whose
// sizes are not those of any release.
inline eigenvit::ModelOptions options(const std::filesystem::path& folder) {
  const std::string name = folder.filename().string();
  eigenvit::ModelOptions options;
  options.release = name == "torchvision_vit"            ? "torchvision"
                    : name == "dino"                     ? "dino"
                    : name.compare(0, 7, "dinov2_") == 0 ? "dinov2"
                    : name == "mae_finetuned"            ? "mae_finetuned"
                    : name == "openai_clip"              ? "openai_clip"
                                                         : "";
  if (name == "hf_vitpose_plus") options.dataset_index = 1;
  return options;
}

// A tensor of a golden file, as float.
struct Tensor {
  std::vector<std::uint64_t> shape;
  eigenvit::AlignedBuffer<float> values;
};

inline Tensor read(const eigenvit::TensorStore& store, const std::string& name) {
  const eigenvit::TensorInfo& info = store.at(name);
  Tensor tensor{info.shape, eigenvit::AlignedBuffer<float>(info.element_count())};
  store.read(info, tensor.values.data());
  return tensor;
}

// Largest difference, relative to the largest magnitude expected; infinite for other sizes or when
// a value is not a number.
template <class Found>
double relative_error(const Found& found, const eigenvit::AlignedBuffer<float>& expected) {
  if (std::size_t(found.size()) != expected.size()) return INFINITY;
  double largest = 0;
  double difference = 0;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    largest = std::max(largest, std::abs(double(expected[i])));
    const double d = std::abs(double(found.data()[i]) - double(expected[i]));
    if (!(d <= 1e30)) return INFINITY;
    difference = std::max(difference, d);
  }
  return difference / largest;
}

// Of the angle between all values; not a number when a value is not one.
template <class Found>
double cosine(const Found& found, const eigenvit::AlignedBuffer<float>& expected) {
  if (std::size_t(found.size()) != expected.size()) return -1;
  double product = 0, found_square = 0, expected_square = 0;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    const double a = double(found.data()[i]), b = double(expected[i]);
    product += a * b;
    found_square += a * a;
    expected_square += b * b;
  }
  return product / std::sqrt(found_square * expected_square);
}

}  // namespace golden

#endif
