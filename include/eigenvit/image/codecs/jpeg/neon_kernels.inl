/// The arithmetic of decoding a JPEG's samples with the vectors that every 64-bit ARM processor
/// has: the same bits as `portable_kernels.hpp`, where the functions are described.
#ifndef EIGENVIT_IMAGE_CODECS_JPEG_NEON_KERNELS_INL
#define EIGENVIT_IMAGE_CODECS_JPEG_NEON_KERNELS_INL

#include <eigenvit/image/codecs/jpeg/portable_kernels.hpp>

#if defined(__aarch64__) || defined(_M_ARM64)

#include <arm_neon.h>

#include <cstddef>
#include <cstdint>

#include <eigenvit/core/compiler.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {
namespace jpeg_neon {

/// Eight numbers of 32 bits.
struct Wide {
  int32x4_t low;
  int32x4_t high;
};

inline Wide operator+(Wide a, Wide b) noexcept {
  return {vaddq_s32(a.low, b.low), vaddq_s32(a.high, b.high)};
}
inline Wide operator-(Wide a, Wide b) noexcept {
  return {vsubq_s32(a.low, b.low), vsubq_s32(a.high, b.high)};
}

/// `x * a + y * b`.
inline Wide products(int16x8_t x, int a, int16x8_t y, int b) noexcept {
  const auto first = static_cast<std::int16_t>(a), second = static_cast<std::int16_t>(b);
  return {vmlal_n_s16(vmull_n_s16(vget_low_s16(x), first), vget_low_s16(y), second),
          vmlal_n_s16(vmull_n_s16(vget_high_s16(x), first), vget_high_s16(y), second)};
}

/// The sum with half a unit wraps, so that the rounding shift of the instruction set will not do.
template <int Drop>
int16x8_t rounded(Wide sum) noexcept {
  const int32x4_t half = vdupq_n_s32(1 << (Drop - 1));
  return vcombine_s16(vqmovn_s32(vshrq_n_s32(vaddq_s32(sum.low, half), Drop)),
                      vqmovn_s32(vshrq_n_s32(vaddq_s32(sum.high, half), Drop)));
}

template <int Drop>
void inverse_dct_pass(int16x8_t (&v)[8]) noexcept {
  const auto widened = [](int16x8_t value) -> Wide {
    return {vshll_n_s16(vget_low_s16(value), dct_bits),
            vshll_n_s16(vget_high_s16(value), dct_bits)};
  };
  const Wide even_a = products(v[2], dct_0_541 + dct_0_765, v[6], dct_0_541);
  const Wide even_b = products(v[2], dct_0_541, v[6], dct_0_541 - dct_1_847);
  const Wide sum = widened(vaddq_s16(v[0], v[4]));
  const Wide difference = widened(vsubq_s16(v[0], v[4]));
  const Wide even[4] = {sum + even_a, difference + even_b, difference - even_b, sum - even_a};
  const int16x8_t z3 = vaddq_s16(v[7], v[3]);
  const int16x8_t z4 = vaddq_s16(v[5], v[1]);
  const Wide odd_a = products(z3, dct_1_175 - dct_1_961, z4, dct_1_175);
  const Wide odd_b = products(z3, dct_1_175, z4, dct_1_175 - dct_0_390);
  const Wide odd[4] = {products(v[7], -dct_0_899, v[1], dct_1_501 - dct_0_899) + odd_b,
                       products(v[5], -dct_2_562, v[3], dct_3_072 - dct_2_562) + odd_a,
                       products(v[5], dct_2_053 - dct_2_562, v[3], -dct_2_562) + odd_b,
                       products(v[7], dct_0_298 - dct_0_899, v[1], -dct_0_899) + odd_a};
  for (int i = 0; i < 4; ++i) {
    v[i] = rounded<Drop>(even[i] + odd[i]);
    v[7 - i] = rounded<Drop>(even[i] - odd[i]);
  }
}

inline void transpose(int16x8_t (&v)[8]) noexcept {
  int16x8_t a[8];
  int32x4_t b[8];
  for (int i = 0; i < 8; i += 2) {
    a[i] = vtrn1q_s16(v[i], v[i + 1]);
    a[i + 1] = vtrn2q_s16(v[i], v[i + 1]);
  }
  for (int i = 0; i < 8; i += 4) {
    for (int j = 0; j < 2; ++j) {
      const int32x4_t upper = vreinterpretq_s32_s16(a[i + j]);
      const int32x4_t lower = vreinterpretq_s32_s16(a[i + j + 2]);
      b[i + j] = vtrn1q_s32(upper, lower);
      b[i + j + 2] = vtrn2q_s32(upper, lower);
    }
  }
  for (int i = 0; i < 4; ++i) {
    const int64x2_t left = vreinterpretq_s64_s32(b[i]), right = vreinterpretq_s64_s32(b[i + 4]);
    v[i] = vreinterpretq_s16_s64(vtrn1q_s64(left, right));
    v[i + 4] = vreinterpretq_s16_s64(vtrn2q_s64(left, right));
  }
}

inline void inverse_dct(const std::int16_t* coefficients, const std::int16_t* steps,
                        std::uint8_t* out, std::ptrdiff_t stride) noexcept {
  int16x8_t v[8];
  for (int i = 0; i < 8; ++i) v[i] = vld1q_s16(coefficients + 8 * i);
  const int16x8_t below = vorrq_s16(vorrq_s16(vorrq_s16(v[1], v[2]), vorrq_s16(v[3], v[4])),
                                    vorrq_s16(vorrq_s16(v[5], v[6]), v[7]));
  const bool first_row_only = vmaxvq_u16(vreinterpretq_u16_s16(below)) == 0;
  for (int i = 0; i < 8; ++i) v[i] = vmulq_s16(v[i], vld1q_s16(steps + 8 * i));
  if (first_row_only) {
    v[0] = vshlq_n_s16(v[0], dct_kept_bits);
    for (int i = 1; i < 8; ++i) v[i] = v[0];
  } else {
    inverse_dct_pass<dct_bits - dct_kept_bits>(v);
  }
  transpose(v);
  inverse_dct_pass<dct_bits + dct_kept_bits + 3>(v);
  transpose(v);
  for (int i = 0; i < 8; ++i, out += stride) {
    vst1_u8(out, vadd_u8(vreinterpret_u8_s8(vqmovn_s16(v[i])), vdup_n_u8(128)));
  }
}

/// `3 * closer + farther`.
inline uint16x8_t weighted(uint16x8_t closer, uint16x8_t farther) noexcept {
  return vaddq_u16(vaddq_u16(closer, vshlq_n_u16(closer, 1)), farther);
}

inline uint16x8_t widened_bytes(const std::uint8_t* from) noexcept {
  return vmovl_u8(vld1_u8(from));
}

inline void upsample_across(const std::uint8_t* in, std::size_t count, std::uint8_t* out) noexcept {
  std::size_t i = 0;
  for (; i + 8 <= count; i += 8) {
    const uint16x8_t closer = widened_bytes(in + i);
    const uint16x8_t even = vaddq_u16(weighted(closer, widened_bytes(in + i - 1)), vdupq_n_u16(1));
    const uint16x8_t odd = vaddq_u16(weighted(closer, widened_bytes(in + i + 1)), vdupq_n_u16(2));
    vst2_u8(out + 2 * i, uint8x8x2_t{{vshrn_n_u16(even, 2), vshrn_n_u16(odd, 2)}});
  }
  jpeg_portable::upsample_across(in + i, count - i, out + 2 * i);
}

inline void upsample_down(const std::uint8_t* closer, const std::uint8_t* farther,
                          std::size_t count, int bias, std::uint8_t* out) noexcept {
  const uint16x8_t rounding = vdupq_n_u16(static_cast<std::uint16_t>(bias));
  std::size_t i = 0;
  for (; i + 8 <= count; i += 8) {
    const uint16x8_t sum =
        vaddq_u16(weighted(widened_bytes(closer + i), widened_bytes(farther + i)), rounding);
    vst1_u8(out + i, vshrn_n_u16(sum, 2));
  }
  jpeg_portable::upsample_down(closer + i, farther + i, count - i, bias, out + i);
}

inline void weighted_rows(const std::uint8_t* closer, const std::uint8_t* farther,
                          std::size_t count, std::uint16_t* out) noexcept {
  std::size_t i = 0;
  for (; i + 8 <= count; i += 8) {
    vst1q_u16(out + i, weighted(widened_bytes(closer + i), widened_bytes(farther + i)));
  }
  jpeg_portable::weighted_rows(closer + i, farther + i, count - i, out + i);
}

inline void upsample_sums(const std::uint16_t* in, std::size_t count, std::uint8_t* out) noexcept {
  std::size_t i = 0;
  for (; i + 8 <= count; i += 8) {
    const uint16x8_t closer = vld1q_u16(in + i);
    const uint16x8_t even = vaddq_u16(weighted(closer, vld1q_u16(in + i - 1)), vdupq_n_u16(8));
    const uint16x8_t odd = vaddq_u16(weighted(closer, vld1q_u16(in + i + 1)), vdupq_n_u16(7));
    vst2_u8(out + 2 * i, uint8x8x2_t{{vshrn_n_u16(even, 4), vshrn_n_u16(odd, 4)}});
  }
  jpeg_portable::upsample_sums(in + i, count - i, out + 2 * i);
}

inline void ycc_to_rgb(const std::uint8_t* luma, const std::uint8_t* blue, const std::uint8_t* red,
                       std::size_t count, std::uint8_t* out) noexcept {
  std::size_t i = 0;
  for (; i + 8 <= count; i += 8) {
    const auto centred = [](const std::uint8_t* from) {
      return vsubq_s16(vreinterpretq_s16_u16(widened_bytes(from)), vdupq_n_s16(128));
    };
    const int16x8_t y = vreinterpretq_s16_u16(widened_bytes(luma + i));
    const int16x8_t cb = centred(blue + i), cr = centred(red + i);
    const int16x8_t from_red = rounded<16>(products(cr, red_of_cr, cr, 0));
    const int16x8_t from_blue = rounded<16>(products(cb, blue_of_cb, cb, 0));
    const int16x8_t from_both = rounded<16>(products(cb, green_of_cb, cr, green_of_cr));
    vst3_u8(out + 3 * i,
            uint8x8x3_t{{vqmovun_s16(vaddq_s16(vaddq_s16(y, cr), from_red)),
                         vqmovun_s16(vaddq_s16(vsubq_s16(y, cr), from_both)),
                         vqmovun_s16(vaddq_s16(vaddq_s16(y, vaddq_s16(cb, cb)), from_blue))}});
  }
  jpeg_portable::ycc_to_rgb(luma + i, blue + i, red + i, count - i, out + 3 * i);
}

}  // namespace jpeg_neon
}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif

#endif
