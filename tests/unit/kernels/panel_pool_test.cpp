#include <algorithm>
#include <atomic>
#include <cstddef>
#include <limits>
#include <set>
#include <stdexcept>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

#include <eigenvit/kernels/panel_pool.hpp>

using eigenvit::detail::PanelPool;

namespace {

struct Counted {
  static inline int made = 0;

  Counted() { ++made; }

  double value = 0;  // so that more than memory can hold is more than the container takes
};

}  // namespace

TEST_CASE("PanelPool lends the same memory again") {
  PanelPool<float> pool;
  float* first = nullptr;
  {
    const auto loan = pool.lend(100);
    first = loan->data();
    CHECK(loan->size() >= 100);
  }
  CHECK(pool.lend(100)->data() == first);
  CHECK(pool.lend(7)->data() == first);
  CHECK(pool.lend(100000)->size() >= 100000);
}

TEST_CASE("PanelPool lends each buffer to one task at a time") {
  PanelPool<float> pool;
  auto a = pool.lend(10);
  auto b = pool.lend(10);
  const std::set<float*> lent{a->data(), b->data()};
  CHECK(lent.size() == 2);
  a.reset();
  b.reset();
  const auto c = pool.lend(10);
  const auto d = pool.lend(10);
  CHECK(lent == std::set<float*>{c->data(), d->data()});
}

TEST_CASE("PanelPool serves any number of threads") {
  PanelPool<int> pool;
  std::atomic<int> wrong{0};
  std::vector<std::thread> threads;
  for (int number = 0; number < 4; ++number) {
    threads.emplace_back([&, number] {
      for (int run = 0; run < 200; ++run) {
        const auto loan = pool.lend(50 + run);
        std::fill(loan->begin(), loan->end(), number);
        std::this_thread::yield();
        if (std::count(loan->begin(), loan->end(), number) != std::ptrdiff_t(loan->size())) ++wrong;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(wrong == 0);
}

TEST_CASE("PanelPool that has settled has every buffer that was promised, of the largest size") {
  PanelPool<float> pool;
  pool.lend(70);
  pool.lend(10);
  pool.settle(3);
  const auto a = pool.lend(1);
  const auto b = pool.lend(1);
  const auto c = pool.lend(1);
  CHECK(a->size() >= 70);
  CHECK(b->size() >= 70);
  CHECK(c->size() >= 70);
  // One beyond the promise is made when it is asked for.
  CHECK(pool.lend(5)->size() == 5);
}

TEST_CASE("PanelPool takes a buffer back that cannot grow") {
  PanelPool<Counted> pool;
  pool.lend(7);
  CHECK_THROWS_AS(pool.lend(std::numeric_limits<std::ptrdiff_t>::max()), std::length_error);
  pool.settle(1);
  CHECK(Counted::made == 14);
  pool.lend(7);
  CHECK(Counted::made == 14);
}
