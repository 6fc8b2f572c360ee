#ifndef EIGENVIT_FEATURES_MATRIX_PRODUCT_INL
#define EIGENVIT_FEATURES_MATRIX_PRODUCT_INL

#include <eigenvit/features/matrix_product.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

EIGENVIT_INLINE Matrix<double> product(const Matrix<double>& a, const Matrix<double>& b) {
  return a * b;
}

EIGENVIT_INLINE Matrix<double> product_by_transposed(const Matrix<double>& a,
                                                     const Matrix<double>& b) {
  return a * b.transpose();
}

EIGENVIT_INLINE Matrix<double> product_of_transposed(const Matrix<double>& a,
                                                     const Matrix<double>& b) {
  return a.transpose() * b;
}

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
