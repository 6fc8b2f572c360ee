/// Products of matrices in double precision.
#ifndef EIGENVIT_FEATURES_MATRIX_PRODUCT_HPP
#define EIGENVIT_FEATURES_MATRIX_PRODUCT_HPP

#include <eigenvit/core/compiler.hpp>
#include <eigenvit/core/types.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

// Functions, since each product of Eigen's is compiled anew in the function that writes it, which
// takes most of a second.

/// `A B` of `A [m, k]` and `B [k, n]`. Cost: `2 m k n` flops.
Matrix<double> product(const Matrix<double>& a, const Matrix<double>& b);

/// `A B^T` of `A [m, k]` and `B [n, k]`. Cost: `2 m k n` flops.
Matrix<double> product_by_transposed(const Matrix<double>& a, const Matrix<double>& b);

/// `A^T B` of `A [k, m]` and `B [k, n]`. Cost: `2 m k n` flops.
Matrix<double> product_of_transposed(const Matrix<double>& a, const Matrix<double>& b);

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#if EIGENVIT_HEADER_ONLY
#include <eigenvit/features/matrix_product.inl>
#endif

#endif
