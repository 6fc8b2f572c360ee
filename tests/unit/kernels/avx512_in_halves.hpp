/// The kernels of AVX-512, its sixteen lanes and its tile, out of AVX2's instructions: what only
/// the sixteen-lane body does is tested also on machines without AVX-512.
#ifndef EIGENVIT_TESTS_UNIT_KERNELS_AVX512_IN_HALVES_HPP
#define EIGENVIT_TESTS_UNIT_KERNELS_AVX512_IN_HALVES_HPP

#include <limits>

#include <eigenvit/kernels/isa/avx2.hpp>
#include <eigenvit/kernels/isa/avx512.hpp>

EIGENVIT_KERNELS_BEGIN("avx2,fma,f16c")
namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace kernels {
namespace avx512_in_halves {

inline constexpr char name[] = "avx512 in halves";
inline constexpr int lanes = avx512::lanes;
inline constexpr int tile_rows = avx512::tile_rows;
inline constexpr int tile_vecs = avx512::tile_vecs;

struct Vec {
  avx2::Vec low;
  avx2::Vec high;
};

EIGENVIT_FORCE_INLINE Vec operator+(Vec a, Vec b) {
  return {a.low + b.low, a.high + b.high};
}
EIGENVIT_FORCE_INLINE Vec operator-(Vec a, Vec b) {
  return {a.low - b.low, a.high - b.high};
}
EIGENVIT_FORCE_INLINE Vec operator*(Vec a, Vec b) {
  return {a.low * b.low, a.high * b.high};
}
EIGENVIT_FORCE_INLINE Vec operator/(Vec a, Vec b) {
  return {a.low / b.low, a.high / b.high};
}
EIGENVIT_FORCE_INLINE Vec load(const float* p) {
  return {avx2::load(p), avx2::load(p + avx2::lanes)};
}
EIGENVIT_FORCE_INLINE void store(float* p, Vec v) {
  avx2::store(p, v.low);
  avx2::store(p + avx2::lanes, v.high);
}
EIGENVIT_FORCE_INLINE Vec zero() {
  return {avx2::zero(), avx2::zero()};
}
EIGENVIT_FORCE_INLINE Vec broadcast(float x) {
  return {avx2::broadcast(x), avx2::broadcast(x)};
}
EIGENVIT_FORCE_INLINE Vec broadcast_from(const float* p) {
  return {avx2::broadcast_from(p), avx2::broadcast_from(p)};
}
EIGENVIT_FORCE_INLINE Vec min(Vec a, Vec b) {
  return {avx2::min(a.low, b.low), avx2::min(a.high, b.high)};
}
EIGENVIT_FORCE_INLINE Vec max(Vec a, Vec b) {
  return {avx2::max(a.low, b.low), avx2::max(a.high, b.high)};
}
EIGENVIT_FORCE_INLINE Vec square_root(Vec a) {
  return {avx2::square_root(a.low), avx2::square_root(a.high)};
}
EIGENVIT_FORCE_INLINE Vec fma(Vec a, Vec b, Vec c) {
  return {avx2::fma(a.low, b.low, c.low), avx2::fma(a.high, b.high, c.high)};
}
EIGENVIT_FORCE_INLINE Vec swap_pairs(Vec a) {
  return {avx2::swap_pairs(a.low), avx2::swap_pairs(a.high)};
}
EIGENVIT_FORCE_INLINE Vec load_fours(const float* const* places, Stride offset) {
  return {avx2::load_fours(places, offset), avx2::load_fours(places + avx2::lanes, offset)};
}
EIGENVIT_FORCE_INLINE Vec interleave_low(Vec a, Vec b) {
  return {avx2::interleave_low(a.low, b.low), avx2::interleave_low(a.high, b.high)};
}
EIGENVIT_FORCE_INLINE Vec interleave_high(Vec a, Vec b) {
  return {avx2::interleave_high(a.low, b.low), avx2::interleave_high(a.high, b.high)};
}
EIGENVIT_FORCE_INLINE Vec join_low(Vec a, Vec b) {
  return {avx2::join_low(a.low, b.low), avx2::join_low(a.high, b.high)};
}
EIGENVIT_FORCE_INLINE Vec join_high(Vec a, Vec b) {
  return {avx2::join_high(a.low, b.low), avx2::join_high(a.high, b.high)};
}
EIGENVIT_FORCE_INLINE Vec lowest_bits_as_exponent(Vec a) {
  return {avx2::lowest_bits_as_exponent(a.low), avx2::lowest_bits_as_exponent(a.high)};
}
EIGENVIT_FORCE_INLINE Vec zero_where_less(Vec a, Vec b, Vec x) {
  return {avx2::zero_where_less(a.low, b.low, x.low),
          avx2::zero_where_less(a.high, b.high, x.high)};
}
EIGENVIT_FORCE_INLINE void multiply_add(Vec& sum, Vec a, Vec b) {
  sum = fma(a, b, sum);
}

EIGENVIT_FORCE_INLINE Vec load_float16(const unsigned short* p) {
  return {avx2::load_float16(p), avx2::load_float16(p + avx2::lanes)};
}
EIGENVIT_FORCE_INLINE void store_float16(unsigned short* p, Vec v) {
  avx2::store_float16(p, v.low);
  avx2::store_float16(p + avx2::lanes, v.high);
}
EIGENVIT_FORCE_INLINE Vec load_bfloat16(const unsigned short* p) {
  return {avx2::load_bfloat16(p), avx2::load_bfloat16(p + avx2::lanes)};
}
EIGENVIT_FORCE_INLINE void store_bfloat16(unsigned short* p, Vec v) {
  avx2::store_bfloat16(p, v.low);
  avx2::store_bfloat16(p + avx2::lanes, v.high);
}
EIGENVIT_FORCE_INLINE void store_rounded(int* p, Vec v) {
  avx2::store_rounded(p, v.low);
  avx2::store_rounded(p + avx2::lanes, v.high);
}

EIGENVIT_FORCE_INLINE Vec sums_to_float(Vec sums) {
  return {avx2::sums_to_float(sums.low), avx2::sums_to_float(sums.high)};
}

#include <eigenvit/kernels/generic/kernels.inc>
// After the kernels that they are made of.
#include <eigenvit/kernels/generic/formats/stored.inc>

/// What it takes of AVX2's table is the library's own.
inline KernelTable table(const KernelTable& avx2) {
  return float_table.with(WeightFormat::float16, stored_format<WeightFormat::float16>, name)
      .with(WeightFormat::bfloat16, stored_format<WeightFormat::bfloat16>, name)
      .with(WeightFormat::int8, avx2.format(WeightFormat::int8), name)
      .with(AttentionFormat::words, avx2.attention(AttentionFormat::words));
}

}  // namespace avx512_in_halves
}  // namespace kernels
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit
EIGENVIT_KERNELS_END

#endif
