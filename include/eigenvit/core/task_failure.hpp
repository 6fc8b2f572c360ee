/// What ends a parallel region early: the first exception of its tasks.
#ifndef EIGENVIT_CORE_TASK_FAILURE_HPP
#define EIGENVIT_CORE_TASK_FAILURE_HPP

#include <atomic>
#include <cstddef>
#include <exception>

#include <eigenvit/core/compiler.hpp>
#include <eigenvit/core/function_ref.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// Keeps the first exception that the tasks of a parallel region throw. The other workers of the
/// region look for it before they start a task and while they wait for one (`Progress`), so a
/// failure ends all of them, and the exception is rethrown where the region was started.
///
/// `run` and `happened` may be called by any number of threads at the same time.
class TaskFailure {
 public:
  /// Calls `work(task, worker)` and keeps what it throws, unless an exception is kept already.
  void run(FunctionRef<void(std::ptrdiff_t, std::ptrdiff_t)> work, std::ptrdiff_t task,
           std::ptrdiff_t worker) noexcept;

  /// Whether a task has thrown.
  bool happened() const noexcept { return happened_.load(std::memory_order_relaxed); }

  /// Ends a task that waits for one that will never be done: throws an exception that `run` drops.
  /// Call it only where `happened()`.
  [[noreturn]] static void abandon();

  /// Throws the exception that is kept, if there is one. Call it when no task runs any more.
  void rethrow() const;

 private:
  std::atomic<bool> happened_{false};
  std::exception_ptr first_;  ///< written by the thread that sets `happened_`
};

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#if EIGENVIT_HEADER_ONLY
#include <eigenvit/core/task_failure.inl>
#endif

#endif
