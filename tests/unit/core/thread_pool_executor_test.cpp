#if defined(__linux__)
#include <pthread.h>
#endif

#include <atomic>
#include <cstddef>
#include <stdexcept>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

#include <eigenvit/core/thread_pool_executor.hpp>

#include "../support.hpp"

using eigenvit::TaskRef;
using eigenvit::ThreadPoolExecutor;

TEST_CASE("ThreadPoolExecutor runs each task once, also more tasks than threads") {
  for (const int threads : {1, 2, 3, 7}) {
    ThreadPoolExecutor executor(threads);
    CHECK(executor.concurrency() == threads);
    for (const std::ptrdiff_t count : {0, 1, 2, 5, 50}) {
      CAPTURE(threads);
      CAPTURE(count);
      std::vector<std::atomic<int>> runs(static_cast<std::size_t>(count));
      for (auto& value : runs) value = 0;
      const auto task = [&](std::ptrdiff_t i) { ++runs[static_cast<std::size_t>(i)]; };
      executor.parallel_for(count, TaskRef(task));
      bool once = true;
      for (const auto& value : runs) once = once && value == 1;
      CHECK(once);
    }
  }
}

TEST_CASE("ThreadPoolExecutor runs tasks at the same time") {
  ThreadPoolExecutor executor(3);
  std::atomic<int> arrived{0};
  // Each task waits for the others: one after the other they would never end.
  const auto meet = [&](std::ptrdiff_t) {
    ++arrived;
    while (arrived < 3) std::this_thread::yield();
  };
  executor.parallel_for(3, TaskRef(meet));
  CHECK(arrived == 3);
}

TEST_CASE("ThreadPoolExecutor keeps the workers of for_each_task apart") {
  ThreadPoolExecutor executor(3);
  std::vector<std::atomic<int>> in_use(3);
  for (auto& value : in_use) value = 0;
  std::atomic<int> faults{0};
  std::atomic<std::ptrdiff_t> total{0};
  for (int round = 0; round < 50; ++round) {
    eigenvit::detail::for_each_task(executor, 20, [&](std::ptrdiff_t task, std::ptrdiff_t worker) {
      if (in_use[static_cast<std::size_t>(worker)]++ != 0) ++faults;
      total += task;
      --in_use[static_cast<std::size_t>(worker)];
    });
  }
  CHECK(faults == 0);
  CHECK(total == 50 * 190);
}

TEST_CASE("ThreadPoolExecutor rethrows, after every task has ended, and stays usable") {
  for (const int threads : {1, 3}) {
    ThreadPoolExecutor executor(threads);
    for (const std::ptrdiff_t thrower : {0, 4, 9}) {
      CAPTURE(threads);
      CAPTURE(thrower);
      std::atomic<int> ended{0};
      const auto task = [&](std::ptrdiff_t i) {
        if (i == thrower) throw std::out_of_range("task " + std::to_string(i));
        ++ended;
      };
      CHECK(support::message_of<std::out_of_range>([&] {
              executor.parallel_for(10, TaskRef(task));
            }) == "task " + std::to_string(thrower));
      CHECK(ended == 9);
    }
    const auto all_throw = [](std::ptrdiff_t) { throw std::out_of_range("one of them"); };
    CHECK(support::message_of<std::out_of_range>(
              [&] { executor.parallel_for(10, TaskRef(all_throw)); }) == "one of them");
    std::atomic<int> count{0};
    const auto task = [&](std::ptrdiff_t) { ++count; };
    executor.parallel_for(10, TaskRef(task));
    CHECK(count == 10);
  }
}

TEST_CASE("ThreadPoolExecutor is shared by several callers") {
  ThreadPoolExecutor executor(3);
  std::vector<std::ptrdiff_t> totals(4);
  std::vector<std::thread> callers;
  for (std::ptrdiff_t& total : totals) {
    callers.emplace_back([&executor, &total] {
      std::atomic<std::ptrdiff_t> own{0};
      for (int round = 0; round < 50; ++round) {
        eigenvit::detail::for_each_task(executor, 10,
                                        [&](std::ptrdiff_t task, std::ptrdiff_t) { own += task; });
      }
      total = own;
    });
  }
  for (std::thread& caller : callers) caller.join();
  CHECK(totals == std::vector<std::ptrdiff_t>(4, 50 * 45));
}

TEST_CASE("A task of ThreadPoolExecutor may share out tasks of its own") {
  for (const int threads : {1, 2, 4}) {
    CAPTURE(threads);
    ThreadPoolExecutor executor(threads);
    std::atomic<int> runs{0};
    const auto inner = [&](std::ptrdiff_t) { ++runs; };
    const auto outer = [&](std::ptrdiff_t) { executor.parallel_for(7, TaskRef(inner)); };
    executor.parallel_for(5, TaskRef(outer));
    CHECK(runs == 35);
  }
}

TEST_CASE("ThreadPoolExecutor refuses to be without threads") {
  CHECK(support::message_of<eigenvit::ConfigError>([] { ThreadPoolExecutor executor(0); }) ==
        "thread pool: expected from 1 to 1024 threads, found 0");
  CHECK(support::message_of<eigenvit::ConfigError>([] { ThreadPoolExecutor executor(-2); }) ==
        "thread pool: expected from 1 to 1024 threads, found -2");
  CHECK(support::message_of<eigenvit::ConfigError>([] { ThreadPoolExecutor executor(1025); }) ==
        "thread pool: expected from 1 to 1024 threads, found 1025");
}

#if defined(__GLIBC__) && defined(__LP64__)
TEST_CASE("ThreadPoolExecutor whose threads cannot start throws") {
  pthread_attr_t usual;
  pthread_attr_t large;
  REQUIRE(pthread_getattr_default_np(&usual) == 0);
  REQUIRE(pthread_attr_init(&large) == 0);
  // A stack larger than the address space.
  REQUIRE(pthread_attr_setstacksize(&large, std::size_t{1} << 60) == 0);
  REQUIRE(pthread_setattr_default_np(&large) == 0);
  CHECK_THROWS_AS([] { ThreadPoolExecutor executor(3); }(), std::system_error);
  REQUIRE(pthread_setattr_default_np(&usual) == 0);
  pthread_attr_destroy(&large);
  pthread_attr_destroy(&usual);
  ThreadPoolExecutor executor(3);
}
#endif
