#include <cstddef>
#include <vector>

#include <doctest/doctest.h>

#include <eigenvit/core/steady_executor.hpp>

#include "../executors.hpp"
#include "../support.hpp"

using eigenvit::detail::SteadyExecutor;

TEST_CASE("SteadyExecutor keeps the concurrency that it found") {
  support::GrowingExecutor growing;
  SteadyExecutor steady(&growing);
  for (int i = 0; i < 3; ++i) CHECK(steady.concurrency() == 1);
  CHECK(growing.concurrency() == 2);
  std::vector<std::ptrdiff_t> tasks;
  const auto note = [&](std::ptrdiff_t task) { tasks.push_back(task); };
  steady.parallel_for(3, eigenvit::TaskRef(note));
  CHECK(tasks == std::vector<std::ptrdiff_t>{0, 1, 2});
  CHECK(growing.most_tasks() == 3);
}

TEST_CASE("SteadyExecutor runs on the calling thread where none is lent") {
  SteadyExecutor steady(nullptr);
  CHECK(steady.concurrency() == 1);
  std::ptrdiff_t sum = 0;
  const auto add = [&](std::ptrdiff_t task) { sum += task; };
  steady.parallel_for(4, eigenvit::TaskRef(add));
  CHECK(sum == 6);
}

TEST_CASE("SteadyExecutor refuses an executor without a thread") {
  class None final : public eigenvit::Executor {
   public:
    int concurrency() const noexcept override { return 0; }
    void parallel_for(std::ptrdiff_t, eigenvit::TaskRef) override {}
  };
  None none;
  CHECK(support::message_of<eigenvit::ConfigError>([&] { SteadyExecutor steady(&none); }) ==
        "executor: expected a concurrency of at least 1, found 0");
}
