#ifndef EIGENVIT_FEATURES_TRAINING_SET_INL
#define EIGENVIT_FEATURES_TRAINING_SET_INL

#include <utility>

#include <eigenvit/core/error.hpp>
#include <eigenvit/core/finite.hpp>
#include <eigenvit/core/message.hpp>
#include <eigenvit/features/training_set.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {

EIGENVIT_INLINE TrainingSet::TrainingSet(Matrix<float> features, std::vector<Index> classes,
                                         Index class_count)
    : features_(std::move(features)), classes_(std::move(classes)), class_count_(class_count) {
  if (width() < 1) detail::raise<ShapeError>({"training set: expected features, found none"});
  if (static_cast<std::size_t>(size()) != classes_.size()) {
    detail::raise<ShapeError>({"training set: expected one class for each of ", size(),
                               " feature vectors, found ", classes_.size()});
  }
  if (class_count < 2) {
    detail::raise<ConfigError>({"training set: expected at least 2 classes, found ", class_count});
  }
  std::vector<Index> vectors(static_cast<std::size_t>(class_count), 0);
  for (const Index c : classes_) {
    if (c < 0 || c >= class_count) {
      detail::raise<ConfigError>(
          {"training set: expected classes from 0 to ", class_count - 1, ", found ", c});
    }
    ++vectors[static_cast<std::size_t>(c)];
  }
  for (Index c = 0; c < class_count; ++c) {
    if (vectors[static_cast<std::size_t>(c)] > 0) continue;
    detail::raise<ConfigError>(
        {"training set: expected a feature vector of each class, found none of class ", c});
  }
  for (Index row = 0; row < size(); ++row) {
    for (Index col = 0; col < width(); ++col) {
      if (detail::is_finite(features_(row, col))) continue;
      detail::raise<ConfigError>(
          {"training set: expected finite features, found another in vector ", row});
    }
  }
}

}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
