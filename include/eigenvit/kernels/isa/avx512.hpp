/// Kernels for AVX-512: Intel servers since Skylake, AMD since Zen 4.
#ifndef EIGENVIT_KERNELS_ISA_AVX512_HPP
#define EIGENVIT_KERNELS_ISA_AVX512_HPP

#include <immintrin.h>

#include <limits>

#include <eigenvit/kernels/kernel_table.hpp>
#include <eigenvit/kernels/region.hpp>

EIGENVIT_KERNELS_BEGIN("avx512f,avx512dq,avx512bw,avx512vl,fma")
namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace kernels {
namespace avx512 {

inline constexpr char name[] = "avx512";
using Vec = __m512;
inline constexpr int lanes = 16;
/// Twenty-six sums of the thirty-two registers, over two panels: a value of x that is broadcast
/// serves two products, so loads keep out of their way also where two are issued in a cycle.
inline constexpr int tile_rows = 13;
inline constexpr int tile_vecs = 2;

EIGENVIT_FORCE_INLINE Vec load(const float* p) {
  return _mm512_loadu_ps(p);
}
EIGENVIT_FORCE_INLINE void store(float* p, Vec v) {
  _mm512_storeu_ps(p, v);
}
EIGENVIT_FORCE_INLINE Vec zero() {
  return _mm512_setzero_ps();
}
EIGENVIT_FORCE_INLINE Vec broadcast(float x) {
  return _mm512_set1_ps(x);
}
EIGENVIT_FORCE_INLINE Vec broadcast_from(const float* p) {
  return _mm512_set1_ps(*p);
}
/// The second operand where one is NaN.
EIGENVIT_FORCE_INLINE Vec min(Vec a, Vec b) {
  return _mm512_min_ps(a, b);
}
EIGENVIT_FORCE_INLINE Vec max(Vec a, Vec b) {
  return _mm512_max_ps(a, b);
}
EIGENVIT_FORCE_INLINE Vec square_root(Vec a) {
  return _mm512_sqrt_ps(a);
}
EIGENVIT_FORCE_INLINE Vec fma(Vec a, Vec b, Vec c) {
  return _mm512_fmadd_ps(a, b, c);
}
/// Each pair of neighbours the other way round.
EIGENVIT_FORCE_INLINE Vec swap_pairs(Vec a) {
  return _mm512_permute_ps(a, 0xB1);
}
/// To the nearest integer, ties to even.
EIGENVIT_FORCE_INLINE Vec round(Vec a) {
  return _mm512_roundscale_ps(a, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
}
/// `p · 2^n` for integral n, where neither p nor the result is subnormal.
EIGENVIT_FORCE_INLINE Vec times_power_of_two(Vec p, Vec n) {
  return _mm512_castsi512_ps(
      _mm512_add_epi32(_mm512_castps_si512(p), _mm512_slli_epi32(_mm512_cvtps_epi32(n), 23)));
}
/// `x`, but 0 where `a < b`.
EIGENVIT_FORCE_INLINE Vec zero_where_less(Vec a, Vec b, Vec x) {
  return _mm512_maskz_mov_ps(_mm512_cmp_ps_mask(a, b, _CMP_NLT_UQ), x);
}
/// `sum += a · b`.
EIGENVIT_FORCE_INLINE void multiply_add(Vec& sum, Vec a, Vec b) {
  sum = fma(a, b, sum);
}

#include <eigenvit/kernels/generic/kernels.inl>

}  // namespace avx512
}  // namespace kernels
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit
EIGENVIT_KERNELS_END

#endif
