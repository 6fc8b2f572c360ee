/// Kernels for AVX2 with fused multiply-add: Intel since Haswell, AMD since Zen.
#ifndef EIGENVIT_KERNELS_ISA_AVX2_HPP
#define EIGENVIT_KERNELS_ISA_AVX2_HPP

#include <immintrin.h>

#include <limits>

#include <eigenvit/kernels/kernel_table.hpp>
#include <eigenvit/kernels/region.hpp>

EIGENVIT_KERNELS_BEGIN("avx2,fma")
namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace kernels {
namespace avx2 {

inline constexpr char name[] = "avx2";
using Vec = __m256;
inline constexpr int lanes = 8;
/// Twelve sums of the sixteen registers; two more hold weights and one a value of x. Twelve
/// products take six cycles on two ports and wait four for their turn.
inline constexpr int tile_rows = 6;
inline constexpr int tile_vecs = 2;

EIGENVIT_FORCE_INLINE Vec load(const float* p) {
  return _mm256_loadu_ps(p);
}
EIGENVIT_FORCE_INLINE void store(float* p, Vec v) {
  _mm256_storeu_ps(p, v);
}
EIGENVIT_FORCE_INLINE Vec zero() {
  return _mm256_setzero_ps();
}
EIGENVIT_FORCE_INLINE Vec broadcast(float x) {
  return _mm256_set1_ps(x);
}
EIGENVIT_FORCE_INLINE Vec broadcast_from(const float* p) {
  return _mm256_broadcast_ss(p);
}
/// The second operand where one is NaN.
EIGENVIT_FORCE_INLINE Vec min(Vec a, Vec b) {
  return _mm256_min_ps(a, b);
}
EIGENVIT_FORCE_INLINE Vec max(Vec a, Vec b) {
  return _mm256_max_ps(a, b);
}
EIGENVIT_FORCE_INLINE Vec square_root(Vec a) {
#if defined(__clang__)
  // Of the intrinsic, clang's -ffast-math makes an estimate.
  Vec root;
  __asm__("vsqrtps %1, %0" : "=x"(root) : "x"(a));
  return root;
#else
  return _mm256_sqrt_ps(a);
#endif
}
EIGENVIT_FORCE_INLINE Vec fma(Vec a, Vec b, Vec c) {
  return _mm256_fmadd_ps(a, b, c);
}
/// Each pair of neighbours the other way round.
EIGENVIT_FORCE_INLINE Vec swap_pairs(Vec a) {
  return _mm256_permute_ps(a, 0xB1);
}
/// Four values from each of `lanes / 4` places, stored in every fourth entry of `places`.
EIGENVIT_FORCE_INLINE Vec load_fours(const float* const* places, Stride offset) {
  const Vec first = _mm256_castps128_ps256(_mm_loadu_ps(places[0] + offset));
  return _mm256_insertf128_ps(first, _mm_loadu_ps(places[4] + offset), 1);
}
/// a0 b0 a1 b1 of each four, and a2 b2 a3 b3.
EIGENVIT_FORCE_INLINE Vec interleave_low(Vec a, Vec b) {
  return _mm256_unpacklo_ps(a, b);
}
EIGENVIT_FORCE_INLINE Vec interleave_high(Vec a, Vec b) {
  return _mm256_unpackhi_ps(a, b);
}
/// a0 a1 b0 b1 of each four, and a2 a3 b2 b3.
EIGENVIT_FORCE_INLINE Vec join_low(Vec a, Vec b) {
  return _mm256_shuffle_ps(a, b, 0x44);
}
EIGENVIT_FORCE_INLINE Vec join_high(Vec a, Vec b) {
  return _mm256_shuffle_ps(a, b, 0xEE);
}
/// What has the nine lowest bits of `a` as its sign and exponent, and no others.
EIGENVIT_FORCE_INLINE Vec lowest_bits_as_exponent(Vec a) {
  return _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_castps_si256(a), 23));
}
/// `x`, but 0 where `a < b`.
EIGENVIT_FORCE_INLINE Vec zero_where_less(Vec a, Vec b, Vec x) {
  return _mm256_andnot_ps(_mm256_cmp_ps(a, b, _CMP_LT_OQ), x);
}
/// `sum += a · b`.
EIGENVIT_FORCE_INLINE void multiply_add(Vec& sum, Vec a, Vec b) {
#if defined(__GNUC__) && !defined(__clang__)
  // Left to itself GCC 12 lets the sums change registers, and in the fourth step of the unrolled
  // loop two of them have none left: a store and a load in each chain, 12 % of the speed.
  __asm__("vfmadd231ps %2, %1, %0" : "+x"(sum) : "x"(a), "x"(b));
#else
  sum = fma(a, b, sum);
#endif
}

#include <eigenvit/kernels/generic/kernels.inc>

}  // namespace avx2
}  // namespace kernels
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit
EIGENVIT_KERNELS_END

#endif
