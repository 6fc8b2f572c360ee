/// Weights of grouped-query attention, as those of plain attention.
#ifndef EIGENVIT_IO_GROUPED_HEAD_ROWS_HPP
#define EIGENVIT_IO_GROUPED_HEAD_ROWS_HPP

#include <array>
#include <cstddef>
#include <memory>
#include <utility>

#include <eigenvit/io/stored_rows.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// The rows of queries `[H d, inputs]`, keys and values `[H' d, inputs]` below each other, with
/// each of the `H'` heads of keys and values once for every one of the `H / H'` heads of queries
/// that share it: `[3 H d, inputs]`. Attention of `H` heads with these weights is grouped-query
/// attention. Source: Ainslie et al., "GQA: Training Generalized Multi-Query Transformer Models",
/// 2023.
template <class Scalar>
class GroupedHeadRows final : public StoredRows<Scalar> {
 public:
  /// As `StoredRows`, of queries, keys and values; `kv_heads` divides `heads`.
  GroupedHeadRows(std::shared_ptr<const TensorStore> store,
                  const std::array<const TensorInfo*, 3>& tensors, Index inputs, Index heads,
                  Index kv_heads, Index head_dim)
      : StoredRows<Scalar>(std::move(store), {tensors.begin(), tensors.end()}, inputs),
        heads_(heads),
        sharing_(heads / kv_heads),
        head_dim_(head_dim) {}

 private:
  using Place = typename StoredRows<Scalar>::Place;

  Place place(Index row) const noexcept override {
    const Index part = row / (heads_ * head_dim_);
    const Index head = row / head_dim_ % heads_;
    const Index row_of_head = row % head_dim_;
    const Index row_there = (part == 0 ? head : head / sharing_) * head_dim_ + row_of_head;
    return {*this->tensors()[static_cast<std::size_t>(part)],
            static_cast<std::size_t>(row_there * this->inputs()), head_dim_ - row_of_head};
  }

  Index heads_;    ///< of queries
  Index sharing_;  ///< heads of queries that share one of keys and values
  Index head_dim_;
};

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
