/// Kernels for AVX2 with fused multiply-add: Intel since Haswell, AMD since Zen.
#ifndef EIGENVIT_KERNELS_ISA_AVX2_HPP
#define EIGENVIT_KERNELS_ISA_AVX2_HPP

#include <immintrin.h>

#include <limits>
#include <type_traits>

#include <eigenvit/kernels/kernel_table.hpp>
#include <eigenvit/kernels/region.hpp>

EIGENVIT_KERNELS_BEGIN("avx2,fma,f16c")
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

EIGENVIT_FORCE_INLINE Vec broadcast_bits(const void* p) {
  int bits;
  __builtin_memcpy(&bits, p, sizeof bits);
  return _mm256_castsi256_ps(_mm256_set1_epi32(bits));
}
EIGENVIT_FORCE_INLINE Vec load_float16(const unsigned short* p) {
  return _mm256_cvtph_ps(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p)));
}
EIGENVIT_FORCE_INLINE void store_float16(unsigned short* p, Vec v) {
  _mm_storeu_si128(reinterpret_cast<__m128i*>(p), _mm256_cvtps_ph(v, _MM_FROUND_TO_NEAREST_INT));
}
EIGENVIT_FORCE_INLINE Vec load_bfloat16(const unsigned short* p) {
  // One operation on what was loaded, where to widen and to shift are two: a tile does this for
  // every weight.
  const __m256i bits =
      _mm256_broadcastsi128_si256(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p)));
  const __m256i upper_halves =
      _mm256_setr_epi8(-1, -1, 0, 1, -1, -1, 2, 3, -1, -1, 4, 5, -1, -1, 6, 7, -1, -1, 8, 9, -1, -1,
                       10, 11, -1, -1, 12, 13, -1, -1, 14, 15);
  return _mm256_castsi256_ps(_mm256_shuffle_epi8(bits, upper_halves));
}
/// Of values that are bfloat16 already.
EIGENVIT_FORCE_INLINE void store_bfloat16(unsigned short* p, Vec v) {
  const __m256i words = _mm256_srli_epi32(_mm256_castps_si256(v), 16);
  const __m128i low = _mm256_castsi256_si128(words);
  const __m128i high = _mm256_extracti128_si256(words, 1);
  _mm_storeu_si128(reinterpret_cast<__m128i*>(p), _mm_packus_epi32(low, high));
}
/// To the nearest integers, of two the even one.
EIGENVIT_FORCE_INLINE void store_rounded(int* p, Vec v) {
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(p), _mm256_cvtps_epi32(v));
}

// Products of words.
using Words = __m256i;
#if defined(__clang__)
/// Twelve sums would leave clang no register for a product beside weights and input.
inline constexpr int words_rows = 5;
#else
inline constexpr int words_rows = tile_rows;
#endif
EIGENVIT_FORCE_INLINE Words load_words(const void* p) {
  return _mm256_loadu_si256(static_cast<const __m256i*>(p));
}
EIGENVIT_FORCE_INLINE void store_words(void* p, Words v) {
  _mm256_storeu_si256(static_cast<__m256i*>(p), v);
}
EIGENVIT_FORCE_INLINE Words broadcast_words(const short* p) {
  return _mm256_castps_si256(broadcast_bits(p));
}
EIGENVIT_FORCE_INLINE Words even_bytes(Words bytes) {
  return _mm256_srai_epi16(_mm256_slli_epi16(bytes, 8), 8);
}
EIGENVIT_FORCE_INLINE Words odd_bytes(Words bytes) {
  return _mm256_srai_epi16(bytes, 8);
}
/// `sum[v] += a · b[v]`, of two neighbours each.
template <int vecs>
EIGENVIT_FORCE_INLINE void multiply_words(Vec (&sum)[vecs], Words a, const Words (&b)[vecs]) {
  // Compilers would begin many products before they add the first one, and have no registers for
  // them: for two at a time there are, where the second takes the place of `a`.
  Words product;
  if constexpr (vecs == 2) {
    __asm__("vpmaddwd %4, %2, %3\n\tvpmaddwd %5, %2, %2\n\tvpaddd %3, %0, %0\n\tvpaddd %2, %1, %1"
            : "+x"(sum[0]), "+x"(sum[1]), "+x"(a), "=&x"(product)
            : "x"(b[0]), "x"(b[1]));
  } else {
    EIGENVIT_UNROLL
    for (int v = 0; v < vecs; ++v) {
      __asm__("vpmaddwd %3, %2, %1\n\tvpaddd %1, %0, %0"
              : "+x"(sum[v]), "=&x"(product)
              : "x"(a), "x"(b[v]));
    }
  }
}
/// Pairs of 16-bit words of one value of `even` and one of `odd` each, rounded as above.
EIGENVIT_FORCE_INLINE Vec word_pairs(Vec even, Vec odd) {
  const __m256i high = _mm256_slli_epi32(_mm256_cvtps_epi32(odd), 16);
  return _mm256_castsi256_ps(_mm256_blend_epi16(_mm256_cvtps_epi32(even), high, 0xAA));
}
EIGENVIT_FORCE_INLINE Vec sums_to_float(Vec sums) {
  return _mm256_cvtepi32_ps(_mm256_castps_si256(sums));
}

// Products of bytes. The instruction is written out: a compiler would want it to be allowed for all
// of the region, which processors without it enter too.
inline constexpr int byte_zero = 0;
EIGENVIT_FORCE_INLINE void multiply_bytes(Vec& sum, Vec a, Vec b) {
  __asm__("%{vex%} vpdpbusd %2, %1, %0" : "+x"(sum) : "x"(a), "x"(b));
}
/// `sum - a · b` of integers.
EIGENVIT_FORCE_INLINE Vec less_products(Vec sum, Vec a, Vec b) {
  return _mm256_castsi256_ps(
      _mm256_sub_epi32(_mm256_castps_si256(sum),
                       _mm256_mullo_epi32(_mm256_castps_si256(a), _mm256_castps_si256(b))));
}
/// `x factor` of four registers' values, rounded as above, plus `zero`, in 0 to 255.
EIGENVIT_FORCE_INLINE void store_rounded_bytes(void* p, const float* x, Vec factor, int zero) {
  const __m256i added = _mm256_set1_epi32(zero);
  __m256i q[4];
  EIGENVIT_UNROLL
  for (int i = 0; i < 4; ++i) {
    q[i] = _mm256_add_epi32(_mm256_cvtps_epi32(load(x + i * lanes) * factor), added);
  }
  // Four of each in either half.
  const __m256i fours =
      _mm256_packus_epi16(_mm256_packs_epi32(q[0], q[1]), _mm256_packs_epi32(q[2], q[3]));
  const __m256i order = _mm256_set_epi32(7, 3, 6, 2, 5, 1, 4, 0);
  _mm256_storeu_si256(static_cast<__m256i*>(p), _mm256_permutevar8x32_epi32(fours, order));
}

#include <eigenvit/kernels/generic/kernels.inc>
// After the kernels that they are made of.
#include <eigenvit/kernels/generic/formats/bytes.inc>
#include <eigenvit/kernels/generic/formats/stored.inc>
#include <eigenvit/kernels/generic/formats/words.inc>
#include <eigenvit/kernels/generic/words_attention.inc>

inline constexpr KernelTable table =
    float_table.with(WeightFormat::float16, stored_format<WeightFormat::float16>, name)
        .with(WeightFormat::bfloat16, stored_format<WeightFormat::bfloat16>, name)
        .with(WeightFormat::int8, int8_format<WordsProduct>, name)
        .with(AttentionFormat::words, words_attention);
#if EIGENVIT_X86_DOT_PRODUCTS
/// With AVX-VNNI: Intel's processors since Alder Lake, AMD since Zen 5.
inline constexpr KernelTable vnni_table =
    table.with(WeightFormat::int8, int8_format<BytesProduct>, "avx_vnni");
#endif

}  // namespace avx2
}  // namespace kernels
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit
EIGENVIT_KERNELS_END

#endif
