/// Memory for panels that are packed for one task.
#ifndef EIGENVIT_KERNELS_PANEL_POOL_HPP
#define EIGENVIT_KERNELS_PANEL_POOL_HPP

#include <algorithm>
#include <cstddef>
#include <memory>
#include <mutex>
#include <vector>

#include <eigenvit/core/aligned_buffer.hpp>
#include <eigenvit/core/types.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// Lends buffers to tasks and takes them back for the next ones: there are never more of them than
/// are lent at the same time, and once they are large enough nothing is allocated. Any number of
/// threads may borrow at the same time.
///
///     eigenvit::detail::PanelPool<float> pool;
///     const auto loan = pool.lend(16 * 768);  // goes back at the end of the block
///     loan->data();
template <class Scalar>
class PanelPool {
 public:
  /// What ends a loan.
  struct Return {
    PanelPool* pool = nullptr;
    void operator()(AlignedBuffer<Scalar>* buffer) const noexcept { pool->take_back(buffer); }
  };
  /// A buffer, lent as long as this is there; the pool must outlive it.
  using Loan = std::unique_ptr<AlignedBuffer<Scalar>, Return>;

  /// A buffer of at least `size` values, which are uninitialised. Throws `std::bad_alloc`.
  Loan lend(Index size) {
    // A loan at once: where memory is short, the buffer goes back.
    Loan loan(take().release(), Return{this});
    grow(*loan, static_cast<std::size_t>(size));
    return loan;
  }

  /// Makes as many buffers as `loans` at the same time need, each for the largest size that was
  /// lent: how many of them were in use at once depends on how the threads met, and a later pass
  /// that needs more of them is not to allocate. Throws `std::bad_alloc`.
  void settle(Index loans) {
    const std::lock_guard<std::mutex> lock(mutex_);
    while (buffers_ < static_cast<std::size_t>(loans)) add_free();
    for (const Owned& buffer : free_) grow(*buffer, largest_);
  }

 private:
  using Owned = std::unique_ptr<AlignedBuffer<Scalar>>;

  static void grow(AlignedBuffer<Scalar>& buffer, std::size_t size) {
    if (buffer.size() >= size) return;
    // Without the old values, which growing would copy.
    buffer.clear();
    buffer.resize(size);
  }

  /// One buffer more, and room to take all of them back without allocating.
  void add_free() {
    free_.reserve(buffers_ + 1);
    free_.push_back(std::make_unique<AlignedBuffer<Scalar>>());
    ++buffers_;
  }

  Owned take() {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (free_.empty()) add_free();
    Owned buffer = std::move(free_.back());
    free_.pop_back();
    return buffer;
  }

  void take_back(AlignedBuffer<Scalar>* buffer) noexcept {
    const std::lock_guard<std::mutex> lock(mutex_);
    largest_ = std::max(largest_, buffer->size());
    free_.emplace_back(buffer);
  }

  std::mutex mutex_;
  std::vector<Owned> free_;
  std::size_t buffers_ = 0;  ///< lent and free
  std::size_t largest_ = 0;  ///< values of a buffer
};

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
