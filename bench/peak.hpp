/// The yardsticks of the benchmarks, measured on the machine that runs them.
#ifndef EIGENVIT_BENCH_PEAK_HPP
#define EIGENVIT_BENCH_PEAK_HPP

#include <algorithm>
#include <chrono>
#include <string>

#include "instructions.hpp"

namespace bench {

/// The last in the list of those that multiply floats here: the widest.
inline const Instruction& widest_fma() {
  const Instruction* widest = nullptr;
  for (const Instruction& entry : instructions()) {
    if (entry.operands == Operands::float32 && entry.available()) widest = &entry;
  }
  return *widest;
}

/// The instruction that limits the kernels of an instruction set for such operands; plain
/// multiply-adds where the list has none.
inline const Instruction& limit_of(const std::string& set, Operands operands) {
  for (const Instruction& entry : instructions()) {
    const auto& sets = entry.sets;
    if (entry.operands == operands && std::find(sets.begin(), sets.end(), set) != sets.end()) {
      return entry;
    }
  }
  return instructions().front();
}

/// Seconds of so many rounds.
inline double seconds_of(const Instruction& entry, long rounds) {
  volatile float sink = 0;
  const auto begin = std::chrono::steady_clock::now();
  sink = entry.run(rounds);
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - begin;
  static_cast<void>(sink);
  return seconds.count();
}

/// Rounds that take at least `seconds`, and not much longer.
inline long rounds_for(const Instruction& entry, double seconds) {
  long rounds = 1000;
  while (seconds_of(entry, rounds) < seconds) rounds *= 2;
  return rounds;
}

/// The greatest rate that an instruction was seen to reach on one thread, in flop/s. About 0.1 s:
/// the best of many short runs, since whatever disturbs one makes it slower.
inline double measured_peak(const Instruction& entry) {
  const long rounds = rounds_for(entry, 5e-4);
  double least = seconds_of(entry, rounds);
  for (int run = 0; run < 100; ++run) least = std::min(least, seconds_of(entry, rounds));
  return entry.flops * static_cast<double>(rounds) / least;
}

/// The peak of the widest multiply-add of floats, measured at the first call.
inline double fma_peak() {
  static const double peak = measured_peak(widest_fma());
  return peak;
}

}  // namespace bench

#endif
