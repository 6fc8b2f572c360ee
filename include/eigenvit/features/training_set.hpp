/// Feature vectors whose classes are known.
#ifndef EIGENVIT_FEATURES_TRAINING_SET_HPP
#define EIGENVIT_FEATURES_TRAINING_SET_HPP

#include <cstddef>
#include <vector>

#include <eigenvit/core/compiler.hpp>
#include <eigenvit/core/types.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {

/// What prototypes, neighbours and probes are fitted to: feature vectors `[N, D]`, for example the
/// pooled vectors of images or the tokens of patches, and the class of each. Checked once, here.
class TrainingSet {
 public:
  /// `classes [N]`, each in `[0, class_count)`. Throws `ShapeError` unless there is one class for
  /// each vector and the vectors have at least one value, `ConfigError` for fewer than two classes,
  /// a class without a vector or out of range, and a value that is not finite.
  TrainingSet(Matrix<float> features, std::vector<Index> classes, Index class_count);

  const Matrix<float>& features() const noexcept { return features_; }
  const std::vector<Index>& classes() const noexcept { return classes_; }
  Index class_of(Index row) const { return classes_[static_cast<std::size_t>(row)]; }

  Index size() const noexcept { return features_.rows(); }     ///< N
  Index width() const noexcept { return features_.cols(); }    ///< D
  Index class_count() const noexcept { return class_count_; }  ///< C

 private:
  Matrix<float> features_;
  std::vector<Index> classes_;
  Index class_count_;
};

}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#if EIGENVIT_HEADER_ONLY
#include <eigenvit/features/training_set.inl>
#endif

#endif
