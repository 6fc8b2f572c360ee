#include <atomic>

#include <doctest/doctest.h>
#include <unsupported/Eigen/CXX11/ThreadPool>

#include <eigenvit/core/started_threads.hpp>

using eigenvit::detail::StartedThreads;

TEST_CASE("StartedThreads that nobody uses end") {
  const StartedThreads threads(3);
}

TEST_CASE("StartedThreads run what a pool gives them") {
  std::atomic<int> sum{0};
  {
    Eigen::ThreadPoolTempl<StartedThreads> pool(3, StartedThreads(3));
    CHECK(pool.NumThreads() == 3);
    for (int i = 1; i <= 100; ++i) pool.Schedule([&sum, i] { sum += i; });
  }
  CHECK(sum == 5050);
}
