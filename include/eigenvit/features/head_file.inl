#ifndef EIGENVIT_FEATURES_HEAD_FILE_INL
#define EIGENVIT_FEATURES_HEAD_FILE_INL

#include <algorithm>
#include <array>
#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <eigenvit/core/error.hpp>
#include <eigenvit/core/message.hpp>
#include <eigenvit/features/feature_file.hpp>
#include <eigenvit/features/head.hpp>
#include <eigenvit/features/unit_rows.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// Written into every file; the number changes when old readers would misread it.
constexpr std::string_view head_format = "EigenViT head 1";

constexpr std::array<std::string_view, 4> head_methods = {"prototypes", "knn", "ridge", "logistic"};
constexpr std::array<std::string_view, 2> head_features = {"pooled", "patches"};
constexpr std::array<std::string_view, 3> scaling_names = {"none", "unit_length", "standardize"};

/// Reads the parts of a head's file, each checked.
class HeadFile : public FeatureFile {
 public:
  explicit HeadFile(const std::filesystem::path& path) : FeatureFile(path, head_format) {}

  /// At least two.
  std::vector<std::string> labels() const {
    std::vector<std::string> labels;
    for (;;) {
      const std::string key = message({"label.", labels.size()});
      if (!has(key)) break;
      labels.push_back(text(key.c_str()));
    }
    if (labels.size() < 2) {
      raise<FormatError>(
          {source(), ": expected at least 2 labels in the metadata, found ", labels.size()});
    }
    return labels;
  }

  std::optional<std::array<Index, 2>> image_size() const {
    if (!has("image_size")) return std::nullopt;
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
