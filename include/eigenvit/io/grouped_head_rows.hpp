/// Weights of grouped-query attention, as those of plain attention.
#ifndef EIGENVIT_IO_GROUPED_HEAD_ROWS_HPP
#define EIGENVIT_IO_GROUPED_HEAD_ROWS_HPP

#include <algorithm>
#include <array>
#include <cstddef>
#include <memory>
#include <utility>

#include <eigenvit/io/tensor_store.hpp>
#include <eigenvit/kernels/weight_rows.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// The rows of queries `[H d, inputs]`, keys and values `[H' d, inputs]` below each other, with
/// each of the `H'` heads of keys and values once for every one of the `H / H'` heads of queries
/// that share it: `[3 H d, inputs]`. Attention of `H` heads with these weights is grouped-query
/// attention. Keeps the store, and so the mapping of its files, alive. Source: Ainslie et al.,
/// "GQA: Training Generalized Multi-Query Transformer Models", 2023.
template <class Scalar>
class GroupedHeadRows final : public WeightRows<Scalar> {
 public:
  /// Queries, keys and values are `store`'s and readable (`TensorStore::check_readable`);
  /// `kv_heads` divides `heads`.
  GroupedHeadRows(std::shared_ptr<const TensorStore> store,
                  const std::array<const TensorInfo*, 3>& tensors, Index inputs, Index heads,
                  Index kv_heads, Index head_dim)
      : store_(std::move(store)),
        tensors_(tensors),
        inputs_(inputs),
        heads_(heads),
        sharing_(heads / kv_heads),
        head_dim_(head_dim) {}

  const Scalar* in_place(Index row) const noexcept override {
    const Place place = place_of(row);
    return store_->template in_place<Scalar>(*place.tensor, place.first);
  }

  void read(Index first, Index count, Scalar* rows) const noexcept override {
    while (count > 0) {
      const Index taken = std::min(count, head_dim_ - first % head_dim_);
      const Place place = place_of(first);
      store_->read(*place.tensor, place.first, static_cast<std::size_t>(taken * inputs_), rows);
      first += taken;
      count -= taken;
      rows += taken * inputs_;
    }
  }

  void release() const noexcept override {
    for (const TensorInfo* const tensor : tensors_) store_->release(*tensor);
  }

 private:
  /// Where a row is stored: its tensor, and its first value there.
  struct Place {
    const TensorInfo* tensor;
    std::size_t first;
  };

  Place place_of(Index row) const noexcept {
    const Index part = row / (heads_ * head_dim_);
    const Index head = row / head_dim_ % heads_;
    const Index row_there = (part == 0 ? head : head / sharing_) * head_dim_ + row % head_dim_;
    return {tensors_[static_cast<std::size_t>(part)],
            static_cast<std::size_t>(row_there * inputs_)};
  }

  std::shared_ptr<const TensorStore> store_;
  std::array<const TensorInfo*, 3> tensors_;
  Index inputs_;
  Index heads_;    ///< of queries
  Index sharing_;  ///< heads of queries that share one of keys and values
  Index head_dim_;
};

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
