/// An executor over `Eigen::ThreadPool`. Not part of the umbrella header, since it starts threads.
#ifndef EIGENVIT_CORE_THREAD_POOL_EXECUTOR_HPP
#define EIGENVIT_CORE_THREAD_POOL_EXECUTOR_HPP

#include <atomic>
#include <exception>
#include <mutex>
#include <string>

#include <unsupported/Eigen/CXX11/ThreadPool>

#include <eigenvit/core/error.hpp>
#include <eigenvit/core/executor.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {

/// Runs tasks on `threads` threads: `threads - 1` of a pool that lives as long as this object, and
/// the one that calls. Several callers may share it at the same time, but a task that itself calls
/// `parallel_for` of the same executor may wait for ever.
class ThreadPoolExecutor final : public Executor {
 public:
  /// Throws `ConfigError` unless `threads >= 1`.
  explicit ThreadPoolExecutor(int threads) : pool_(helpers(threads)) {}

  int concurrency() const noexcept override { return pool_.NumThreads() + 1; }

  void parallel_for(std::ptrdiff_t count, TaskRef task) override {
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

 private:
  static int helpers(int threads) {
    if (threads < 1) {
      throw ConfigError("thread pool: expected at least 1 thread, found " +
                        std::to_string(threads));
    }
    return threads - 1;
  }

  /// One call of `parallel_for`, which outlives what it has scheduled.
  struct Region {
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

  Eigen::ThreadPool pool_;
};

}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
