#ifndef EIGENVIT_CORE_THREAD_POOL_EXECUTOR_INL
#define EIGENVIT_CORE_THREAD_POOL_EXECUTOR_INL

#include <atomic>
#include <exception>
#include <mutex>

#include <eigenvit/core/error.hpp>
#include <eigenvit/core/message.hpp>
#include <eigenvit/core/thread_pool_executor.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// The threads of the pool, which the caller's own comes in addition to.
inline int pool_threads(int threads) {
  // Eigen's pool prepares for any number up to that of its threads, which takes seconds beyond
  // this.
  constexpr int most = 1024;
  if (threads < 1 || threads > most) {
    raise<ConfigError>({"thread pool: expected from 1 to ", most, " threads, found ", threads});
  }
  return threads - 1;
}

}  // namespace detail

/// One call of `parallel_for`, which outlives what it has scheduled.
struct ThreadPoolExecutor::Region {
  Region(TaskRef work, std::ptrdiff_t scheduled)
      : task(work), done(static_cast<unsigned>(scheduled)) {}

  /// The next task; the first is the caller's own.
  std::ptrdiff_t claim() noexcept { return next.fetch_add(1, std::memory_order_relaxed); }

  void run(std::ptrdiff_t index) {
    try {
      task(index);
    } catch (...) {
      const std::lock_guard<std::mutex> lock(mutex);
      if (!error) error = std::current_exception();
    }
  }

  TaskRef task;
  std::atomic<std::ptrdiff_t> next{1};
  std::mutex mutex;
  std::exception_ptr error;
  Eigen::Barrier done;
};

EIGENVIT_INLINE ThreadPoolExecutor::ThreadPoolExecutor(int threads)
    : pool_(detail::pool_threads(threads), detail::StartedThreads(detail::pool_threads(threads))) {}

EIGENVIT_INLINE void ThreadPoolExecutor::parallel_for(std::ptrdiff_t count, TaskRef task) {
  if (count <= 0) return;
  // A pool without threads of its own takes no tasks.
  const std::ptrdiff_t scheduled = pool_.NumThreads() > 0 ? count - 1 : 0;
  Region region(task, scheduled);
  for (std::ptrdiff_t i = 0; i < scheduled; ++i) {
    // One pointer, which std::function holds without allocating.
    pool_.Schedule([&region] {
      region.run(region.claim());
      region.done.Notify();
    });
  }
  region.run(0);
  for (std::ptrdiff_t i = 1 + scheduled; i < count; ++i) region.run(i);
  region.done.Wait();
  if (region.error) std::rethrow_exception(region.error);
}

}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
