/// Weights that stay in their file until they are used.
#ifndef EIGENVIT_IO_TENSOR_ROWS_HPP
#define EIGENVIT_IO_TENSOR_ROWS_HPP

#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

#include <eigenvit/io/stored_rows.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// The part of a matrix that one linear layer has.
struct TensorSlice {
  Index first_row = 0;
  Index first_column = 0;
  Index columns = 0;  ///< of the whole matrix; 0: as many as the layer has inputs
};

/// The rows of one tensor, or of several below each other (queries, keys and values).
template <class Scalar>
class TensorRows final : public StoredRows<Scalar> {
 public:
  /// As `StoredRows`. A slice is of one tensor, which is large enough for what is read.
  TensorRows(std::shared_ptr<const TensorStore> store, std::vector<const TensorInfo*> tensors,
             Index inputs, TensorSlice slice = {})
      : StoredRows<Scalar>(std::move(store), std::move(tensors), inputs),
        columns_(slice.columns > 0 ? slice.columns : inputs),
        first_(slice.first_row * columns_ + slice.first_column) {}

 private:
  using Place = typename StoredRows<Scalar>::Place;

  Place place(Index row) const noexcept override {
    auto tensor = this->tensors().begin();
    for (;; ++tensor) {
      const Index rows = static_cast<Index>((*tensor)->element_count()) / columns_;
      if (row < rows) {
        // Rows of a slice that is narrower than its matrix are apart.
        return {**tensor, static_cast<std::size_t>(first_ + row * columns_),
                columns_ == this->inputs() ? rows - row : 1};
      }
      row -= rows;
    }
  }

  Index columns_;  ///< of a tensor
  Index first_;    ///< value of the first tensor that the slice begins with
};

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
