/// How a forward pass is run in parallel. The library starts no thread on its own: it hands tasks
/// to an executor that the caller lends, and runs them on the calling thread when there is none.
#ifndef EIGENVIT_CORE_EXECUTOR_HPP
#define EIGENVIT_CORE_EXECUTOR_HPP

#include <algorithm>
#include <atomic>
#include <cstddef>

#include <eigenvit/core/compiler.hpp>
#include <eigenvit/core/error.hpp>
#include <eigenvit/core/function_ref.hpp>
#include <eigenvit/core/message.hpp>
#include <eigenvit/core/task_failure.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {

/// Reference to a callable `void(std::ptrdiff_t task)` that outlives the call it is passed to: two
/// pointers, never an allocation (a `std::function` allocates for large captures).
using TaskRef = detail::FunctionRef<void(std::ptrdiff_t)>;

/// What a caller implements to lend threads of their own, for example those of TBB or of a game
/// engine's job system. Results never depend on the executor.
///
///     class MyExecutor : public eigenvit::Executor {
///      public:
///       int concurrency() const noexcept override { return my_pool.size(); }
///       void parallel_for(std::ptrdiff_t count, eigenvit::TaskRef task) override {
///         my_pool.for_each_index(count, [=](std::ptrdiff_t i) { task(i); });
///       }
///     };
class Executor {
 public:
  virtual ~Executor() = default;

  /// How many tasks may run at one time, at least 1. Work is shared out to at most so many workers.
  virtual int concurrency() const noexcept = 0;

  /// Runs `task(0)` to `task(count - 1)`, each exactly once, in any order and possibly at the same
  /// time. Returns or throws when all that it has started have ended. The library's own tasks do
  /// not throw; of others that do, one exception is rethrown.
  virtual void parallel_for(std::ptrdiff_t count, TaskRef task) = 0;
};

/// Runs everything on the calling thread, in order.
class SerialExecutor final : public Executor {
 public:
  int concurrency() const noexcept override { return 1; }
  void parallel_for(std::ptrdiff_t count, TaskRef task) override {
    for (std::ptrdiff_t i = 0; i < count; ++i) task(i);
  }
};

namespace detail {

/// Throws `ConfigError` unless it is a number of threads.
inline void check_threads(int threads) {
  if (threads < 1) {
    detail::raise<ConfigError>({"threads: expected at least 1, found ", threads});
  }
}

/// The workers that an executor's tasks are shared out to. Throws `ConfigError` where its
/// `concurrency()` is below 1.
inline std::ptrdiff_t workers_of(const Executor& executor) {
  const int workers = executor.concurrency();
  if (workers < 1) {
    detail::raise<ConfigError>({"executor: expected a concurrency of at least 1, found ", workers});
  }
  return workers;
}

/// Calls `work(task, worker)` for `task` in `[0, count)`. `worker`, in `[0, concurrency)`, is never
/// in use twice at one time, so it can name a piece of scratch memory. Workers claim the next task
/// when they have finished one, so unequal tasks and busy cores even out.
///
/// When a task throws, no further one is started, and the exception is rethrown after those that
/// run have ended; the executor does not see it. Tasks that wait for each other do so by `Progress`
/// of the same `failure`, which ends their waits.
///
/// Throws `ConfigError` as `workers_of` and where the executor returns without having run the
/// tasks, and what the executor throws.
template <class Work>
void for_each_task(Executor& executor, std::ptrdiff_t count, const Work& work,
                   TaskFailure& failure) {
  const auto workers = std::min<std::ptrdiff_t>(workers_of(executor), count);
  if (workers <= 1) {
    for (std::ptrdiff_t task = 0; task < count; ++task) work(task, std::ptrdiff_t{0});
    return;
  }
  std::atomic<std::ptrdiff_t> next{0};
  const auto worker_loop = [&](std::ptrdiff_t worker) {
    for (auto task = next.fetch_add(1, std::memory_order_relaxed);
         task < count && !failure.happened(); task = next.fetch_add(1, std::memory_order_relaxed)) {
      failure.run(work, task, worker);
    }
  };
  executor.parallel_for(workers, TaskRef(worker_loop));
  failure.rethrow();
  if (next.load(std::memory_order_relaxed) < count) {
    detail::raise<ConfigError>({"executor: expected parallel_for to run all tasks, found that it ",
                                "returned before they had ended"});
  }
}

/// The same for tasks that do not wait for each other.
template <class Work>
void for_each_task(Executor& executor, std::ptrdiff_t count, const Work& work) {
  TaskFailure failure;
  for_each_task(executor, count, work, failure);
}

}  // namespace detail

}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
