/// Weights of a linear map, in the form in which the kernels read them.
#ifndef EIGENVIT_KERNELS_PACKED_MATRIX_HPP
#define EIGENVIT_KERNELS_PACKED_MATRIX_HPP

#include <utility>

#include <eigenvit/core/aligned_buffer.hpp>
#include <eigenvit/core/types.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {

/// Weights `[outputs, inputs]` of `y = x Wᵀ`, packed once when a model is loaded. A type of its
/// own, so that nobody but the kernels knows the layout: today row-major, one output after the
/// other.
template <class Scalar>
class PackedMatrix {
 public:
  PackedMatrix() = default;

  /// Packs a copy of `weight [outputs, inputs]`.
  explicit PackedMatrix(const ConstMatrixRef<Scalar>& weight)
      : values_(static_cast<std::size_t>(weight.size())),
        outputs_(weight.rows()),
        inputs_(weight.cols()) {
    MatrixView<Scalar>(values_.data(), outputs_, inputs_) = weight;
  }

  /// Packs row-major `values [outputs, inputs]`, which it takes over: no second copy is made.
  PackedMatrix(AlignedBuffer<Scalar> values, Index outputs, Index inputs)
      : values_(std::move(values)), outputs_(outputs), inputs_(inputs) {
    eigen_assert(static_cast<Index>(values_.size()) == outputs * inputs);
  }

  Index outputs() const noexcept { return outputs_; }
  Index inputs() const noexcept { return inputs_; }
  std::size_t bytes() const noexcept { return values_.size() * sizeof(Scalar); }

  /// Weights of the outputs `[first, first + count)`, row-major.
  ConstMatrixView<Scalar> rows(Index first, Index count) const {
    return ConstMatrixView<Scalar>(values_.data() + first * inputs_, count, inputs_);
  }

 private:
  AlignedBuffer<Scalar> values_;
  Index outputs_ = 0;
  Index inputs_ = 0;
};

}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
