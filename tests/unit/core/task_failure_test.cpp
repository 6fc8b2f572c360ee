#include <stdexcept>

#include <doctest/doctest.h>

#include <eigenvit/core/task_failure.hpp>

#include "../support.hpp"

using eigenvit::detail::TaskFailure;

TEST_CASE("TaskFailure keeps the first exception of the tasks") {
  TaskFailure failure;
  std::ptrdiff_t seen = 0;
  failure.run([&](std::ptrdiff_t task, std::ptrdiff_t worker) { seen = 10 * task + worker; }, 4, 2);
  CHECK(seen == 42);
  CHECK_FALSE(failure.happened());
  failure.rethrow();
  const auto fail = [](std::ptrdiff_t task, std::ptrdiff_t) {
    throw std::invalid_argument("task " + std::to_string(task));
  };
  failure.run(fail, 3, 0);
  CHECK(failure.happened());
  failure.run(fail, 5, 0);
  CHECK(support::message_of<std::invalid_argument>([&] { failure.rethrow(); }) == "task 3");
}

TEST_CASE("TaskFailure drops what ends a waiting task") {
  TaskFailure failure;
  failure.run([](std::ptrdiff_t, std::ptrdiff_t) { TaskFailure::abandon(); }, 0, 0);
  CHECK_FALSE(failure.happened());
  failure.rethrow();
}
