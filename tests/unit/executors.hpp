/// Executors as callers may write them.
#ifndef EIGENVIT_TESTS_UNIT_EXECUTORS_HPP
#define EIGENVIT_TESTS_UNIT_EXECUTORS_HPP

#include <algorithm>
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

/// A pool that grows: its concurrency is 1 when it is asked first, and greater each time.
class GrowingExecutor final : public eigenvit::Executor {
 public:
  int concurrency() const noexcept override { return ++asked_; }
  void parallel_for(std::ptrdiff_t count, eigenvit::TaskRef task) override {
    most_tasks_ = std::max(most_tasks_, count);
    for (std::ptrdiff_t i = 0; i < count; ++i) task(i);
  }
  /// The most tasks that it was given at a time; 1 where it was given none.
  std::ptrdiff_t most_tasks() const noexcept { return most_tasks_; }

 private:
  mutable int asked_ = 0;
  std::ptrdiff_t most_tasks_ = 1;
};

}  // namespace support

#endif
