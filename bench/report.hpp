/// Rates beside the times that Google Benchmark prints.
#ifndef EIGENVIT_BENCH_REPORT_HPP
#define EIGENVIT_BENCH_REPORT_HPP

#include <chrono>
#include <ctime>

#include <benchmark/benchmark.h>

#include "fma_peak.hpp"

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

  /// GFLOP/s, and in percent what part that is of a peak: one thread's widest multiply-adds, unless
  /// another limit is given.
  void report_flops(benchmark::State& state, double flops, double peak = fma_peak()) const {
    const double rate = flops * static_cast<double>(state.iterations()) / (now() - begin_);
    state.counters["GFLOP/s"] = rate * 1e-9;
    state.counters["peak_share"] = 100 * rate / peak;
  }

  /// MB/s of `bytes` read or written in each iteration; 1 MB is 10^6 bytes.
  void report_bytes(benchmark::State& state, double bytes) const {
    state.counters["MB/s"] =
        1e-6 * bytes * static_cast<double>(state.iterations()) / (now() - begin_);
  }

  /// As `report_bytes`, and in percent what part that is of `limit`, in bytes a second.
  void report_bytes(benchmark::State& state, double bytes, double limit) const {
    report_bytes(state, bytes);
    state.counters["limit_share"] =
        100 * bytes * static_cast<double>(state.iterations()) / (now() - begin_) / limit;
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
