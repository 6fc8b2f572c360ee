/// Principal components of vectors.
#ifndef EIGENVIT_FEATURES_PCA_HPP
#define EIGENVIT_FEATURES_PCA_HPP

#include <eigenvit/core/compiler.hpp>
#include <eigenvit/core/types.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {

/// The directions in which the rows of a matrix differ most:
///
///     const auto pca = eigenvit::Pca::fit(tokens.patches(), 3);
///     const auto coordinates = pca.transform(tokens.patches());  // [h*w, 3]
///
/// Computed in double precision from the eigenvectors of the covariance, or of the rows' products
/// with each other where there are fewer rows than columns. The sign of each component is such that
/// its largest entry by magnitude, the first of equals, is positive, as scikit-learn's `PCA` has it
/// from version 1.5 on. Immutable.
class Pca {
 public:
  /// Components of `rows [n, D]`. Throws `ShapeError` unless there are two rows or more and
  /// `1 <= count <= min(n, D)`. Cost: `n D m` and `9 m^3` flops for `m = min(n, D)`.
  static Pca fit(const ConstMatrixRef<float>& rows, Index count);

  /// Of the rows that were fitted, `[D]`.
  const Vector<double>& mean() const noexcept { return mean_; }
  /// Of length 1 each, the one with the largest variance first, `[count, D]`. Where the rows do not
  /// vary in so many directions, the rest are 0.
  const Matrix<double>& components() const noexcept { return components_; }
  /// The variance along each component, with `n - 1` in the denominator, `[count]`.
  const Vector<double>& explained_variance() const noexcept { return explained_variance_; }

  /// The coordinates of `rows [n, D]` along the components, `[n, count]`. Throws `ShapeError` for
  /// rows of another width.
  Matrix<float> transform(const ConstMatrixRef<float>& rows) const;

 private:
  Pca() = default;

  Vector<double> mean_;
  Matrix<double> components_;
  Vector<double> explained_variance_;
};

}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#if EIGENVIT_HEADER_ONLY
#include <eigenvit/features/pca.inl>
#endif

#endif
