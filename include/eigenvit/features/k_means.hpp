/// Vectors in groups.
#ifndef EIGENVIT_FEATURES_K_MEANS_HPP
#define EIGENVIT_FEATURES_K_MEANS_HPP

#include <cstdint>
#include <vector>

#include <eigenvit/core/compiler.hpp>
#include <eigenvit/core/types.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {

struct KMeansOptions {
  Index max_iterations = 300;
  /// Iterations end where the squared distances that the centres move by sum to at most this times
  /// the mean variance of the columns, or where no vector changes its group.
  double tolerance = 1e-4;
  /// Of the first centres; the same seed gives the same groups on every platform.
  std::uint64_t seed = 0;
  /// How often to begin with other centres; the result of the least inertia is taken.
  Index restarts = 4;
};

struct KMeansResult {
  Matrix<float> centres;      ///< `[k, D]`, the mean of each group
  std::vector<Index> labels;  ///< the group of each vector, `[n]`
  double inertia = 0;         ///< sum of squared distances to the own group's centre
  Index iterations = 0;
};

/// Lloyd's algorithm on `rows [n, D]` from given centres `[k, D]`, as scikit-learn's `KMeans` runs
/// it: a group that has lost all vectors gets the one that lies farthest from its centre. In double
/// precision. Throws `ShapeError` unless `1 <= k <= n` and the widths agree. Cost: `3 n k D` flops
/// an iteration.
KMeansResult k_means(const ConstMatrixRef<float>& rows, const Matrix<float>& centres,
                     const KMeansOptions& options = {});

/// The same from centres that are chosen among the vectors by k-means++, greedily: each new one is
/// the best of `2 + log(k)` that were drawn with a probability in proportion to the squared
/// distance from the nearest so far. Throws `ShapeError` unless `1 <= clusters <= n`, `ConfigError`
/// unless there is one start or more.
///
/// Source: Arthur and Vassilvitskii, "k-means++: The Advantages of Careful Seeding" (2007).
KMeansResult k_means(const ConstMatrixRef<float>& rows, Index clusters,
                     const KMeansOptions& options = {});

}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#if EIGENVIT_HEADER_ONLY
#include <eigenvit/features/k_means.inl>
#endif

#endif
