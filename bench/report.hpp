/// Rates beside the times that Google Benchmark prints.
#ifndef EIGENVIT_BENCH_REPORT_HPP
#define EIGENVIT_BENCH_REPORT_HPP

#include <chrono>
#include <ctime>

#include <benchmark/benchmark.h>

#include "peak.hpp"

namespace bench {

/// Times a benchmark's loop and adds its rates as counters: make one right before the loop, report
/// right after it.
///
///     bench::Meter meter;
///     for (auto _ : state) run();
///     meter.report_flops(state, flops_of_one_run);
class Meter {
 public:
  /// `thread`: the time that the calling thread was given, which other programs disturb least;
  /// `wall`: for work on several threads.
  enum class Clock { thread, wall };

  explicit Meter(Clock clock = Clock::thread) : clock_(clock) {
    fma_peak();  // not in the time that is measured
    begin_ = now();
  }

  /// Runs of the loop in a second, until now.
  double rate(const benchmark::State& state) const {
    return static_cast<double>(state.iterations()) / (now() - begin_);
  }

  /// GFLOP/s, and in percent what part that is of one thread's FMA peak.
  void report_flops(benchmark::State& state, double flops) const {
    report_flops(state, flops * rate(state), fma_peak());
  }

  /// As above of flops a second, and another peak than the widest.
  static void report_flops(benchmark::State& state, double per_second, double peak) {
    state.counters["GFLOP/s"] = 1e-9 * per_second;
    state.counters["peak_share"] = 100 * per_second / peak;
  }

  /// MB/s of `bytes` read or written in each iteration; 1 MB is 10^6 bytes.
  void report_bytes(benchmark::State& state, double bytes) const {
    state.counters["MB/s"] = 1e-6 * bytes * rate(state);
  }

 private:
  double now() const {
#if defined(CLOCK_THREAD_CPUTIME_ID)
    if (clock_ == Clock::thread) {
      timespec time;
      clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
      return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
    }
#endif
    return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch())
        .count();
  }

  Clock clock_;
  double begin_;
};

}  // namespace bench

#endif
