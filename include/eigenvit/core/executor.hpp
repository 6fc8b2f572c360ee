/// How a forward pass is run in parallel. The library starts no thread on its own: it hands tasks
/// to an executor that the caller lends, and runs them on the calling thread when there is none.
#ifndef EIGENVIT_CORE_EXECUTOR_HPP
#define EIGENVIT_CORE_EXECUTOR_HPP

#include <algorithm>
#include <atomic>
#include <cstddef>

#include <eigenvit/core/compiler.hpp>
#include <eigenvit/core/function_ref.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {

/// Reference to a callable `void(std::ptrdiff_t task)` that outlives the call it is passed to: two
/// pointers, never an allocation (a `std::function` allocates for large captures).
using TaskRef = detail::FunctionRef<void(std::ptrdiff_t)>;

/// What a caller implements to lend threads of their own, for example those of TBB or of a game
/// engine's job system. Results never depend on the executor.
///
///     class MyExecutor : public eigenvit::Executor {
///       int concurrency() const noexcept override { return my_pool.size(); }
///       void parallel_for(std::ptrdiff_t count, eigenvit::TaskRef task) override {
///         my_pool.for_each_index(count, [=](std::ptrdiff_t i) { task(i); });
///       }
///     };
class Executor {
 public:
  virtual ~Executor() = default;

  /// How many tasks may run at one time, at least 1. Work is cut into at most so many strands.
  virtual int concurrency() const noexcept = 0;

  /// Runs `task(0)` to `task(count - 1)`, each exactly once, in any order and possibly at the same
  /// time, and returns when all have ended. If tasks throw, one of their exceptions is rethrown.
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

/// Calls `work(task, strand)` for `task` in `[0, count)`. `strand`, in `[0, concurrency)`, is never
/// in use twice at one time, so it can name a piece of scratch memory. Strands claim the next task
/// when they have finished one, so unequal tasks and busy cores even out.
template <class Work>
void for_each_task(Executor& executor, std::ptrdiff_t count, const Work& work) {
  const auto strands = std::min<std::ptrdiff_t>(executor.concurrency(), count);
  if (strands <= 1) {
    for (std::ptrdiff_t task = 0; task < count; ++task) work(task, std::ptrdiff_t{0});
    return;
  }
  std::atomic<std::ptrdiff_t> next{0};
  const auto strand_loop = [&](std::ptrdiff_t strand) {
    for (auto task = next.fetch_add(1, std::memory_order_relaxed); task < count;
         task = next.fetch_add(1, std::memory_order_relaxed)) {
      work(task, strand);
    }
  };
  executor.parallel_for(strands, TaskRef(strand_loop));
}

}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
