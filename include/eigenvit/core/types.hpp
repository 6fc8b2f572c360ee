/// The matrix types that the library takes and gives, and the legend of shapes.
///
/// Shapes in every comment are written with these letters: `B` images, `T` tokens, `P` prefix
/// tokens, `h`,`w` rows and columns of the patch grid, `T = P + h*w`, `D` embedding width, `H`
/// heads, `d = D/H`, `F` MLP width, `L` depth, `C` classes. Token matrices are row-major `[T,D]`;
/// a batch is `[B*T,D]`.
#ifndef EIGENVIT_CORE_TYPES_HPP
#define EIGENVIT_CORE_TYPES_HPP

#include <cstddef>
#include <type_traits>

#include <Eigen/Core>

#include <eigenvit/core/compiler.hpp>

static_assert(EIGEN_VERSION_AT_LEAST(3, 4, 0), "EigenViT needs Eigen 3.4 or later");

namespace eigenvit {
inline namespace EIGENVIT_ABI {

using Index = std::ptrdiff_t;

static_assert(std::is_same_v<Eigen::Index, Index>,
              "EigenViT needs EIGEN_DEFAULT_DENSE_INDEX_TYPE to be std::ptrdiff_t, its default");

/// Owning row-major matrix `[rows, cols]`.
template <class Scalar>
using Matrix = Eigen::Matrix<Scalar, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

/// Owning column vector.
template <class Scalar>
using Vector = Eigen::Matrix<Scalar, Eigen::Dynamic, 1>;

/// View of contiguous memory that somebody else owns; no alignment is assumed.
template <class Scalar>
using MatrixView = Eigen::Map<Matrix<Scalar>>;
template <class Scalar>
using ConstMatrixView = Eigen::Map<const Matrix<Scalar>>;
template <class Scalar>
using VectorView = Eigen::Map<Vector<Scalar>>;
template <class Scalar>
using ConstVectorView = Eigen::Map<const Vector<Scalar>>;

/// What layers take and give: any row-major matrix, or block of one, whose rows are contiguous.
template <class Scalar>
using ConstMatrixRef = Eigen::Ref<const Matrix<Scalar>, 0, Eigen::OuterStride<>>;
template <class Scalar>
using ConstVectorRef = Eigen::Ref<const Vector<Scalar>>;

}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
