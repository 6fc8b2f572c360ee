/// Executors as callers may write them.
#ifndef EIGENVIT_TESTS_UNIT_EXECUTORS_HPP
#define EIGENVIT_TESTS_UNIT_EXECUTORS_HPP

#include <cstddef>
#include <thread>
#include <vector>

#include <eigenvit/core/executor.hpp>

namespace support {

/// Promises several threads and has one, on which the last worker comes first.
class ReverseExecutor final : public eigenvit::Executor {
 public:
  int concurrency() const noexcept override { return 5; }
  void parallel_for(std::ptrdiff_t count, eigenvit::TaskRef task) override {
    for (std::ptrdiff_t i = count - 1; i >= 0; --i) task(i);
  }
};

/// Starts a thread for each worker.
class ThreadsExecutor final : public eigenvit::Executor {
 public:
  explicit ThreadsExecutor(int threads) : threads_(threads) {}
  int concurrency() const noexcept override { return threads_; }
  void parallel_for(std::ptrdiff_t count, eigenvit::TaskRef task) override {
    std::vector<std::thread> threads;
    for (std::ptrdiff_t i = 0; i < count; ++i) threads.emplace_back([=] { task(i); });
    for (std::thread& thread : threads) thread.join();
  }

 private:
  int threads_;
};

}  // namespace support

#endif
