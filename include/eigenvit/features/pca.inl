#ifndef EIGENVIT_FEATURES_PCA_INL
#define EIGENVIT_FEATURES_PCA_INL

#include <algorithm>
#include <cmath>

#include <Eigen/Eigenvalues>

#include <eigenvit/core/error.hpp>
#include <eigenvit/core/message.hpp>
#include <eigenvit/features/matrix_product.hpp>
#include <eigenvit/features/pca.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// `Q y` of `A = Q T Q^T`. Eigen would form `Q`, also for the few `y` that are needed here, with
/// blocked products that take seconds to compile.
inline void apply_q(const Eigen::Tridiagonalization<Eigen::MatrixXd>& tridiagonal,
                    Vector<double>& y) {
  const auto& reflectors = tridiagonal.packedMatrix();
  const auto scales = tridiagonal.householderCoefficients();
  for (Index i = y.size() - 2; i >= 0; --i) {
    // The reflector of column i begins with a 1, in whose place the subdiagonal of T is stored.
    const Index rest = y.size() - 2 - i;
    const auto reflector = reflectors.col(i).tail(rest);
    const double length = scales[i] * (y[i + 1] + reflector.dot(y.tail(rest)));
    y[i + 1] -= length;
    y.tail(rest) -= length * reflector;
  }
}

}  // namespace detail

EIGENVIT_INLINE Pca Pca::fit(const ConstMatrixRef<float>& rows, Index count) {
  const Index n = rows.rows(), width = rows.cols();
  if (n < 2 || count < 1 || count > std::min(n, width)) {
    detail::raise<ShapeError>({"pca: expected 2 rows or more and from 1 to ", std::min(n, width),
                               " components, found ", n, " rows of ", width, " and ", count});
  }
  Pca pca;
  const Matrix<double> values = rows.cast<double>();
  pca.mean_ = values.colwise().mean().transpose();
  const Matrix<double> centred = values.rowwise() - pca.mean_.transpose();

  // Of the two products that share their eigenvalues, the smaller.
  const bool by_rows = n < width;
  const Index side = std::min(n, width);
  const Matrix<double> sides = by_rows ? centred : Matrix<double>(centred.transpose());
  Matrix<double> product = Matrix<double>::Zero(side, side);
  product.selfadjointView<Eigen::Lower>().rankUpdate(sides);
  const Eigen::Tridiagonalization<Eigen::MatrixXd> tridiagonal(product);
  Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver;
  solver.computeFromTridiagonal(tridiagonal.diagonal(), tridiagonal.subDiagonal());

  pca.components_ = Matrix<double>::Zero(count, width);
  pca.explained_variance_ = Vector<double>::Zero(count);
  const double largest = solver.eigenvalues()[side - 1];
  for (Index i = 0; i < count; ++i) {
    const double variation = solver.eigenvalues()[side - 1 - i];
    // Below this, rounding alone gives a direction.
    if (!(variation > 1e-12 * largest)) break;
    Vector<double> component = solver.eigenvectors().col(side - 1 - i);
    detail::apply_q(tridiagonal, component);
    if (by_rows) component = detail::product_of_transposed(centred, component);
    component.normalize();
    Index at = 0;
    component.cwiseAbs().maxCoeff(&at);
    pca.components_.row(i) = component.transpose() * (component[at] < 0 ? -1.0 : 1.0);
    pca.explained_variance_[i] = variation / static_cast<double>(n - 1);
  }
  return pca;
}

EIGENVIT_INLINE Matrix<float> Pca::transform(const ConstMatrixRef<float>& rows) const {
  if (rows.cols() != mean_.size()) {
    detail::raise<ShapeError>(
        {"pca: expected rows of ", mean_.size(), " values, found ", rows.cols()});
  }
  const Matrix<double> centred = rows.cast<double>().rowwise() - mean_.transpose();
  return detail::product_by_transposed(centred, components_).cast<float>();
}

}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
