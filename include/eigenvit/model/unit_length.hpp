/// Vectors of length 1.
#ifndef EIGENVIT_MODEL_UNIT_LENGTH_HPP
#define EIGENVIT_MODEL_UNIT_LENGTH_HPP

#include <cmath>

#include <eigenvit/core/types.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// `x = x / |x|` for each row of `x [count, size]`, the length summed in double.
template <class Scalar>
void scale_to_unit_length(Scalar* x, Index count, Index size) {
  for (Scalar* row = x; row != x + count * size; row += size) {
    double squares = 0;
    for (Index i = 0; i < size; ++i) {
      squares += static_cast<double>(row[i]) * static_cast<double>(row[i]);
    }
    const auto length = static_cast<Scalar>(std::sqrt(squares));
    for (Index i = 0; i < size; ++i) row[i] /= length;
  }
}

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
