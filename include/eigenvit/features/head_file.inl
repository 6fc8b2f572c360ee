#ifndef EIGENVIT_FEATURES_HEAD_FILE_INL
#define EIGENVIT_FEATURES_HEAD_FILE_INL

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <eigenvit/core/error.hpp>
#include <eigenvit/core/finite.hpp>
#include <eigenvit/core/message.hpp>
#include <eigenvit/features/head.hpp>
#include <eigenvit/features/unit_rows.hpp>
#include <eigenvit/io/safetensors.hpp>
#include <eigenvit/io/tensor_store.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// Written into every file; the number changes when old readers would misread it.
constexpr std::string_view head_format = "EigenViT head 1";

constexpr std::array<std::string_view, 4> head_methods = {"prototypes", "knn", "ridge", "logistic"};
constexpr std::array<std::string_view, 2> head_features = {"pooled", "patches"};
constexpr std::array<std::string_view, 3> scaling_names = {"none", "unit_length", "standardize"};

/// Reads the parts of a head's file, each checked.
class HeadFile {
 public:
  explicit HeadFile(const std::filesystem::path& path)
      : store_(TensorStore::open_file(path)), metadata_(store_.metadata()) {
    const auto format = metadata_.find("format");
    if (format == metadata_.end() || format->second != head_format) {
      raise<FormatError>({source(), ": expected a file of the format ", Quoted{head_format},
                          ", found ",
                          Quoted{format == metadata_.end() ? std::string_view("another")
                                                           : std::string_view(format->second)}});
    }
  }

  const std::string& source() const noexcept { return store_.source(); }

  /// Which of the names the key has.
  template <std::size_t size>
  std::size_t choice(const char* key, const std::array<std::string_view, size>& names) const {
    const std::string found = text(key);
    const auto name = std::find(names.begin(), names.end(), found);
    if (name == names.end()) {
      std::string all;
      for (const std::string_view one : names) all += message({all.empty() ? "" : ", ", one});
      raise<FormatError>(
          {source(), ": ", key, ": expected one of ", all, ", found ", Quoted{found}});
    }
    return static_cast<std::size_t>(name - names.begin());
  }

  std::string text(const char* key) const {
    const auto found = metadata_.find(key);
    if (found == metadata_.end()) {
      raise<FormatError>({source(), ": expected ", key, " in the metadata, found none"});
    }
    return found->second;
  }

  /// Empty in files that lack it.
  std::string precision() const {
    const auto found = metadata_.find("precision");
    return found == metadata_.end() ? std::string() : found->second;
  }

  /// At least two.
  std::vector<std::string> labels() const {
    std::vector<std::string> labels;
    for (;;) {
      const auto label = metadata_.find(message({"label.", labels.size()}));
      if (label == metadata_.end()) break;
      labels.push_back(label->second);
    }
    if (labels.size() < 2) {
      raise<FormatError>(
          {source(), ": expected at least 2 labels in the metadata, found ", labels.size()});
    }
    return labels;
  }

  std::optional<std::array<Index, 2>> image_size() const {
    if (metadata_.find("image_size") == metadata_.end()) return std::nullopt;
    const std::string size = text("image_size");
    const std::size_t x = size.find('x');
    const auto side = [](std::string_view digits) -> Index {
      Index value = 0;
      for (const char digit : digits) {
        if (digit < '0' || digit > '9') return 0;
        value = 10 * value + (digit - '0');
      }
      return value;
    };
    std::array<Index, 2> sides{};
    if (size.size() <= 11 && x != std::string::npos) {
      sides = {side(std::string_view(size).substr(0, x)),
               side(std::string_view(size).substr(x + 1))};
    }
    if (sides[0] < 1 || sides[1] < 1) {
      raise<FormatError>({source(), ": image_size: expected HEIGHTxWIDTH, found ", Quoted{size}});
    }
    return sides;
  }

  /// A tensor of finite values `[rows, columns]`; -1 means any number of at least 1.
  Matrix<float> matrix(const char* name, Index rows, Index columns) const {
    const TensorInfo& info = store_.at(name);
    bool fits = info.shape.size() == 2;
    for (std::size_t i = 0; fits && i < 2; ++i) {
      const Index wanted = i == 0 ? rows : columns;
      fits = wanted < 0 ? info.shape[i] > 0 : info.shape[i] == static_cast<std::uint64_t>(wanted);
    }
    if (!fits) fail_shape(info, {rows, columns});
    // The file holds as many values as the shape says, so the sizes fit.
    Matrix<float> values(static_cast<Index>(info.shape[0]), static_cast<Index>(info.shape[1]));
    read(info, values.data());
    return values;
  }

  Vector<float> vector(const char* name, Index size) const {
    const TensorInfo& info = store_.at(name);
    const bool fits = info.shape.size() == 1 && info.shape[0] == static_cast<std::uint64_t>(size);
    if (!fits) fail_shape(info, {size});
    Vector<float> values(size);
    read(info, values.data());
    return values;
  }

  float scalar(const char* name) const {
    const TensorInfo& info = store_.at(name);
    if (!info.shape.empty()) fail_shape(info, {});
    float value = 0;
    read(info, &value);
    return value;
  }

  [[noreturn]] void fail(const char* name, std::string_view expected,
                         std::string_view found = "others") const {
    raise<FormatError>(
        {source(), ": tensor ", Quoted{name}, ": expected ", expected, ", found ", found});
  }

 private:
  [[noreturn]] void fail_shape(const TensorInfo& info, const std::vector<Index>& expected) const {
    std::string shape;
    for (const Index size : expected) {
      shape += shape.empty() ? "" : ", ";
      shape += size < 0 ? std::string("any") : std::to_string(size);
    }
    raise<FormatError>({source(), ": tensor ", Quoted{info.name}, ": expected [", shape,
                        "], found ", info.description()});
  }

  void read(const TensorInfo& info, float* values) const {
    store_.read(info, values);
    const auto finite = [](float value) { return is_finite(value); };
    if (!std::all_of(values, values + info.element_count(), finite)) {
      fail(info.name.c_str(), "finite values");
    }
  }

  TensorStore store_;
  std::map<std::string, std::string> metadata_;
};

EIGENVIT_INLINE LinearProbe read_linear_probe(const HeadFile& file, Index class_count) {
  Matrix<float> weight = file.matrix("weight", class_count, -1);
  const Index width = weight.cols();
  Vector<float> bias = file.vector("bias", class_count);
  FeatureScaling scaling;
  switch (static_cast<ScalingKind>(file.choice("scaling", scaling_names))) {
    case ScalingKind::none:
      break;
    case ScalingKind::unit_length:
      scaling = FeatureScaling::unit_length();
      break;
    case ScalingKind::standardize: {
      Vector<float> scale = file.vector("scale", width);
      if (!(scale.minCoeff() > 0)) file.fail("scale", "positive values");
      scaling = FeatureScaling::standardize(file.vector("mean", width), std::move(scale));
      break;
    }
  }
  return LinearProbe(std::move(scaling), std::move(weight), std::move(bias));
}

EIGENVIT_INLINE WeightedKnn read_weighted_knn(const HeadFile& file, Index class_count) {
  Matrix<float> neighbours = file.matrix("neighbours", -1, -1);
  const Index longer = first_longer_than_1(neighbours);
  if (longer >= 0) {
    file.fail("neighbours", "vectors of length 1 or less",
              message({"a longer one in row ", longer}));
  }
  const Vector<float> stored = file.vector("classes", neighbours.rows());
  std::vector<Index> classes;
  std::vector<bool> present(static_cast<std::size_t>(class_count), false);
  for (const float value : stored) {
    const bool in_range = value >= 0 && value < static_cast<float>(class_count);
    if (!in_range || value != static_cast<float>(static_cast<Index>(value))) {
      file.fail("classes", message({"whole numbers from 0 to ", class_count - 1}));
    }
    classes.push_back(static_cast<Index>(value));
    present[static_cast<std::size_t>(classes.back())] = true;
  }
  if (std::find(present.begin(), present.end(), false) != present.end()) {
    file.fail("classes", "a neighbour of each class");
  }
  constexpr float most_neighbours = 1 << 24;  // up to here a float holds every whole number
  KnnOptions options;
  const float k = file.scalar("k");
  if (!(k >= 1 && k <= most_neighbours)) file.fail("k", message({"a number from 1 to ", 1 << 24}));
  options.neighbours = static_cast<Index>(k);
  options.temperature = file.scalar("temperature");
  if (!(options.temperature > 0)) file.fail("temperature", "a positive value");
  return WeightedKnn::of_unit_vectors(
      TrainingSet(std::move(neighbours), std::move(classes), class_count), options);
}

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
