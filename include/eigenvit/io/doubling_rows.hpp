/// Weights of a transposed convolution that stay in their file until they are used.
#ifndef EIGENVIT_IO_DOUBLING_ROWS_HPP
#define EIGENVIT_IO_DOUBLING_ROWS_HPP

#include <array>
#include <cstddef>
#include <memory>
#include <utility>

#include <eigenvit/core/aligned_buffer.hpp>
#include <eigenvit/io/tensor_store.hpp>
#include <eigenvit/kernels/weight_rows.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// The weight `[O, 4 C]` of one of the four pixels of a `DoublingConvolution`, of a tensor
/// `[C, O, 4, 4]`, each output multiplied by its scale. Keeps the store, and so the mapping of its
/// files, alive.
template <class Scalar>
class DoublingRows final : public WeightRows<Scalar> {
 public:
  /// The tensor is `store`'s and readable (`TensorStore::check_readable`); `scale` is `[O]`.
  DoublingRows(std::shared_ptr<const TensorStore> store, const TensorInfo& tensor, Index channels,
               Index quarter, AlignedBuffer<Scalar> scale)
      : store_(std::move(store)),
        tensor_(&tensor),
        channels_(channels),
        quarter_(quarter),
        scale_(std::move(scale)) {}

  void read(Index first, Index count, Scalar* rows) const noexcept override {
    const auto outputs = static_cast<Index>(scale_.size());
    std::array<Scalar, 16> kernel;
    for (Index row = first; row < first + count; ++row, rows += 4 * channels_) {
      for (Index c = 0; c < channels_; ++c) {
        store_->read(*tensor_, static_cast<std::size_t>((c * outputs + row) * 16), kernel.size(),
                     kernel.data());
        for (Index place = 0; place < 4; ++place) {
          const Index down = 3 - quarter_ / 2 - 2 * (place / 2);
          const Index across = 3 - quarter_ % 2 - 2 * (place % 2);
          rows[place * channels_ + c] = scale_[static_cast<std::size_t>(row)] *
                                        kernel[static_cast<std::size_t>(4 * down + across)];
        }
      }
    }
  }

  void release() const noexcept override { store_->release(*tensor_); }

 private:
  std::shared_ptr<const TensorStore> store_;
  const TensorInfo* tensor_;
  Index channels_;
  Index quarter_;
  AlignedBuffer<Scalar> scale_;
};

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
