/// Weights that stay in their file until they are used, wherever their rows are there.
#ifndef EIGENVIT_IO_STORED_ROWS_HPP
#define EIGENVIT_IO_STORED_ROWS_HPP

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

/// Rows of `inputs` values each, of some tensors of a store; a derived class says where each is.
/// Keeps the store, and so the mapping of its files, alive.
template <class Scalar>
class StoredRows : public WeightRows<Scalar> {
 public:
  const Scalar* in_place(Index row) const noexcept final {
    const Place place = this->place(row);
    return store_->template in_place<Scalar>(place.tensor, place.first_value);
  }

  void read(Index first, Index count, Scalar* rows) const noexcept final {
    while (count > 0) {
      const Place place = this->place(first);
      const Index taken = std::min(count, place.rows);
      store_->read(place.tensor, place.first_value, static_cast<std::size_t>(taken * inputs_),
                   rows);
      first += taken;
      count -= taken;
      rows += taken * inputs_;
    }
  }

  void release() const noexcept final {
    for (const TensorInfo* const tensor : tensors_) store_->release(*tensor);
  }

 protected:
  /// Where a row begins.
  struct Place {
    const TensorInfo& tensor;
    std::size_t first_value;
    Index rows;  ///< that lie there one right after the other, this one the first of them
  };

  /// The tensors are `store`'s and readable (`TensorStore::check_readable`).
  StoredRows(std::shared_ptr<const TensorStore> store, std::vector<const TensorInfo*> tensors,
             Index inputs)
      : store_(std::move(store)), tensors_(std::move(tensors)), inputs_(inputs) {}

  virtual Place place(Index row) const noexcept = 0;

  const std::vector<const TensorInfo*>& tensors() const noexcept { return tensors_; }
  Index inputs() const noexcept { return inputs_; }

 private:
  std::shared_ptr<const TensorStore> store_;
  std::vector<const TensorInfo*> tensors_;
  Index inputs_;
};

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
