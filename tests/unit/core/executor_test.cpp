#include <atomic>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

#include <eigenvit/core/executor.hpp>

#include "../support.hpp"

namespace {

/// As a caller might write one: a new thread for each task.
class NewThreads final : public eigenvit::Executor {
 public:
  explicit NewThreads(int concurrency) : concurrency_(concurrency) {}

  int concurrency() const noexcept override { return concurrency_; }
  void parallel_for(std::ptrdiff_t count, eigenvit::TaskRef task) override {
    ++calls;
    largest_count = std::max(largest_count, count);
    std::vector<std::thread> threads;
    for (std::ptrdiff_t i = 0; i < count; ++i) threads.emplace_back([=] { task(i); });
    for (std::thread& thread : threads) thread.join();
  }

  int calls = 0;
  std::ptrdiff_t largest_count = 0;

 private:
  int concurrency_;
};

}  // namespace

TEST_CASE("TaskRef calls what it refers to, also through a copy") {
  std::ptrdiff_t total = 0;
  const auto add = [&](std::ptrdiff_t task) { total += task; };
  const eigenvit::TaskRef reference(add);
  const eigenvit::TaskRef copy = reference;
  reference(3);
  copy(4);
  CHECK(total == 7);
  static_assert(sizeof(eigenvit::TaskRef) == 2 * sizeof(void*));
}

TEST_CASE("SerialExecutor runs in order on the calling thread") {
  eigenvit::SerialExecutor executor;
  CHECK(executor.concurrency() == 1);
  std::vector<std::ptrdiff_t> seen;
  bool other_thread = false;
  const auto here = std::this_thread::get_id();
  const auto task = [&](std::ptrdiff_t i) {
    seen.push_back(i);
    other_thread |= std::this_thread::get_id() != here;
  };
  executor.parallel_for(4, eigenvit::TaskRef(task));
  executor.parallel_for(0, eigenvit::TaskRef(task));
  CHECK(seen == std::vector<std::ptrdiff_t>{0, 1, 2, 3});
  CHECK_FALSE(other_thread);
}

TEST_CASE("for_each_task runs each task once and no worker twice at one time") {
  for (const int concurrency : {1, 2, 3, 7}) {
    for (const std::ptrdiff_t count : {0, 1, 2, 5, 100}) {
      CAPTURE(concurrency);
      CAPTURE(count);
      NewThreads executor(concurrency);
      std::vector<std::atomic<int>> runs(static_cast<std::size_t>(count));
      std::vector<std::atomic<int>> in_use(static_cast<std::size_t>(concurrency));
      for (auto& value : runs) value = 0;
      for (auto& value : in_use) value = 0;
      std::atomic<int> faults{0};
      eigenvit::detail::for_each_task(executor, count,
                                      [&](std::ptrdiff_t task, std::ptrdiff_t worker) {
                                        if (worker < 0 || worker >= concurrency) {
                                          ++faults;
                                          return;
                                        }
                                        if (in_use[static_cast<std::size_t>(worker)]++ != 0)
                                          ++faults;
                                        ++runs[static_cast<std::size_t>(task)];
                                        std::this_thread::yield();
                                        --in_use[static_cast<std::size_t>(worker)];
                                      });
      CHECK(faults == 0);
      bool once = true;
      for (const auto& value : runs) once = once && value == 1;
      CHECK(once);
      // No thread is asked for where there is nothing to share.
      CHECK(executor.calls == (concurrency > 1 && count > 1 ? 1 : 0));
      CHECK(executor.largest_count <= std::min<std::ptrdiff_t>(concurrency, count));
    }
  }
}

namespace {

/// Of a wrong concurrency, or one that leaves tasks out or throws itself.
class Faulty final : public eigenvit::Executor {
 public:
  enum class Fault { runs_none, throws };

  Faulty(int concurrency, Fault fault) : concurrency_(concurrency), fault_(fault) {}

  int concurrency() const noexcept override { return concurrency_; }
  void parallel_for(std::ptrdiff_t, eigenvit::TaskRef) override {
    if (fault_ == Fault::throws) throw std::domain_error("from the executor");
  }

 private:
  int concurrency_;
  Fault fault_;
};

}  // namespace

TEST_CASE("for_each_task refuses an executor without workers") {
  for (const int concurrency : {0, -3}) {
    Faulty executor(concurrency, Faulty::Fault::runs_none);
    CHECK(support::message_of<eigenvit::ConfigError>([&] {
            eigenvit::detail::for_each_task(executor, 5, [](std::ptrdiff_t, std::ptrdiff_t) {});
          }) ==
          "executor: expected a concurrency of at least 1, found " + std::to_string(concurrency));
  }
}

TEST_CASE("for_each_task notices an executor that does not run its tasks") {
  Faulty executor(3, Faulty::Fault::runs_none);
  CHECK(support::message_of<eigenvit::ConfigError>([&] {
          eigenvit::detail::for_each_task(executor, 5, [](std::ptrdiff_t, std::ptrdiff_t) {});
        }) ==
        "executor: expected parallel_for to run all tasks, found that it returned before they had "
        "ended");
}

TEST_CASE("for_each_task lets an executor's exception through") {
  Faulty executor(3, Faulty::Fault::throws);
  CHECK(support::message_of<std::domain_error>([&] {
          eigenvit::detail::for_each_task(executor, 5, [](std::ptrdiff_t, std::ptrdiff_t) {});
        }) == "from the executor");
}

TEST_CASE("for_each_task keeps exceptions from the executor and rethrows one of them") {
  // Its threads would end the program with an exception.
  NewThreads executor(3);
  std::atomic<int> runs{0};
  CHECK(support::message_of<std::invalid_argument>([&] {
          eigenvit::detail::for_each_task(executor, 1000, [&](std::ptrdiff_t, std::ptrdiff_t) {
            ++runs;
            throw std::invalid_argument("from a task");
          });
        }) == "from a task");
  CHECK(runs <= 3);
}

TEST_CASE("for_each_task lets an exception through") {
  eigenvit::SerialExecutor executor;
  std::vector<std::ptrdiff_t> seen;
  const std::string message = support::message_of<std::invalid_argument>([&] {
    eigenvit::detail::for_each_task(executor, 5, [&](std::ptrdiff_t task, std::ptrdiff_t) {
      if (task == 2) throw std::invalid_argument("from the task");
      seen.push_back(task);
    });
  });
  CHECK(message == "from the task");
  CHECK(seen == std::vector<std::ptrdiff_t>{0, 1});
}
