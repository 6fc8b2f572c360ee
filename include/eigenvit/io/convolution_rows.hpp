/// Weights of a convolution, as those of a product over windows.
#ifndef EIGENVIT_IO_CONVOLUTION_ROWS_HPP
#define EIGENVIT_IO_CONVOLUTION_ROWS_HPP

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

/// What of a convolution's tensor is read.
template <class Scalar>
struct ConvolutionPart {
  Index first_channel = 0;
  Index all_channels = 0;            ///< of the tensor; 0: as many as are read
  AlignedBuffer<Scalar> scale = {};  ///< by which the weights of an output are multiplied; or none
  /// Whether rows are read once. Their pages are then given back as they have been read: those of a
  /// tensor that is read in parts would else be there until its last part.
  bool is_read_once = false;
};

/// The rows `[O, kernel² C]` of a tensor `[O, C, kernel, kernel]`, or of some of its channels: a
/// window has its channels last. Keeps the store, and so the mapping of its files, alive.
template <class Scalar>
class ConvolutionRows final : public WeightRows<Scalar> {
 public:
  /// The tensor is `store`'s and readable (`TensorStore::check_readable`); `places` are those of
  /// the kernel, at most `most_places`.
  ConvolutionRows(std::shared_ptr<const TensorStore> store, const TensorInfo& tensor,
                  Index channels, Index places, ConvolutionPart<Scalar> part = {})
      : store_(std::move(store)),
        tensor_(&tensor),
        channels_(channels),
        places_(places),
        part_(std::move(part)),
        tensor_channels_(part_.all_channels > 0 ? part_.all_channels : channels) {}

  static constexpr Index most_places = 256;

  void read(Index first, Index count, Scalar* rows) const noexcept override {
    // Channels as they come, a few at a time: reading allocates nothing.
    std::array<Scalar, most_places> values;
    const Index channels_read = most_places / places_;
    for (Index row = first; row < first + count; ++row, rows += channels_ * places_) {
      const Index begin = row * tensor_channels_ + part_.first_channel;
      const Scalar scale =
          part_.scale.empty() ? Scalar(1) : part_.scale[static_cast<std::size_t>(row)];
      for (Index c = 0; c < channels_; c += channels_read) {
        const Index taken = std::min(channels_read, channels_ - c);
        store_->read(*tensor_, static_cast<std::size_t>((begin + c) * places_),
                     static_cast<std::size_t>(taken * places_), values.data());
        for (Index i = 0; i < taken * places_; ++i) {
          rows[i % places_ * channels_ + c + i / places_] =
              scale * values[static_cast<std::size_t>(i)];
        }
      }
    }
    if (!part_.is_read_once) return;
    const Index row_values = tensor_channels_ * places_;
    store_->release(*tensor_, static_cast<std::size_t>(first * row_values),
                    static_cast<std::size_t>(count * row_values));
  }

  void release() const noexcept override { store_->release(*tensor_); }

 private:
  std::shared_ptr<const TensorStore> store_;
  const TensorInfo* tensor_;
  Index channels_;
  Index places_;
  ConvolutionPart<Scalar> part_;
  Index tensor_channels_;
};

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
