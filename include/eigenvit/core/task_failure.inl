#ifndef EIGENVIT_CORE_TASK_FAILURE_INL
#define EIGENVIT_CORE_TASK_FAILURE_INL

#include <eigenvit/core/task_failure.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {
/// Thrown by a task that another task's failure ends. No base class: nobody but `TaskFailure::run`
/// is to catch it.
struct AbandonedTask {};

EIGENVIT_INLINE void TaskFailure::run(FunctionRef<void(std::ptrdiff_t, std::ptrdiff_t)> work,
                                      std::ptrdiff_t task, std::ptrdiff_t worker) noexcept {
  try {
    work(task, worker);
  } catch (const AbandonedTask&) {
  } catch (...) {
    if (!happened_.exchange(true, std::memory_order_relaxed)) first_ = std::current_exception();
  }
}

EIGENVIT_INLINE void TaskFailure::abandon() {
  throw AbandonedTask{};
}

EIGENVIT_INLINE void TaskFailure::rethrow() const {
  if (first_) std::rethrow_exception(first_);
}

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
