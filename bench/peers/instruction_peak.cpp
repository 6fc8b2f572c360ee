// Prints how many multiply-adds of a precision the machine can do on THREADS threads at the same
// time, in GFLOP/s, a multiply-add counted as two, and with which instruction: the fastest of those
// for the precision, or for float32 where there is none.
//
//   instruction_peak THREADS float32|bfloat16|int8
#include <algorithm>
#include <atomic>
#include <chrono>
#include <exception>
#include <iostream>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "../peak.hpp"

namespace {

/// The best of many short runs, since whatever disturbs one makes it slower. Each run begins when
/// all threads stand ready and lasts until the last is done, so what counts is what they reach
/// together. All runs together take long enough for the system to move threads that began on one
/// core to a core each.
double peak(const bench::Instruction& instruction, int threads) {
  using Clock = std::chrono::steady_clock;
  const long rounds = bench::rounds_for(instruction, 3e-3);
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
      sink = instruction.run(rounds);
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
    best =
        std::max(best, threads * instruction.flops * static_cast<double>(rounds) / seconds.count());
  }
  return best;
}

bench::Operands operands_of(const std::string& precision) {
  if (precision == "float32") return bench::Operands::float32;
  if (precision == "bfloat16") return bench::Operands::bfloat16;
  if (precision == "int8") return bench::Operands::int8;
  throw std::invalid_argument("no such precision: " + precision);
}

std::vector<bench::Instruction> available(bench::Operands operands) {
  std::vector<bench::Instruction> found;
  for (const bench::Instruction& entry : bench::instructions()) {
    if (entry.operands == operands && entry.available()) found.push_back(entry);
  }
  return found;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    const int threads = argc == 3 ? std::stoi(argv[1]) : 0;
    if (threads < 1) throw std::invalid_argument("expected THREADS, at least 1, and a precision");
    auto candidates = available(operands_of(argv[2]));
    if (candidates.empty()) candidates = available(bench::Operands::float32);
    double best = 0;
    const char* name = "";
    for (const bench::Instruction& candidate : candidates) {
      const double rate = peak(candidate, threads);
      if (rate > best) best = rate, name = candidate.name;
    }
    std::cout << 1e-9 * best << ' ' << name << '\n';
    return 0;
  } catch (const std::exception& error) {
    std::cerr << "instruction_peak: " << error.what() << '\n';
    return 1;
  }
}
