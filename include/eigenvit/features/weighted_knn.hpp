/// Classification by a vote of the nearest neighbours.
#ifndef EIGENVIT_FEATURES_WEIGHTED_KNN_HPP
#define EIGENVIT_FEATURES_WEIGHTED_KNN_HPP

#include <vector>

#include <eigenvit/core/compiler.hpp>
#include <eigenvit/core/types.hpp>
#include <eigenvit/features/training_set.hpp>
#include <eigenvit/layers/linear.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {

/// How neighbours vote.
struct KnnOptions {
  Index neighbours = 20;      ///< k; all where there are fewer
  float temperature = 0.07F;  ///< T
};

/// Weighted k-nearest-neighbours classification, as the evaluation of DINO does it. Of the `k`
/// vectors with the highest cosine `s_i` to `x` each votes for its class with `exp(s_i / T)`;
/// a class's score is its share of the votes:
///
///     score_c(x) = sum over i of class c of exp(s_i / T) / sum over all i of exp(s_i / T)
///
/// Of vectors that are equally near, the first are taken. Immutable; any number of threads may use
/// one at the same time. A vector's scores do not depend on those beside it.
/// Source: Wu et al. 2018, "Unsupervised Feature Learning via Non-Parametric Instance
/// Discrimination", section 3.4; Caron et al. 2021 (DINO).
class WeightedKnn {
 public:
  /// Throws `ConfigError` unless `k` is positive and `T` is finite and positive.
  explicit WeightedKnn(const TrainingSet& set, const KnnOptions& options = {});

  /// The same of vectors that are scaled already, such as `neighbours()`, which are taken as they
  /// are. Also throws `ConfigError` for a vector that is longer than 1 by more than rounding.
  static WeightedKnn of_unit_vectors(const TrainingSet& set, const KnnOptions& options = {});

  /// The neighbours' unit vectors `[M, D]`; shorter ones of vectors shorter than 1e-12.
  const Matrix<float>& neighbours() const noexcept { return neighbours_; }
  /// The neighbours' classes `[M]`.
  const std::vector<Index>& classes() const noexcept { return classes_; }
  const KnnOptions& options() const noexcept { return options_; }
  Index width() const noexcept { return neighbours_.cols(); }  ///< D
  Index class_count() const noexcept { return class_count_; }  ///< C

  /// Scores `[N, C]` of features `[N, D]`; each row's sum is 1. Throws `ShapeError` for another
  /// width, `ConfigError` for features that are not finite. Cost: `2 N M D` flops.
  Matrix<float> scores(const ConstMatrixRef<float>& features) const;

 private:
  WeightedKnn(Matrix<float> unit_vectors, const TrainingSet& set, const KnnOptions& options);

  Matrix<float> neighbours_;
  std::vector<Index> classes_;
  Index class_count_;
  KnnOptions options_;
  Linear<float> cosines_;
};

}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#if EIGENVIT_HEADER_ONLY
#include <eigenvit/features/weighted_knn.inl>
#endif

#endif
