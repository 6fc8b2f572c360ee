/// Weights that stay in their file until they are used.
#ifndef EIGENVIT_IO_TENSOR_ROWS_HPP
#define EIGENVIT_IO_TENSOR_ROWS_HPP

#include <algorithm>
#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

#include <eigenvit/io/tensor_store.hpp>
#include <eigenvit/kernels/weight_rows.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// The part of a matrix that one linear layer has.
struct TensorSlice {
  Index first_row = 0;
  Index first_column = 0;
  Index columns = 0;  ///< of the whole matrix; 0: as many as the layer has inputs
};

/// The rows of one tensor, or of several below each other (queries, keys and values), of `inputs`
/// values each. Keeps the store, and so the mapping of its files, alive.
template <class Scalar>
class TensorRows final : public WeightRows<Scalar> {
 public:
  /// The tensors are `store`'s and readable (`TensorStore::check_readable`). A slice is of one
  /// tensor, which is large enough for what is read.
  TensorRows(std::shared_ptr<const TensorStore> store, std::vector<const TensorInfo*> tensors,
             Index inputs, TensorSlice slice = {})
      : store_(std::move(store)),
        tensors_(std::move(tensors)),
        inputs_(inputs),
        columns_(slice.columns > 0 ? slice.columns : inputs),
        first_(slice.first_row * columns_ + slice.first_column) {}

  const Scalar* in_place(Index row) const noexcept override {
    const Place place = this->place(row);
    return store_->template in_place<Scalar>(place.tensor, place.first_value);
  }

  void read(Index first, Index count, Scalar* rows) const noexcept override {
    while (count > 0) {
      const Place place = this->place(first);
      // Rows of a slice that is narrower than its matrix are apart.
      const Index taken = columns_ == inputs_ ? std::min(count, place.rows) : 1;
      store_->read(place.tensor, place.first_value, static_cast<std::size_t>(taken * inputs_),
                   rows);
      first += taken;
      count -= taken;
      rows += taken * inputs_;
    }
  }

  void release() const noexcept override {
    for (const TensorInfo* const tensor : tensors_) store_->release(*tensor);
  }

 private:
  /// Where a row begins.
  struct Place {
    const TensorInfo& tensor;
    std::size_t first_value;
    Index rows;  ///< of the tensor, from this one on
  };

  Place place(Index row) const noexcept {
    auto tensor = tensors_.begin();
    for (;; ++tensor) {
      const Index rows = static_cast<Index>((*tensor)->element_count()) / columns_;
      if (row < rows) {
        return {**tensor, static_cast<std::size_t>(first_ + row * columns_), rows - row};
      }
      row -= rows;
    }
  }

  std::shared_ptr<const TensorStore> store_;
  std::vector<const TensorInfo*> tensors_;
  Index inputs_;
  Index columns_;  ///< of a tensor
  Index first_;    ///< value of the first tensor that the slice begins with
};

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
