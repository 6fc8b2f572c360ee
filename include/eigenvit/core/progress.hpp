/// How far a piece of work has come, for tasks that build on it.
#ifndef EIGENVIT_CORE_PROGRESS_HPP
#define EIGENVIT_CORE_PROGRESS_HPP

#include <atomic>
#include <cstddef>
#include <thread>

#include <eigenvit/core/compiler.hpp>
#include <eigenvit/core/task_failure.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {

/// Counts finished tasks. A task that needs others waits until they have been counted; what they
/// wrote can then be read.
///
/// Tasks are claimed in their order (`for_each_task`), and a task waits for earlier ones only.
/// Those run already, have ended, or have failed, so no wait lasts for ever, whatever the executor.
class Progress {
 public:
  /// Of tasks whose failure is noticed in `failure`, which outlives this.
  explicit Progress(const TaskFailure& failure) noexcept : failure_(&failure) {}

  /// Counts one task more.
  void advance() noexcept { done_.fetch_add(1, std::memory_order_release); }

  /// Returns when `count` tasks have been counted. Spins for as long as a task may last on a core
  /// of its own, then lets others run: there may be fewer cores than threads. Ends the calling task
  /// where another has failed.
  void wait_for(std::ptrdiff_t count) const {
    int spins = 0;
    while (done_.load(std::memory_order_acquire) < count) {
      if (failure_->happened()) TaskFailure::abandon();
      if (++spins < spin_limit) {
        pause();
      } else {
        std::this_thread::yield();
      }
    }
  }

 private:
  static constexpr int spin_limit = 4000;

  static void pause() noexcept {
#if defined(__x86_64__) && (defined(__GNUC__) || defined(__clang__))
    __builtin_ia32_pause();
#elif defined(__aarch64__) && (defined(__GNUC__) || defined(__clang__))
    __asm__ __volatile__("yield");
#endif
  }

  /// A cache line each, so that counting one does not slow down who looks at another.
  alignas(64) std::atomic<std::ptrdiff_t> done_{0};
  const TaskFailure* failure_;
};

}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
