/// An executor with threads of its own. Not part of the umbrella header, since it starts them.
#ifndef EIGENVIT_CORE_THREAD_POOL_EXECUTOR_HPP
#define EIGENVIT_CORE_THREAD_POOL_EXECUTOR_HPP

#include <cstddef>
#include <memory>

#include <eigenvit/core/executor.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {

/// Runs tasks on `threads` threads: `threads - 1` that live as long as this object, and the one
/// that calls. Several callers may share it at the same time, and a task may call it again. Nothing
/// is allocated after it is made.
///
/// Not `Eigen::ThreadPool`: its constructor writes through null pointers where memory is short, and
/// never returns where one of its threads cannot start.
class ThreadPoolExecutor final : public Executor {
 public:
  static constexpr int most_threads = 1024;

  /// As many threads as `available_threads` says, at most `most_threads`. Throws as below.
  ThreadPoolExecutor();
  /// Starts `threads - 1` threads. Throws `ConfigError` unless `threads` is from 1 to
  /// `most_threads`, `std::system_error` where the system does not start one of them, and
  /// `std::bad_alloc`.
  explicit ThreadPoolExecutor(int threads);
  ~ThreadPoolExecutor() override;

  int concurrency() const noexcept override { return threads_; }

  /// As `Executor::parallel_for`. When tasks throw, the others are run all the same, and the first
  /// exception is rethrown after them.
  void parallel_for(std::ptrdiff_t count, TaskRef task) override;

 private:
  struct Region;
  class Pool;

  int threads_;
  std::unique_ptr<Pool> pool_;
};

}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#if EIGENVIT_HEADER_ONLY
#include <eigenvit/core/thread_pool_executor.inl>
#endif

#endif
