/// Weights that are read when they are first used.
#ifndef EIGENVIT_KERNELS_WEIGHT_ROWS_HPP
#define EIGENVIT_KERNELS_WEIGHT_ROWS_HPP

#include <eigenvit/core/types.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// Where a `PackedMatrix` gets its weights from, row by row, for example a file that is mapped. Any
/// number of threads may read different rows at the same time.
template <class Scalar>
class WeightRows {
 public:
  virtual ~WeightRows() = default;

  /// The weights of an output in their memory, one after the other; null where they are nowhere
  /// as `Scalar`s, as by default, and so must be read.
  virtual const Scalar* in_place(Index /*output*/) const noexcept { return nullptr; }

  /// Writes the weights of the outputs `[first, first + count)` to `rows [count, inputs]`.
  virtual void read(Index first, Index count, Scalar* rows) const noexcept = 0;

  /// Called when every row has been read: memory that only reading them took can go.
  virtual void release() const noexcept = 0;
};

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
