/// Kernels for 64-bit ARM.
#ifndef EIGENVIT_KERNELS_ISA_NEON_HPP
#define EIGENVIT_KERNELS_ISA_NEON_HPP

#include <arm_neon.h>

#include <limits>

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

#include <eigenvit/kernels/generic/kernels.inc>

}  // namespace neon
}  // namespace kernels
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit
EIGENVIT_BASELINE_KERNELS_END

#endif
