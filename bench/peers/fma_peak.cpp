// Prints how many float multiply-adds the machine can do on THREADS threads at the same time, in
// GFLOP/s, a multiply-add counted as two.
//
//   fma_peak THREADS
#include "../fma_peak.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <exception>
#include <iostream>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace {

/// The best of many short runs, since whatever disturbs one makes it slower. Each run begins when
/// all threads stand ready and lasts until the last is done, so what counts is what they reach
/// together. All runs together take long enough for the system to move threads that began on one
/// core to a core each.
double peak(int threads) {
  using Clock = std::chrono::steady_clock;
  const bench::FmaLoop loop = bench::widest_fma_loop();
  constexpr long rounds = 1'000'000;
  constexpr int runs = 100;
  std::atomic<int> arrived{0};
  std::vector<std::vector<Clock::time_point>> begins(runs), ends(runs);
  for (auto* times : {&begins, &ends}) {
    for (auto& of_run : *times) of_run.resize(static_cast<std::size_t>(threads));
  }

  const auto work = [&](std::size_t thread) {
    volatile float sink = 0;
    for (std::size_t run = 0; run < runs; ++run) {
      ++arrived;
      while (arrived < threads * static_cast<int>(run + 1)) std::this_thread::yield();
      begins[run][thread] = Clock::now();
      sink = loop.run(rounds);
      ends[run][thread] = Clock::now();
    }
    static_cast<void>(sink);
  };
  std::vector<std::thread> helpers;
  for (int i = 1; i < threads; ++i) helpers.emplace_back(work, static_cast<std::size_t>(i));
  work(0);
  for (std::thread& helper : helpers) helper.join();

  double best = 0;
  for (std::size_t run = 0; run < runs; ++run) {
    const auto begin = *std::min_element(begins[run].begin(), begins[run].end());
    const auto end = *std::max_element(ends[run].begin(), ends[run].end());
    const std::chrono::duration<double> seconds = end - begin;
    best = std::max(best, threads * bench::fma_flops(loop, rounds) / seconds.count());
  }
  return best;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    const int threads = argc == 2 ? std::stoi(argv[1]) : 0;
    if (threads < 1) throw std::invalid_argument("expected THREADS, at least 1");
    std::cout << 1e-9 * peak(threads) << '\n';
    return 0;
  } catch (const std::exception& error) {
    std::cerr << "fma_peak: " << error.what() << '\n';
    return 1;
  }
}
