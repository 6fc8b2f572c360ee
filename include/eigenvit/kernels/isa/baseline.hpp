/// Kernels for any processor, written with the vector types of GCC and clang: SSE2 on x86-64, what
/// there is elsewhere. Without fused multiply-add, so their results differ from the other sets' by
/// rounding.
#ifndef EIGENVIT_KERNELS_ISA_BASELINE_HPP
#define EIGENVIT_KERNELS_ISA_BASELINE_HPP

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#include <limits>
#include <type_traits>

#include <eigenvit/kernels/kernel_table.hpp>
#include <eigenvit/kernels/region.hpp>

EIGENVIT_BASELINE_KERNELS_BEGIN
namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace kernels {
namespace baseline {

inline constexpr char name[] = "baseline";
using Vec = float __attribute__((vector_size(16)));
using IntVec = int __attribute__((vector_size(16)));
using BitVec = unsigned __attribute__((vector_size(16)));
inline constexpr int lanes = 4;
/// Half a panel: eight sums of the sixteen registers of SSE2, two of weights, and room for the
/// products, which are not fused with the sums.
inline constexpr int tile_rows = 4;
inline constexpr int tile_vecs = 2;

EIGENVIT_FORCE_INLINE Vec load(const float* p) {
  Vec v;
  __builtin_memcpy(&v, p, sizeof v);
  return v;
}
EIGENVIT_FORCE_INLINE void store(float* p, Vec v) {
  __builtin_memcpy(p, &v, sizeof v);
}
EIGENVIT_FORCE_INLINE Vec zero() {
  return Vec{0, 0, 0, 0};
}
EIGENVIT_FORCE_INLINE Vec broadcast(float x) {
  return Vec{x, x, x, x};
}
EIGENVIT_FORCE_INLINE Vec broadcast_from(const float* p) {
  return broadcast(*p);
}
/// The second operand where one is NaN.
EIGENVIT_FORCE_INLINE Vec min(Vec a, Vec b) {
  return a < b ? a : b;
}
EIGENVIT_FORCE_INLINE Vec max(Vec a, Vec b) {
  return a > b ? a : b;
}
EIGENVIT_FORCE_INLINE Vec square_root(Vec a) {
  for (int i = 0; i < lanes; ++i) a[i] = __builtin_sqrtf(a[i]);
  return a;
}
EIGENVIT_FORCE_INLINE Vec fma(Vec a, Vec b, Vec c) {
  return a * b + c;
}
/// Each pair of neighbours the other way round.
EIGENVIT_FORCE_INLINE Vec swap_pairs(Vec a) {
  return Vec{a[1], a[0], a[3], a[2]};
}
/// Four values from each of `lanes / 4` places, stored in every fourth entry of `places`.
EIGENVIT_FORCE_INLINE Vec load_fours(const float* const* places, Stride offset) {
  return load(places[0] + offset);
}
/// a0 b0 a1 b1 of each four, and a2 b2 a3 b3.
EIGENVIT_FORCE_INLINE Vec interleave_low(Vec a, Vec b) {
  return Vec{a[0], b[0], a[1], b[1]};
}
EIGENVIT_FORCE_INLINE Vec interleave_high(Vec a, Vec b) {
  return Vec{a[2], b[2], a[3], b[3]};
}
/// a0 a1 b0 b1 of each four, and a2 a3 b2 b3.
EIGENVIT_FORCE_INLINE Vec join_low(Vec a, Vec b) {
  return Vec{a[0], a[1], b[0], b[1]};
}
EIGENVIT_FORCE_INLINE Vec join_high(Vec a, Vec b) {
  return Vec{a[2], a[3], b[2], b[3]};
}
/// What has the nine lowest bits of `a` as its sign and exponent, and no others.
EIGENVIT_FORCE_INLINE Vec lowest_bits_as_exponent(Vec a) {
  return reinterpret_cast<Vec>(reinterpret_cast<BitVec>(a) << 23);
}
/// `x`, but 0 where `a < b`.
EIGENVIT_FORCE_INLINE Vec zero_where_less(Vec a, Vec b, Vec x) {
  return reinterpret_cast<Vec>(reinterpret_cast<IntVec>(x) & ~(a < b));
}
/// `sum += a · b`.
EIGENVIT_FORCE_INLINE void multiply_add(Vec& sum, Vec a, Vec b) {
  sum += a * b;
}

/// To the nearest integers, of two the even one.
EIGENVIT_FORCE_INLINE void store_rounded(int* p, Vec v) {
#if defined(__SSE2__)
  const __m128i rounded = _mm_cvtps_epi32(v);
  __builtin_memcpy(p, &rounded, sizeof rounded);
#else
  for (int i = 0; i < lanes; ++i) p[i] = static_cast<int>(__builtin_rintf(v[i]));
#endif
}

// Products of words: of two neighbours, each four bytes of a register.
using Words = IntVec;
inline constexpr int words_rows = tile_rows;
EIGENVIT_FORCE_INLINE Words load_words(const void* p) {
  Words v;
  __builtin_memcpy(&v, p, sizeof v);
  return v;
}
EIGENVIT_FORCE_INLINE void store_words(void* p, Words v) {
  __builtin_memcpy(p, &v, sizeof v);
}
EIGENVIT_FORCE_INLINE Words broadcast_words(const short* p) {
  int bits;
  __builtin_memcpy(&bits, p, sizeof bits);
  return Words{bits, bits, bits, bits};
}
using ShortVec = short __attribute__((vector_size(16)));
EIGENVIT_FORCE_INLINE Words even_bytes(Words bytes) {
  return reinterpret_cast<Words>(reinterpret_cast<ShortVec>(bytes << 8) >> 8);
}
EIGENVIT_FORCE_INLINE Words odd_bytes(Words bytes) {
  return reinterpret_cast<Words>(reinterpret_cast<ShortVec>(bytes) >> 8);
}
/// `sum[v] += a · b[v]`, of two neighbours each.
template <int vecs>
EIGENVIT_FORCE_INLINE void multiply_words(Vec (&sum)[vecs], Words a, const Words (&b)[vecs]) {
  EIGENVIT_UNROLL
  for (int v = 0; v < vecs; ++v) {
#if defined(__SSE2__)
    const Words products = reinterpret_cast<Words>(
        _mm_madd_epi16(reinterpret_cast<__m128i>(a), reinterpret_cast<__m128i>(b[v])));
#else
    const Words products = (a << 16 >> 16) * (b[v] << 16 >> 16) + (a >> 16) * (b[v] >> 16);
#endif
    sum[v] = reinterpret_cast<Vec>(reinterpret_cast<Words>(sum[v]) + products);
#if defined(__SSE2__)
    // GCC would begin many products before it adds the first one, and has no registers for them.
    __asm__ volatile("" : "+x"(sum[v]));
#endif
  }
}
/// Pairs of 16-bit words of one value of `even` and one of `odd` each, rounded as above.
EIGENVIT_FORCE_INLINE Vec word_pairs(Vec even, Vec odd) {
  IntVec low, high;
  store_rounded(reinterpret_cast<int*>(&low), even);
  store_rounded(reinterpret_cast<int*>(&high), odd);
  return reinterpret_cast<Vec>((low & 0xFFFF) | (high << 16));
}
EIGENVIT_FORCE_INLINE Vec sums_to_float(Vec sums) {
  const Words words = reinterpret_cast<Words>(sums);
  return Vec{static_cast<float>(words[0]), static_cast<float>(words[1]),
             static_cast<float>(words[2]), static_cast<float>(words[3])};
}

#include <eigenvit/kernels/generic/kernels.inc>
// After the kernels that they are made of.
#include <eigenvit/kernels/generic/formats/words.inc>
#include <eigenvit/kernels/generic/words_attention.inc>

inline constexpr KernelTable table =
    float_table.with(WeightFormat::int8, int8_format<WordsProduct>, name)
        .with(AttentionFormat::words, words_attention);

}  // namespace baseline
}  // namespace kernels
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit
EIGENVIT_BASELINE_KERNELS_END

#endif
