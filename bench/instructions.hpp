/// The instructions that multiply and add, each with a loop that keeps a core busy with it. A new
/// one is a loop and an entry of `instructions()`.
#ifndef EIGENVIT_BENCH_INSTRUCTIONS_HPP
#define EIGENVIT_BENCH_INSTRUCTIONS_HPP

#include <cstdint>
#include <string>
#include <vector>

#include <Eigen/Core>

#if defined(__x86_64__) && defined(__GNUC__)
#include <cpuid.h>
#include <immintrin.h>
#define EIGENVIT_BENCH_X86 1
#else
#define EIGENVIT_BENCH_X86 0
#endif

// A process has to ask its system for AMX's tiles; how is known of Linux.
#if EIGENVIT_BENCH_X86 && defined(__linux__)
#include <sys/syscall.h>
#include <unistd.h>
#define EIGENVIT_BENCH_AMX 1
#else
#define EIGENVIT_BENCH_AMX 0
#endif

// Clang before 16 offers these intrinsics only to a program that is compiled for them.
#if defined(__aarch64__) && defined(__linux__) && defined(__GNUC__) && \
    (!defined(__clang__) || __clang_major__ >= 16)
#include <arm_neon.h>
#include <sys/auxv.h>
#define EIGENVIT_BENCH_ARM 1
#else
#define EIGENVIT_BENCH_ARM 0
#endif

namespace bench {

/// What an instruction multiplies.
enum class Operands { float32, bfloat16, int8 };

struct Instruction {
  const char* name;
  Operands operands;
  std::vector<std::string> sets;  ///< whose kernels it limits, as `EIGENVIT_ISA` names them
  bool (*available)();            ///< whether this process may use it here
  float (*run)(long rounds);      ///< the loop; its result keeps it from being left out
  double flops;                   ///< of a round, a multiply-add counted as two
};

namespace loops {

/// Twelve chains: at least latency times throughput of each of these instructions on current CPUs,
/// fewer than the sixteen registers that the narrower sets have, with two for the factors.
constexpr double chains = 12;

/// Flops of a round where an instruction has so many lanes and adds so many products to each.
constexpr double flops(int lanes, int products) {
  return 2 * chains * lanes * products;
}

// Sums in an array may end on the stack while the loop runs, so each has a name, and each begins at
// another number, since equal chains would be computed once. The macro spells the same loop out for
// each instruction, since a function for a wider set cannot be made from one that is not.
//   start(i)        a sum that begins at the number i
//   step(sum, a, b) the instruction; what it gives has to depend on the sum
#define EIGENVIT_BENCH_LOOP(name, target, vector, start, first_factor, second_factor, step)   \
  target inline float name(long rounds) {                                                     \
    const auto a = first_factor, b = second_factor;                                           \
    vector c0 = start(0), c1 = start(1), c2 = start(2), c3 = start(3), c4 = start(4);         \
    vector c5 = start(5), c6 = start(6), c7 = start(7), c8 = start(8), c9 = start(9);         \
    vector c10 = start(10), c11 = start(11);                                                  \
    for (long i = 0; i < rounds; ++i) {                                                       \
      c0 = step(c0, a, b), c1 = step(c1, a, b), c2 = step(c2, a, b), c3 = step(c3, a, b);     \
      c4 = step(c4, a, b), c5 = step(c5, a, b), c6 = step(c6, a, b), c7 = step(c7, a, b);     \
      c8 = step(c8, a, b), c9 = step(c9, a, b), c10 = step(c10, a, b), c11 = step(c11, a, b); \
    }                                                                                         \
    const vector sums[] = {c0, c1, c2, c3, c4, c5, c6, c7, c8, c9, c10, c11};                 \
    float result = 0;                                                                         \
    for (const vector& sum : sums) {                                                          \
      float lane;                                                                             \
      __builtin_memcpy(&lane, &sum, sizeof(lane));                                            \
      result += lane;                                                                         \
    }                                                                                         \
    return result;                                                                            \
  }

using Packet = Eigen::internal::packet_traits<float>::type;
EIGENVIT_BENCH_LOOP(plain, /* no target */, Packet, Eigen::internal::pset1<Packet>,
                    Eigen::internal::pset1<Packet>(0.999f), Eigen::internal::pset1<Packet>(0.001f),
                    Eigen::internal::pmadd)

#if EIGENVIT_BENCH_X86
#define EIGENVIT_BENCH_TARGET(sets) __attribute__((target(sets)))

EIGENVIT_BENCH_LOOP(avx2_fma, EIGENVIT_BENCH_TARGET("avx2,fma"), __m256, _mm256_set1_ps,
                    _mm256_set1_ps(0.999f), _mm256_set1_ps(0.001f), _mm256_fmadd_ps)
EIGENVIT_BENCH_LOOP(avx512_fma, EIGENVIT_BENCH_TARGET("avx512f"), __m512, _mm512_set1_ps,
                    _mm512_set1_ps(0.999f), _mm512_set1_ps(0.001f), _mm512_fmadd_ps)

// The bfloat16 numbers 1 and 2^-10, with which sums stay finite.
EIGENVIT_BENCH_LOOP(avx512_dpbf16, EIGENVIT_BENCH_TARGET("avx512f,avx512bw,avx512bf16"), __m512,
                    _mm512_set1_ps, (__m512bh)_mm512_set1_epi16(0x3f80),
                    (__m512bh)_mm512_set1_epi16(0x3a80), _mm512_dpbf16_ps)

// Products of 16-bit numbers, in pairs, and the addition that belongs to them. The instruction is
// spelled out since a product of constants would be computed once, before the loop.
inline __m128i add_maddwd_128(__m128i sum, __m128i a, __m128i b) {
  __m128i products = a;
  asm volatile("pmaddwd %1, %0" : "+x"(products) : "x"(b));
  return _mm_add_epi32(sum, products);
}
EIGENVIT_BENCH_LOOP(sse2_maddwd, /* no target */, __m128i, _mm_set1_epi32, _mm_set1_epi16(3),
                    _mm_set1_epi16(5), add_maddwd_128)
EIGENVIT_BENCH_TARGET("avx2") inline __m256i add_maddwd_256(__m256i sum, __m256i a, __m256i b) {
  __m256i products;
  asm volatile("vpmaddwd %2, %1, %0" : "=x"(products) : "x"(a), "x"(b));
  return _mm256_add_epi32(sum, products);
}
EIGENVIT_BENCH_LOOP(avx2_maddwd, EIGENVIT_BENCH_TARGET("avx2"), __m256i, _mm256_set1_epi32,
                    _mm256_set1_epi16(3), _mm256_set1_epi16(5), add_maddwd_256)
EIGENVIT_BENCH_LOOP(avxvnni_dpbusd, EIGENVIT_BENCH_TARGET("avx2,avxvnni"), __m256i,
                    _mm256_set1_epi32, _mm256_set1_epi8(3), _mm256_set1_epi8(5),
                    _mm256_dpbusd_avx_epi32)
EIGENVIT_BENCH_LOOP(avx512_dpbusd, EIGENVIT_BENCH_TARGET("avx512f,avx512bw,avx512vnni"), __m512i,
                    _mm512_set1_epi32, _mm512_set1_epi8(3), _mm512_set1_epi8(5),
                    _mm512_dpbusd_epi32)

struct CpuidRegisters {
  unsigned eax = 0, ebx = 0, ecx = 0, edx = 0;
};

/// Leaf 7, which lists the sets whose names `__builtin_cpu_supports` of Clang 14 does not know.
inline CpuidRegisters cpuid7(unsigned subleaf) {
  CpuidRegisters r;
  __get_cpuid_count(7, subleaf, &r.eax, &r.ebx, &r.ecx, &r.edx);
  return r;
}
inline bool has_avxvnni() {
  return __builtin_cpu_supports("avx2") && (cpuid7(1).eax >> 4 & 1);
}
#endif

#if EIGENVIT_BENCH_AMX
/// What LDTILECFG reads: all eight tiles of sixteen rows of 64 bytes.
struct alignas(64) TileConfig {
  std::uint8_t palette = 1, start_row = 0, reserved[14] = {};
  std::uint16_t row_bytes[16] = {64, 64, 64, 64, 64, 64, 64, 64};
  std::uint8_t rows[16] = {16, 16, 16, 16, 16, 16, 16, 16};
};

/// Makes the compiler store what lies at `memory`: GCC 12's intrinsics of tiles do not say that
/// they read it.
inline void store_all(const void* memory) {
  asm volatile("" : : "r"(memory) : "memory");
}

/// Tiles of sums: more than cover the latency, and two of the eight are the factors.
constexpr double tile_chains = 6;

/// Flops of a round of tiles: 16 rows by 16 columns by 64 bytes of products.
constexpr double tile_flops(int bytes_of_product) {
  return 2 * tile_chains * 16 * 16 * (64 / bytes_of_product);
}

// The intrinsics take the number of a tile as a literal only.
#define EIGENVIT_BENCH_TILE_LOOP(name, target, first_factor, second_factor, step) \
  target inline float name(long rounds) {                                         \
    const TileConfig config;                                                      \
    store_all(&config);                                                           \
    _tile_loadconfig(&config);                                                    \
    std::uint32_t a[256], b[256];                                                 \
    float sums[256];                                                              \
    for (std::uint32_t & word : a) word = first_factor;                           \
    for (std::uint32_t & word : b) word = second_factor;                          \
    store_all(a), store_all(b);                                                   \
    _tile_loadd(6, a, 64);                                                        \
    _tile_loadd(7, b, 64);                                                        \
    _tile_zero(0);                                                                \
    _tile_zero(1);                                                                \
    _tile_zero(2);                                                                \
    _tile_zero(3);                                                                \
    _tile_zero(4);                                                                \
    _tile_zero(5);                                                                \
    for (long i = 0; i < rounds; ++i) {                                           \
      step(0, 6, 7);                                                              \
      step(1, 6, 7);                                                              \
      step(2, 6, 7);                                                              \
      step(3, 6, 7);                                                              \
      step(4, 6, 7);                                                              \
      step(5, 6, 7);                                                              \
    }                                                                             \
    _tile_stored(0, sums, 64);                                                    \
    _tile_release();                                                              \
    return sums[0];                                                               \
  }
EIGENVIT_BENCH_TILE_LOOP(amx_dpbf16, EIGENVIT_BENCH_TARGET("amx-tile,amx-bf16"), 0x3f803f80,
                         0x3a803a80, _tile_dpbf16ps)
EIGENVIT_BENCH_TILE_LOOP(amx_dpbssd, EIGENVIT_BENCH_TARGET("amx-tile,amx-int8"), 0x03030303,
                         0x05050505, _tile_dpbssd)
#undef EIGENVIT_BENCH_TILE_LOOP

/// Whether this process was given the tiles, which it asks for once.
inline bool may_use_tiles() {
  constexpr unsigned amx_tile = 24;
  if (!(cpuid7(0).edx >> amx_tile & 1)) return false;
  // ARCH_REQ_XCOMP_PERM for the state component XFEATURE_XTILEDATA.
  static const bool given = syscall(SYS_arch_prctl, 0x1023, 18) == 0;
  return given;
}
#endif

#if EIGENVIT_BENCH_ARM
#define EIGENVIT_BENCH_TARGET(sets) __attribute__((target(sets)))

EIGENVIT_BENCH_LOOP(neon_bfdot, EIGENVIT_BENCH_TARGET("arch=armv8.2-a+bf16"), float32x4_t,
                    vdupq_n_f32, vreinterpretq_bf16_u16(vdupq_n_u16(0x3f81)),
                    vreinterpretq_bf16_u16(vdupq_n_u16(0x3a80)), vbfdotq_f32)
EIGENVIT_BENCH_LOOP(neon_bfmmla, EIGENVIT_BENCH_TARGET("arch=armv8.2-a+bf16"), float32x4_t,
                    vdupq_n_f32, vreinterpretq_bf16_u16(vdupq_n_u16(0x3f81)),
                    vreinterpretq_bf16_u16(vdupq_n_u16(0x3a80)), vbfmmlaq_f32)
EIGENVIT_BENCH_LOOP(neon_smlal, /* no target */, int32x4_t, vdupq_n_s32, vdup_n_s16(3),
                    vdup_n_s16(5), vmlal_s16)
EIGENVIT_BENCH_LOOP(neon_sdot, EIGENVIT_BENCH_TARGET("arch=armv8.2-a+dotprod"), int32x4_t,
                    vdupq_n_s32, vdupq_n_s8(3), vdupq_n_s8(5), vdotq_s32)
EIGENVIT_BENCH_LOOP(neon_smmla, EIGENVIT_BENCH_TARGET("arch=armv8.2-a+i8mm"), int32x4_t,
                    vdupq_n_s32, vdupq_n_s8(3), vdupq_n_s8(5), vmmlaq_s32)

/// Bits of AT_HWCAP and AT_HWCAP2.
inline bool has_hwcap(int bit) {
  return getauxval(AT_HWCAP) >> bit & 1;
}
inline bool has_hwcap2(int bit) {
  return getauxval(AT_HWCAP2) >> bit & 1;
}
#endif

#undef EIGENVIT_BENCH_LOOP
#undef EIGENVIT_BENCH_TARGET

}  // namespace loops

/// Those that this program has, the narrower of the same operands first.
inline const std::vector<Instruction>& instructions() {
  using namespace loops;
  constexpr int packet_lanes = int(Eigen::internal::packet_traits<float>::size);
  constexpr auto always = [] { return true; };
  static const std::vector<Instruction> all {
    {"multiply-add as compiled",
     Operands::float32,
     {"baseline", "neon", "neon_dotprod", "neon_mmla"},
     always,
     plain,
     flops(packet_lanes, 1)},
#if EIGENVIT_BENCH_X86
        {"vfmadd ps 256",
         Operands::float32,
         {"avx2", "avx_vnni"},
         [] { return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"); },
         avx2_fma,
         flops(8, 1)},
        {"vfmadd ps 512",
         Operands::float32,
         {"avx512", "avx512_vnni", "avx512_bf16", "avx512_amx"},
         [] { return __builtin_cpu_supports("avx512f") != 0; },
         avx512_fma,
         flops(16, 1)},
        {"vdpbf16ps 512", Operands::bfloat16,
         {"avx512_bf16"}, [] { return __builtin_cpu_supports("avx512bf16") != 0; },
         avx512_dpbf16,   flops(16, 2)},
        {"pmaddwd paddd 128", Operands::int8, {"baseline"}, always, sse2_maddwd, flops(4, 2)},
        {"vpmaddwd vpaddd 256", Operands::int8,
         {"avx2", "avx512"},    [] { return __builtin_cpu_supports("avx2") != 0; },
         avx2_maddwd,           flops(8, 2)},
        {"vpdpbusd 256 (AVX-VNNI)",
         Operands::int8,
         {"avx_vnni"},
         has_avxvnni,
         avxvnni_dpbusd,
         flops(8, 4)},
        {"vpdpbusd 512",
         Operands::int8,
         {"avx512_vnni", "avx512_bf16"},
         [] { return __builtin_cpu_supports("avx512vnni") != 0; },
         avx512_dpbusd,
         flops(16, 4)},
#endif
#if EIGENVIT_BENCH_AMX
        {"tdpbf16ps",    Operands::bfloat16,
         {"avx512_amx"}, [] { return (cpuid7(0).edx >> 22 & 1) && may_use_tiles(); },
         amx_dpbf16,     tile_flops(2)},
        {"tdpbssd",      Operands::int8,
         {"avx512_amx"}, [] { return (cpuid7(0).edx >> 25 & 1) && may_use_tiles(); },
         amx_dpbssd,     tile_flops(1)},
#endif
#if EIGENVIT_BENCH_ARM
        {"bfdot", Operands::bfloat16, {}, [] { return has_hwcap2(14); }, neon_bfdot, flops(4, 2)},
        {"bfmmla",    Operands::bfloat16, {"neon_mmla"}, [] { return has_hwcap2(14); },
         neon_bfmmla, flops(4, 4)},
        {"smlal", Operands::int8, {"neon"}, always, neon_smlal, flops(4, 1)},
        {"sdot",    Operands::int8, {"neon_dotprod"}, [] { return has_hwcap(20); },
         neon_sdot, flops(4, 4)},
        {"smmla",    Operands::int8, {"neon_mmla"}, [] { return has_hwcap2(13); },
         neon_smmla, flops(4, 8)},
#endif
  };
  return all;
}

}  // namespace bench

#endif
