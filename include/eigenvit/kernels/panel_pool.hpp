/// Memory for panels that are packed for one task.
#ifndef EIGENVIT_KERNELS_PANEL_POOL_HPP
#define EIGENVIT_KERNELS_PANEL_POOL_HPP

#include <cstddef>
#include <memory>
#include <mutex>
#include <vector>

#include <eigenvit/core/aligned_buffer.hpp>
#include <eigenvit/core/types.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {

/// Lends buffers to tasks and takes them back for the next ones: there are never more of them than
/// tasks that ran at the same time, and once they are large enough nothing is allocated. Any number
/// of threads may borrow at the same time.
///
///     eigenvit::PanelPool<float> pool;
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
    auto buffer = take();
    if (buffer->size() < static_cast<std::size_t>(size)) {
      // Without the old values, which growing would copy.
      buffer->clear();
      buffer->resize(static_cast<std::size_t>(size));
    }
    return Loan(buffer.release(), Return{this});
  }

 private:
  using Owned = std::unique_ptr<AlignedBuffer<Scalar>>;

  Owned take() {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (free_.empty()) {
      // So that taking back never allocates.
      free_.reserve(++buffers_);
      return std::make_unique<AlignedBuffer<Scalar>>();
    }
    Owned buffer = std::move(free_.back());
    free_.pop_back();
    return buffer;
  }

  void take_back(AlignedBuffer<Scalar>* buffer) noexcept {
    const std::lock_guard<std::mutex> lock(mutex_);
    free_.emplace_back(buffer);
  }

  std::mutex mutex_;
  std::vector<Owned> free_;
  std::size_t buffers_ = 0;  ///< lent and free
};

}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
