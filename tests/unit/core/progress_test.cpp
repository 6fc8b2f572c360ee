#include <atomic>
#include <cstddef>
#include <deque>
#include <stdexcept>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

#include <eigenvit/core/executor.hpp>
#include <eigenvit/core/progress.hpp>

#include "../executors.hpp"
#include "../support.hpp"

using eigenvit::detail::Progress;

TEST_CASE("Progress does not wait for what has been counted") {
  const eigenvit::detail::TaskFailure none;
  Progress progress(none);
  progress.wait_for(0);
  for (int i = 1; i <= 3; ++i) {
    progress.advance();
    progress.wait_for(i);
  }
  progress.wait_for(1);
  CHECK(sizeof(Progress) == alignof(Progress));
  CHECK(alignof(Progress) == 64);
}

TEST_CASE("What was written before a task was counted is there for whoever waited for it") {
  constexpr std::ptrdiff_t parts = 50;
  const eigenvit::detail::TaskFailure none;
  Progress progress(none);
  std::vector<int> written(parts, 0);
  int sum = 0;
  std::thread waiter([&] {
    progress.wait_for(parts);
    for (const int value : written) sum += value;
  });
  support::ThreadsExecutor executor(3);
  eigenvit::detail::for_each_task(executor, parts, [&](std::ptrdiff_t task, std::ptrdiff_t) {
    written[static_cast<std::size_t>(task)] = 1;
    progress.advance();
  });
  waiter.join();
  CHECK(sum == parts);
}

TEST_CASE("A row of tasks that each wait for the one before ends on any executor") {
  constexpr std::ptrdiff_t tasks = 200;
  const auto run = [&](eigenvit::Executor& executor) {
    const eigenvit::detail::TaskFailure none;
    std::deque<Progress> done;
    for (std::ptrdiff_t i = 0; i < tasks; ++i) done.emplace_back(none);
    std::vector<std::ptrdiff_t> value(tasks, 0);
    eigenvit::detail::for_each_task(executor, tasks, [&](std::ptrdiff_t task, std::ptrdiff_t) {
      const auto i = static_cast<std::size_t>(task);
      if (i > 0) done[i - 1].wait_for(1);
      value[i] = i > 0 ? value[i - 1] + 1 : 1;
      done[i].advance();
    });
    return value.back();
  };
  eigenvit::SerialExecutor serial;
  support::ReverseExecutor reverse;
  support::ThreadsExecutor threads(7);
  CHECK(run(serial) == tasks);
  CHECK(run(reverse) == tasks);
  CHECK(run(threads) == tasks);
}

TEST_CASE("A failed task ends the tasks that wait for it, and its exception reaches the caller") {
  constexpr std::ptrdiff_t tasks = 60;
  for (const std::ptrdiff_t failing : {0, 1, 17, 59}) {
    for (const int threads : {1, 2, 7}) {
      CAPTURE(failing);
      CAPTURE(threads);
      support::ThreadsExecutor executor(threads);
      eigenvit::detail::TaskFailure failure;
      std::deque<Progress> done;
      for (std::ptrdiff_t i = 0; i < tasks; ++i) done.emplace_back(failure);
      std::atomic<int> went_on{0};
      const auto run = [&](std::ptrdiff_t task, std::ptrdiff_t) {
        const auto i = static_cast<std::size_t>(task);
        if (i > 0) done[i - 1].wait_for(1);
        if (task == failing) throw std::invalid_argument("from the task");
        if (task > failing) ++went_on;
        done[i].advance();
      };
      CHECK(support::message_of<std::invalid_argument>([&] {
              eigenvit::detail::for_each_task(executor, tasks, run, failure);
            }) == "from the task");
      CHECK(went_on == 0);
    }
  }
}
