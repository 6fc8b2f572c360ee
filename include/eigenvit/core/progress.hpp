/// How far a piece of work has come, for tasks that build on it.
#ifndef EIGENVIT_CORE_PROGRESS_HPP
#define EIGENVIT_CORE_PROGRESS_HPP

#include <atomic>
#include <cstddef>
#include <thread>

#include <eigenvit/core/compiler.hpp>
#include <eigenvit/core/spin.hpp>
#include <eigenvit/core/task_failure.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// Counts finished tasks. A task that needs others waits until they have been counted; what they
/// wrote can then be read.
///
/// A task waits only for what has been claimed before it (`for_each_task`, `TaskGraph`). That runs
/// already, has ended, or has failed, so every wait ends, whatever the executor.
class Progress {
 public:
  /// Of tasks whose failure is noticed in `failure`, which outlives this.
  explicit Progress(const TaskFailure& failure) noexcept : failure_(&failure) {}

  /// Counts one task more.
  void advance() noexcept { done_.fetch_add(1, std::memory_order_release); }

  /// Returns when `count` tasks have been counted. Spins at first, then lets others run: there may
  /// be fewer cores than threads. Ends the calling task where another has failed.
  void wait_for(std::ptrdiff_t count) const {
    const auto is_over = [&] {
      if (done_.load(std::memory_order_acquire) >= count) return true;
      if (failure_->happened()) TaskFailure::abandon();
      return false;
    };
    if (spin_until(is_over)) return;
    while (!is_over()) std::this_thread::yield();
  }

 private:
  /// A cache line each, so that counting one does not slow down threads that read another.
  alignas(64) std::atomic<std::ptrdiff_t> done_{0};
  const TaskFailure* failure_;
};

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
