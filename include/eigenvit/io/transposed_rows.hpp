/// Weights of a transposed convolution whose stride is its kernel, as they are read when they are
/// used.
#ifndef EIGENVIT_IO_TRANSPOSED_ROWS_HPP
#define EIGENVIT_IO_TRANSPOSED_ROWS_HPP

#include <algorithm>
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

/// The rows `[places * O, C]` of a tensor `[C, O, places]`, the outputs of a place beside each
/// other. Keeps the store, and so the mapping of its files, alive.
template <class Scalar>
class TransposedRows final : public WeightRows<Scalar> {
 public:
  static constexpr Index most_places = 256;

  /// The tensor is `store`'s and readable (`TensorStore::check_readable`); there are at most
  /// `most_places`. `scale`, by which the weights of an output are multiplied, is `[O]` or empty.
  TransposedRows(std::shared_ptr<const TensorStore> store, const TensorInfo& tensor, Index channels,
                 Index outputs, Index places, AlignedBuffer<Scalar> scale = {})
      : store_(std::move(store)),
        tensor_(&tensor),
        channels_(channels),
        outputs_(outputs),
        places_(places),
        scale_(std::move(scale)) {}

  void read(Index first, Index count, Scalar* rows) const noexcept override {
    // Outputs as they come, a few at a time: reading allocates nothing.
    std::array<Scalar, most_places> values;
    const Index end = first + count;
    for (Index row = first; row < end;) {
      const Index place = row / outputs_, output = row % outputs_;
      const Index taken = std::min({most_places / places_, outputs_ - output, end - row});
      for (Index c = 0; c < channels_; ++c) {
        store_->read(*tensor_, static_cast<std::size_t>((c * outputs_ + output) * places_),
                     static_cast<std::size_t>(taken * places_), values.data());
        for (Index i = 0; i < taken; ++i) {
          rows[i * channels_ + c] =
              scale_of(output + i) * values[static_cast<std::size_t>(i * places_ + place)];
        }
      }
      row += taken;
      rows += taken * channels_;
    }
  }

  void release() const noexcept override { store_->release(*tensor_); }

 private:
  Scalar scale_of(Index output) const noexcept {
    return scale_.empty() ? Scalar(1) : scale_[static_cast<std::size_t>(output)];
  }

  std::shared_ptr<const TensorStore> store_;
  const TensorInfo* tensor_;
  Index channels_;
  Index outputs_;
  Index places_;
  AlignedBuffer<Scalar> scale_;
};

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
