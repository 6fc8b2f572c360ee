/// Weights of flattened patches whose file has the channels of a pixel beside each other.
#ifndef EIGENVIT_IO_PIXEL_MAJOR_ROWS_HPP
#define EIGENVIT_IO_PIXEL_MAJOR_ROWS_HPP

#include <cstddef>
#include <memory>
#include <utility>

#include <eigenvit/io/tensor_store.hpp>
#include <eigenvit/kernels/weight_rows.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// The rows of a tensor `[D, pixels * channels]`, each in the order channel, pixel. Keeps the
/// store, and so the mapping of its files, alive.
template <class Scalar>
class PixelMajorRows final : public WeightRows<Scalar> {
 public:
  /// The tensor is `store`'s and readable (`TensorStore::check_readable`).
  PixelMajorRows(std::shared_ptr<const TensorStore> store, const TensorInfo& tensor, Index pixels,
                 Index channels)
      : store_(std::move(store)), tensor_(tensor), pixels_(pixels), channels_(channels) {}

  const Scalar* in_place(Index) const noexcept override { return nullptr; }

  // Value by value: there is no memory to read a row into, and the layer is read once.
  void read(Index first, Index count, Scalar* rows) const noexcept override {
    for (Index row = first; row < first + count; ++row) {
      for (Index channel = 0; channel < channels_; ++channel) {
        for (Index pixel = 0; pixel < pixels_; ++pixel) {
          const Index place = (row * pixels_ + pixel) * channels_ + channel;
          store_->read(tensor_, static_cast<std::size_t>(place), 1, rows++);
        }
      }
    }
  }

  void release() const noexcept override { store_->release(tensor_); }

 private:
  std::shared_ptr<const TensorStore> store_;
  const TensorInfo& tensor_;
  Index pixels_;
  Index channels_;
};

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
