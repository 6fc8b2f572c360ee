/// Kernels for AVX-512: Intel servers since Skylake, AMD since Zen 4.
#ifndef EIGENVIT_KERNELS_ISA_AVX512_HPP
#define EIGENVIT_KERNELS_ISA_AVX512_HPP

#include <immintrin.h>

#include <limits>
#include <type_traits>

#include <eigenvit/kernels/isa/avx2.hpp>
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
#if defined(__clang__)
  // Of the intrinsic, clang's -ffast-math makes an estimate.
  Vec root;
  __asm__("vsqrtps %1, %0" : "=v"(root) : "v"(a));
  return root;
#else
  return _mm512_sqrt_ps(a);
#endif
}
EIGENVIT_FORCE_INLINE Vec fma(Vec a, Vec b, Vec c) {
  return _mm512_fmadd_ps(a, b, c);
}
/// Each pair of neighbours the other way round.
EIGENVIT_FORCE_INLINE Vec swap_pairs(Vec a) {
  return _mm512_permute_ps(a, 0xB1);
}
/// Four values from each of `lanes / 4` places, stored in every fourth entry of `places`.
EIGENVIT_FORCE_INLINE Vec load_fours(const float* const* places, Stride offset) {
  Vec fours = _mm512_castps128_ps512(_mm_loadu_ps(places[0] + offset));
  fours = _mm512_insertf32x4(fours, _mm_loadu_ps(places[4] + offset), 1);
  fours = _mm512_insertf32x4(fours, _mm_loadu_ps(places[8] + offset), 2);
  return _mm512_insertf32x4(fours, _mm_loadu_ps(places[12] + offset), 3);
}
/// a0 b0 a1 b1 of each four, and a2 b2 a3 b3.
EIGENVIT_FORCE_INLINE Vec interleave_low(Vec a, Vec b) {
  return _mm512_unpacklo_ps(a, b);
}
EIGENVIT_FORCE_INLINE Vec interleave_high(Vec a, Vec b) {
  return _mm512_unpackhi_ps(a, b);
}
/// a0 a1 b0 b1 of each four, and a2 a3 b2 b3.
EIGENVIT_FORCE_INLINE Vec join_low(Vec a, Vec b) {
  return _mm512_shuffle_ps(a, b, 0x44);
}
EIGENVIT_FORCE_INLINE Vec join_high(Vec a, Vec b) {
  return _mm512_shuffle_ps(a, b, 0xEE);
}
/// What has the nine lowest bits of `a` as its sign and exponent, and no others.
EIGENVIT_FORCE_INLINE Vec lowest_bits_as_exponent(Vec a) {
  return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_castps_si512(a), 23));
}
/// `x`, but 0 where `a < b`.
EIGENVIT_FORCE_INLINE Vec zero_where_less(Vec a, Vec b, Vec x) {
#if defined(__clang__)
  // The intrinsic's comparison would be one without NaN under clang's -ffast-math.
  const auto less = a < b;
  return reinterpret_cast<Vec>(~less & reinterpret_cast<decltype(less)>(x));
#else
  return _mm512_maskz_mov_ps(_mm512_cmp_ps_mask(a, b, _CMP_NLT_UQ), x);
#endif
}
/// `sum += a · b`.
EIGENVIT_FORCE_INLINE void multiply_add(Vec& sum, Vec a, Vec b) {
#if defined(__GNUC__) && !defined(__clang__)
  // As for AVX2: left to itself, GCC 12 moves a sum to the stack and back in the unrolled loop.
  __asm__("vfmadd231ps %2, %1, %0" : "+v"(sum) : "v"(a), "v"(b));
#else
  sum = fma(a, b, sum);
#endif
}

EIGENVIT_FORCE_INLINE Vec broadcast_bits(const void* p) {
  int bits;
  __builtin_memcpy(&bits, p, sizeof bits);
  return _mm512_castsi512_ps(_mm512_set1_epi32(bits));
}
EIGENVIT_FORCE_INLINE Vec load_float16(const unsigned short* p) {
  return _mm512_cvtph_ps(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(p)));
}
EIGENVIT_FORCE_INLINE void store_float16(unsigned short* p, Vec v) {
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(p), _mm512_cvtps_ph(v, _MM_FROUND_TO_NEAREST_INT));
}
EIGENVIT_FORCE_INLINE Vec load_bfloat16(const unsigned short* p) {
  const __m256i bits = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p));
  return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(bits), 16));
}
/// Of values that are bfloat16 already.
EIGENVIT_FORCE_INLINE void store_bfloat16(unsigned short* p, Vec v) {
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(p),
                      _mm512_cvtepi32_epi16(_mm512_srli_epi32(_mm512_castps_si512(v), 16)));
}
/// To the nearest integers, of two the even one.
EIGENVIT_FORCE_INLINE void store_rounded(int* p, Vec v) {
  _mm512_storeu_si512(p, _mm512_cvtps_epi32(v));
}

EIGENVIT_FORCE_INLINE Vec sums_to_float(Vec sums) {
  return _mm512_cvtepi32_ps(_mm512_castps_si512(sums));
}

// Products of words.
using Words = __m512i;
inline constexpr int words_rows = tile_rows;
EIGENVIT_FORCE_INLINE Words load_words(const void* p) {
  return _mm512_loadu_si512(p);
}
EIGENVIT_FORCE_INLINE Words broadcast_words(const short* p) {
  return _mm512_castps_si512(broadcast_bits(p));
}
/// `sum[v] += a · b[v]`, of two neighbours each.
template <int vecs>
EIGENVIT_FORCE_INLINE void multiply_words(Vec (&sum)[vecs], Words a, const Words (&b)[vecs]) {
  EIGENVIT_UNROLL
  for (int v = 0; v < vecs; ++v) __asm__("vpdpwssd %2, %1, %0" : "+v"(sum[v]) : "v"(a), "v"(b[v]));
}
/// Pairs of 16-bit words of one value of `even` and one of `odd` each, rounded as above.
EIGENVIT_FORCE_INLINE Vec word_pairs(Vec even, Vec odd) {
  const __m512i high = _mm512_slli_epi32(_mm512_cvtps_epi32(odd), 16);
  const __m512i low = _mm512_and_si512(_mm512_cvtps_epi32(even), _mm512_set1_epi32(0xFFFF));
  return _mm512_castsi512_ps(_mm512_or_si512(low, high));
}

// Products of bytes. The instruction is written out: a compiler would want it to be allowed for all
// of the region, which processors without it enter too.
inline constexpr int byte_zero = 0;
EIGENVIT_FORCE_INLINE void multiply_bytes(Vec& sum, Vec a, Vec b) {
  __asm__("vpdpbusd %2, %1, %0" : "+v"(sum) : "v"(a), "v"(b));
}
/// `sum - a · b` of integers.
EIGENVIT_FORCE_INLINE Vec less_products(Vec sum, Vec a, Vec b) {
  return _mm512_castsi512_ps(
      _mm512_sub_epi32(_mm512_castps_si512(sum),
                       _mm512_mullo_epi32(_mm512_castps_si512(a), _mm512_castps_si512(b))));
}
/// `x factor` of four registers' values, rounded as above, plus `zero`, in 0 to 255.
EIGENVIT_FORCE_INLINE void store_rounded_bytes(void* p, const float* x, Vec factor, int zero) {
  const __m512i added = _mm512_set1_epi32(zero);
  __m512i q[4];
  EIGENVIT_UNROLL
  for (int i = 0; i < 4; ++i) {
    q[i] = _mm512_add_epi32(_mm512_cvtps_epi32(load(x + i * lanes) * factor), added);
  }
  // Four of each in every quarter.
  const __m512i fours =
      _mm512_packus_epi16(_mm512_packs_epi32(q[0], q[1]), _mm512_packs_epi32(q[2], q[3]));
  const __m512i order = _mm512_set_epi32(15, 11, 7, 3, 14, 10, 6, 2, 13, 9, 5, 1, 12, 8, 4, 0);
  _mm512_storeu_si512(p, _mm512_permutexvar_epi32(order, fours));
}

// Products of pairs of bfloat16.
EIGENVIT_FORCE_INLINE void multiply_pairs(Vec& sum, Vec a, Vec b) {
  __asm__("vdpbf16ps %2, %1, %0" : "+v"(sum) : "v"(a), "v"(b));
}
/// The values in bfloat16, to the nearest, those of `a` first; subnormal ones become 0.
EIGENVIT_FORCE_INLINE void store_rounded_pairs(void* p, Vec a, Vec b) {
  __m512i pairs;
  __asm__("vcvtne2ps2bf16 %1, %2, %0" : "=v"(pairs) : "v"(a), "v"(b));
  _mm512_storeu_si512(p, pairs);
}
/// Pairs of one value of `even` and one of `odd` each.
EIGENVIT_FORCE_INLINE Vec interleaved_pairs(Vec even, Vec odd) {
  __m512i pairs;
  __asm__("vcvtne2ps2bf16 %1, %2, %0" : "=v"(pairs) : "v"(even), "v"(odd));
  const __m512i order = _mm512_set_epi16(31, 15, 30, 14, 29, 13, 28, 12, 27, 11, 26, 10, 25, 9, 24,
                                         8, 23, 7, 22, 6, 21, 5, 20, 4, 19, 3, 18, 2, 17, 1, 16, 0);
  return _mm512_castsi512_ps(_mm512_permutexvar_epi16(order, pairs));
}

#include <eigenvit/kernels/generic/kernels.inc>
// After the kernels that they are made of.
#include <eigenvit/kernels/generic/formats/bfloat16_pairs.inc>
// clang-format off
#include <eigenvit/kernels/generic/bfloat16_attention.inc>
#include <eigenvit/kernels/generic/words_attention.inc>
// clang-format on
#include <eigenvit/kernels/generic/formats/bytes.inc>
#include <eigenvit/kernels/generic/formats/stored.inc>

/// Without VNNI, words of half the width are as fast.
inline constexpr KernelTable table =
    float_table.with(WeightFormat::float16, stored_format<WeightFormat::float16>, name)
        .with(WeightFormat::bfloat16, stored_format<WeightFormat::bfloat16>, name)
        .with(WeightFormat::int8, avx2::table.format(WeightFormat::int8), name)
        .with(AttentionFormat::words, avx2::words_attention);
#if EIGENVIT_X86_DOT_PRODUCTS
/// With VNNI: Intel since Ice Lake, AMD since Zen 4.
inline constexpr KernelTable vnni_table =
    table.with(WeightFormat::int8, int8_format<BytesProduct>, "avx512_vnni")
        .with(AttentionFormat::words, words_attention);
/// With BF16 as well: Intel since Cooper Lake, AMD since Zen 4.
inline constexpr KernelTable bf16_table =
    vnni_table.with(WeightFormat::bfloat16_pairs, bfloat16_pairs_format, "avx512_bf16")
        .with(AttentionFormat::bfloat16, bfloat16_attention);
#endif

}  // namespace avx512
}  // namespace kernels
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit
EIGENVIT_KERNELS_END

#endif
