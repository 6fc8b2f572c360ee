/// Kernels for 64-bit ARM.
#ifndef EIGENVIT_KERNELS_ISA_NEON_HPP
#define EIGENVIT_KERNELS_ISA_NEON_HPP

#include <arm_neon.h>

#include <limits>
#include <type_traits>

#include <eigenvit/kernels/kernel_table.hpp>
#include <eigenvit/kernels/region.hpp>

EIGENVIT_BASELINE_KERNELS_BEGIN
namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace kernels {
namespace neon {

inline constexpr char name[] = "neon";
using Vec = float32x4_t;
inline constexpr int lanes = 4;
/// Twenty sums of the thirty-two registers; four more hold weights and one a value of x.
inline constexpr int tile_rows = 5;
inline constexpr int tile_vecs = 4;

EIGENVIT_FORCE_INLINE Vec load(const float* p) {
  return vld1q_f32(p);
}
EIGENVIT_FORCE_INLINE void store(float* p, Vec v) {
  vst1q_f32(p, v);
}
EIGENVIT_FORCE_INLINE Vec zero() {
  return vdupq_n_f32(0.0f);
}
EIGENVIT_FORCE_INLINE Vec broadcast(float x) {
  return vdupq_n_f32(x);
}
EIGENVIT_FORCE_INLINE Vec broadcast_from(const float* p) {
  return vld1q_dup_f32(p);
}
/// The second operand where one is NaN, as x86 has it; the instructions of that name differ.
EIGENVIT_FORCE_INLINE Vec min(Vec a, Vec b) {
  return vbslq_f32(vcltq_f32(a, b), a, b);
}
EIGENVIT_FORCE_INLINE Vec max(Vec a, Vec b) {
  return vbslq_f32(vcgtq_f32(a, b), a, b);
}
EIGENVIT_FORCE_INLINE Vec square_root(Vec a) {
  return vsqrtq_f32(a);
}
EIGENVIT_FORCE_INLINE Vec fma(Vec a, Vec b, Vec c) {
  return vfmaq_f32(c, a, b);
}
/// Each pair of neighbours the other way round.
EIGENVIT_FORCE_INLINE Vec swap_pairs(Vec a) {
  return vrev64q_f32(a);
}
/// Four values from each of `lanes / 4` places, stored in every fourth entry of `places`.
EIGENVIT_FORCE_INLINE Vec load_fours(const float* const* places, Stride offset) {
  return load(places[0] + offset);
}
/// a0 b0 a1 b1 of each four, and a2 b2 a3 b3.
EIGENVIT_FORCE_INLINE Vec interleave_low(Vec a, Vec b) {
  return vzip1q_f32(a, b);
}
EIGENVIT_FORCE_INLINE Vec interleave_high(Vec a, Vec b) {
  return vzip2q_f32(a, b);
}
/// a0 a1 b0 b1 of each four, and a2 a3 b2 b3.
EIGENVIT_FORCE_INLINE Vec join_low(Vec a, Vec b) {
  return vcombine_f32(vget_low_f32(a), vget_low_f32(b));
}
EIGENVIT_FORCE_INLINE Vec join_high(Vec a, Vec b) {
  return vcombine_f32(vget_high_f32(a), vget_high_f32(b));
}
/// What has the nine lowest bits of `a` as its sign and exponent, and no others.
EIGENVIT_FORCE_INLINE Vec lowest_bits_as_exponent(Vec a) {
  return vreinterpretq_f32_s32(vshlq_n_s32(vreinterpretq_s32_f32(a), 23));
}
/// `x`, but 0 where `a < b`.
EIGENVIT_FORCE_INLINE Vec zero_where_less(Vec a, Vec b, Vec x) {
  return vreinterpretq_f32_u32(vbicq_u32(vreinterpretq_u32_f32(x), vcltq_f32(a, b)));
}
/// `sum += a · b`.
EIGENVIT_FORCE_INLINE void multiply_add(Vec& sum, Vec a, Vec b) {
  sum = vfmaq_f32(sum, a, b);
}

EIGENVIT_FORCE_INLINE Vec broadcast_bits(const void* p) {
  int bits;
  __builtin_memcpy(&bits, p, sizeof bits);
  return vreinterpretq_f32_s32(vdupq_n_s32(bits));
}
EIGENVIT_FORCE_INLINE Vec load_float16(const unsigned short* p) {
  return vcvt_f32_f16(vreinterpret_f16_u16(vld1_u16(p)));
}
EIGENVIT_FORCE_INLINE void store_float16(unsigned short* p, Vec v) {
  vst1_u16(p, vreinterpret_u16_f16(vcvt_f16_f32(v)));
}
EIGENVIT_FORCE_INLINE Vec load_bfloat16(const unsigned short* p) {
  return vreinterpretq_f32_u32(vshll_n_u16(vld1_u16(p), 16));
}
/// Of values that are bfloat16 already.
EIGENVIT_FORCE_INLINE void store_bfloat16(unsigned short* p, Vec v) {
  vst1_u16(p, vshrn_n_u32(vreinterpretq_u32_f32(v), 16));
}
/// To the nearest integers, of two the even one.
EIGENVIT_FORCE_INLINE void store_rounded(int* p, Vec v) {
  vst1q_s32(p, vcvtnq_s32_f32(v));
}

// Products of words.
using Words = int16x8_t;
inline constexpr int words_rows = tile_rows;
EIGENVIT_FORCE_INLINE Words load_words(const void* p) {
  return vreinterpretq_s16_u8(vld1q_u8(static_cast<const unsigned char*>(p)));
}
EIGENVIT_FORCE_INLINE void store_words(void* p, Words v) {
  vst1q_u8(static_cast<unsigned char*>(p), vreinterpretq_u8_s16(v));
}
EIGENVIT_FORCE_INLINE Words broadcast_words(const short* p) {
  int bits;
  __builtin_memcpy(&bits, p, sizeof bits);
  return vreinterpretq_s16_s32(vdupq_n_s32(bits));
}
EIGENVIT_FORCE_INLINE Words even_bytes(Words bytes) {
  return vshrq_n_s16(vshlq_n_s16(bytes, 8), 8);
}
EIGENVIT_FORCE_INLINE Words odd_bytes(Words bytes) {
  return vshrq_n_s16(bytes, 8);
}
/// `sum[v] += a · b[v]`, of two neighbours each.
template <int vecs>
EIGENVIT_FORCE_INLINE void multiply_words(Vec (&sum)[vecs], Words a, const Words (&b)[vecs]) {
  EIGENVIT_UNROLL
  for (int v = 0; v < vecs; ++v) {
    const int32x4_t low = vmull_s16(vget_low_s16(a), vget_low_s16(b[v]));
    const int32x4_t products = vpaddq_s32(low, vmull_high_s16(a, b[v]));
    sum[v] = vreinterpretq_f32_s32(vaddq_s32(vreinterpretq_s32_f32(sum[v]), products));
  }
}
/// Pairs of 16-bit words of one value of `even` and one of `odd` each, rounded as above.
EIGENVIT_FORCE_INLINE Vec word_pairs(Vec even, Vec odd) {
  return vreinterpretq_f32_s32(vsliq_n_s32(vcvtnq_s32_f32(even), vcvtnq_s32_f32(odd), 16));
}
EIGENVIT_FORCE_INLINE Vec sums_to_float(Vec sums) {
  return vcvtq_f32_s32(vreinterpretq_s32_f32(sums));
}

// Products of bytes, of which both have a sign.
inline constexpr int byte_zero = 128;
EIGENVIT_FORCE_INLINE void multiply_bytes(Vec& sum, Vec a, Vec b) {
  const int8x16_t x = vreinterpretq_s8_f32(a), w = vreinterpretq_s8_f32(b);
  // Two products fit into 16 bits: weights are at least -127.
  const int16x8_t low = vmull_s8(vget_low_s8(x), vget_low_s8(w));
  const int16x8_t pairs = vpaddq_s16(low, vmull_high_s8(x, w));
  sum = vreinterpretq_f32_s32(vpadalq_s16(vreinterpretq_s32_f32(sum), pairs));
}
/// `sum - a · b` of integers.
EIGENVIT_FORCE_INLINE Vec less_products(Vec sum, Vec a, Vec b) {
  return vreinterpretq_f32_s32(
      vmlsq_s32(vreinterpretq_s32_f32(sum), vreinterpretq_s32_f32(a), vreinterpretq_s32_f32(b)));
}
/// `x factor` of four registers' values, rounded as above, plus `zero`, in 0 to 255, less
/// `byte_zero`.
EIGENVIT_FORCE_INLINE void store_rounded_bytes(void* p, const float* x, Vec factor, int zero) {
  const int32x4_t added = vdupq_n_s32(zero);
  uint16x4_t words[4];
  EIGENVIT_UNROLL
  for (int i = 0; i < 4; ++i) {
    words[i] = vqmovun_s32(vaddq_s32(vcvtnq_s32_f32(load(x + i * lanes) * factor), added));
  }
  const uint8x16_t bytes = vcombine_u8(vqmovn_u16(vcombine_u16(words[0], words[1])),
                                       vqmovn_u16(vcombine_u16(words[2], words[3])));
  vst1q_u8(static_cast<unsigned char*>(p), veorq_u8(bytes, vdupq_n_u8(byte_zero)));
}

#include <eigenvit/kernels/generic/kernels.inc>
// After the kernels that they are made of.
#include <eigenvit/kernels/generic/formats/bytes.inc>
#include <eigenvit/kernels/generic/formats/stored.inc>
#include <eigenvit/kernels/generic/words_attention.inc>

inline constexpr KernelTable table =
    float_table.with(WeightFormat::float16, stored_format<WeightFormat::float16>, name)
        .with(WeightFormat::bfloat16, stored_format<WeightFormat::bfloat16>, name)
        .with(WeightFormat::int8, int8_format<BytesProduct>, name)
        .with(AttentionFormat::words, words_attention);

}  // namespace neon
}  // namespace kernels
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit
EIGENVIT_BASELINE_KERNELS_END

#endif
