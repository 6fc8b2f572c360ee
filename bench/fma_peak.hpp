/// The yardsticks of the benchmarks, measured on the machine that runs them.
#ifndef EIGENVIT_BENCH_FMA_PEAK_HPP
#define EIGENVIT_BENCH_FMA_PEAK_HPP

#include <algorithm>
#include <chrono>
#include <string>

#include <Eigen/Core>

#if defined(__x86_64__) && defined(__GNUC__)
#include <immintrin.h>
#define EIGENVIT_BENCH_X86 1
#else
#define EIGENVIT_BENCH_X86 0
#endif

namespace bench {

/// Twelve chains: more than latency times throughput of the fused multiply-adds of any current
/// CPU, fewer than the sixteen registers that the narrower sets have, with two for the factors.
constexpr double fma_chains = 12;

// Accumulators in an array may end on the stack, so each has a name, and each begins at another
// number, since equal chains would be computed once. The macro spells the same loop out for each
// set, since a function for a wider set cannot be made from one that is not.
#define EIGENVIT_BENCH_FMA_LOOP(name, target, vector, set, fma)                               \
  target inline float name(long rounds) {                                                     \
    const vector a = set(0.999f), b = set(0.001f);                                            \
    vector c0 = set(0.f), c1 = set(1.f), c2 = set(2.f), c3 = set(3.f), c4 = set(4.f);         \
    vector c5 = set(5.f), c6 = set(6.f), c7 = set(7.f), c8 = set(8.f), c9 = set(9.f);         \
    vector c10 = set(10.f), c11 = set(11.f);                                                  \
    for (long i = 0; i < rounds; ++i) {                                                       \
      c0 = fma(c0, a, b), c1 = fma(c1, a, b), c2 = fma(c2, a, b), c3 = fma(c3, a, b);         \
      c4 = fma(c4, a, b), c5 = fma(c5, a, b), c6 = fma(c6, a, b), c7 = fma(c7, a, b);         \
      c8 = fma(c8, a, b), c9 = fma(c9, a, b), c10 = fma(c10, a, b), c11 = fma(c11, a, b);     \
    }                                                                                         \
    c0 = fma(c0, c1, c2), c3 = fma(c3, c4, c5), c6 = fma(c6, c7, c8), c9 = fma(c9, c10, c11); \
    c0 = fma(c0, c3, fma(c6, c9, a));                                                         \
    float lane;                                                                               \
    __builtin_memcpy(&lane, &c0, sizeof(lane));                                               \
    return lane;                                                                              \
  }

#if EIGENVIT_BENCH_X86
EIGENVIT_BENCH_FMA_LOOP(fma_loop_avx512, __attribute__((target("avx512f"))), __m512, _mm512_set1_ps,
                        _mm512_fmadd_ps)
EIGENVIT_BENCH_FMA_LOOP(fma_loop_avx2, __attribute__((target("avx2,fma"))), __m256, _mm256_set1_ps,
                        _mm256_fmadd_ps)
#endif
EIGENVIT_BENCH_FMA_LOOP(fma_loop_plain, /* no target */,
                        Eigen::internal::packet_traits<float>::type,
                        Eigen::internal::pset1<Eigen::internal::packet_traits<float>::type>,
                        Eigen::internal::pmadd)
#undef EIGENVIT_BENCH_FMA_LOOP

/// A loop of multiply-adds, and the floats in one of its registers.
struct FmaLoop {
  float (*run)(long rounds);
  int lanes;
  const char* name;
};

inline FmaLoop plain_fma_loop() {
  return {fma_loop_plain, int(Eigen::internal::packet_traits<float>::size),
          "what it is compiled for"};
}

/// The widest loop that this CPU runs.
inline FmaLoop widest_fma_loop() {
#if EIGENVIT_BENCH_X86
  if (__builtin_cpu_supports("avx512f")) return {fma_loop_avx512, 16, "AVX-512"};
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) {
    return {fma_loop_avx2, 8, "AVX2+FMA"};
  }
#endif
  return plain_fma_loop();
}

/// The loop whose peak is the limit of the kernels of an instruction set, by the set's name.
inline FmaLoop fma_loop_of(const std::string& set) {
#if EIGENVIT_BENCH_X86
  if (set == "avx512") return {fma_loop_avx512, 16, "AVX-512"};
  if (set == "avx2") return {fma_loop_avx2, 8, "AVX2+FMA"};
#endif
  static_cast<void>(set);
  return plain_fma_loop();
}

/// Flops of `rounds` rounds of a loop.
inline double fma_flops(const FmaLoop& loop, long rounds) {
  return 2 * fma_chains * loop.lanes * static_cast<double>(rounds);
}

/// The greatest rate of float multiply-adds that a loop was seen to reach on one thread, in flop/s.
/// About 0.1 s: the best of many short runs, since whatever disturbs one makes it slower.
inline double measured_peak(const FmaLoop& loop) {
  constexpr long rounds = 100'000;
  double best = 0;
  volatile float sink = 0;
  for (int run = 0; run < 100; ++run) {
    const auto begin = std::chrono::steady_clock::now();
    sink = loop.run(rounds);
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - begin;
    best = std::max(best, fma_flops(loop, rounds) / seconds.count());
  }
  static_cast<void>(sink);
  return best;
}

/// The peak of the widest loop, measured at the first call.
inline double fma_peak() {
  static const double peak = measured_peak(widest_fma_loop());
  return peak;
}

}  // namespace bench

#endif
