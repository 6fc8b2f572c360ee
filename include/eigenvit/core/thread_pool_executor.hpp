/// An executor over `Eigen::ThreadPool`. Not part of the umbrella header, since it starts threads.
#ifndef EIGENVIT_CORE_THREAD_POOL_EXECUTOR_HPP
#define EIGENVIT_CORE_THREAD_POOL_EXECUTOR_HPP

#include <cstddef>

#include <unsupported/Eigen/CXX11/ThreadPool>

#include <eigenvit/core/error.hpp>
#include <eigenvit/core/executor.hpp>
#include <eigenvit/core/started_threads.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {

/// Runs tasks on `threads` threads: `threads - 1` of a pool that lives as long as this object, and
/// the one that calls. Several callers may share it at the same time, but a task that itself calls
/// `parallel_for` of the same executor may wait for ever.
class ThreadPoolExecutor final : public Executor {
 public:
  /// Starts `threads - 1` threads. Throws `ConfigError` unless `threads` is from 1 to 1024, and
  /// `std::system_error` where the system does not start one of them.
  explicit ThreadPoolExecutor(int threads);

  int concurrency() const noexcept override { return pool_.NumThreads() + 1; }

  void parallel_for(std::ptrdiff_t count, TaskRef task) override;

 private:
  struct Region;

  Eigen::ThreadPoolTempl<detail::StartedThreads> pool_;
};

}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#if EIGENVIT_HEADER_ONLY
#include <eigenvit/core/thread_pool_executor.inl>
#endif

#endif
