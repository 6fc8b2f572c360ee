/// The arithmetic of decoding a JPEG's samples with the vectors that every x86-64 processor has:
/// the same bits as `portable_kernels.hpp`, where the functions are described.
#ifndef EIGENVIT_IMAGE_CODECS_JPEG_SSE2_KERNELS_INL
#define EIGENVIT_IMAGE_CODECS_JPEG_SSE2_KERNELS_INL

#include <eigenvit/image/codecs/jpeg/portable_kernels.hpp>

#if defined(__SSE2__) || defined(_M_X64)

#include <emmintrin.h>

#include <cstddef>
#include <cstdint>

#include <eigenvit/core/compiler.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {
namespace jpeg_sse2 {

inline __m128i load(const void* from) noexcept {
  return _mm_loadu_si128(static_cast<const __m128i*>(from));
}
inline void store(void* to, __m128i value) noexcept {
  _mm_storeu_si128(static_cast<__m128i*>(to), value);
}
inline __m128i low_half(const void* from) noexcept {
  return _mm_loadl_epi64(static_cast<const __m128i*>(from));
}

/// Eight numbers of 32 bits.
struct Wide {
  __m128i low;
  __m128i high;
};

inline Wide operator+(Wide a, Wide b) noexcept {
  return {_mm_add_epi32(a.low, b.low), _mm_add_epi32(a.high, b.high)};
}
inline Wide operator-(Wide a, Wide b) noexcept {
  return {_mm_sub_epi32(a.low, b.low), _mm_sub_epi32(a.high, b.high)};
}

/// `x * a + y * b`.
inline Wide products(__m128i x, int a, __m128i y, int b) noexcept {
  const __m128i factors = _mm_unpacklo_epi16(_mm_set1_epi16(static_cast<short>(a)),
                                             _mm_set1_epi16(static_cast<short>(b)));
  return {_mm_madd_epi16(_mm_unpacklo_epi16(x, y), factors),
          _mm_madd_epi16(_mm_unpackhi_epi16(x, y), factors)};
}

template <int Drop>
inline __m128i rounded(Wide sum) noexcept {
  const __m128i half = _mm_set1_epi32(1 << (Drop - 1));
  return _mm_packs_epi32(_mm_srai_epi32(_mm_add_epi32(sum.low, half), Drop),
                         _mm_srai_epi32(_mm_add_epi32(sum.high, half), Drop));
}

template <int Drop>
inline void inverse_dct_pass(__m128i (&v)[8]) noexcept {
  const auto widened = [](__m128i value) -> Wide {
    const __m128i zero = _mm_setzero_si128();
    return {_mm_srai_epi32(_mm_unpacklo_epi16(zero, value), 16 - dct_bits),
            _mm_srai_epi32(_mm_unpackhi_epi16(zero, value), 16 - dct_bits)};
  };
  const Wide even_a = products(v[2], dct_0_541 + dct_0_765, v[6], dct_0_541);
  const Wide even_b = products(v[2], dct_0_541, v[6], dct_0_541 - dct_1_847);
  const Wide sum = widened(_mm_add_epi16(v[0], v[4]));
  const Wide difference = widened(_mm_sub_epi16(v[0], v[4]));
  const Wide even_0 = sum + even_a, even_3 = sum - even_a;
  const Wide even_1 = difference + even_b, even_2 = difference - even_b;
  const __m128i z3 = _mm_add_epi16(v[7], v[3]);
  const __m128i z4 = _mm_add_epi16(v[5], v[1]);
  const Wide odd_a = products(z3, dct_1_175 - dct_1_961, z4, dct_1_175);
  const Wide odd_b = products(z3, dct_1_175, z4, dct_1_175 - dct_0_390);
  const Wide odd_0 = products(v[7], -dct_0_899, v[1], dct_1_501 - dct_0_899) + odd_b;
  const Wide odd_1 = products(v[5], -dct_2_562, v[3], dct_3_072 - dct_2_562) + odd_a;
  const Wide odd_2 = products(v[5], dct_2_053 - dct_2_562, v[3], -dct_2_562) + odd_b;
  const Wide odd_3 = products(v[7], dct_0_298 - dct_0_899, v[1], -dct_0_899) + odd_a;
  v[0] = rounded<Drop>(even_0 + odd_0);
  v[1] = rounded<Drop>(even_1 + odd_1);
  v[2] = rounded<Drop>(even_2 + odd_2);
  v[3] = rounded<Drop>(even_3 + odd_3);
  v[4] = rounded<Drop>(even_3 - odd_3);
  v[5] = rounded<Drop>(even_2 - odd_2);
  v[6] = rounded<Drop>(even_1 - odd_1);
  v[7] = rounded<Drop>(even_0 - odd_0);
}

inline void transpose(__m128i (&v)[8]) noexcept {
  __m128i a[8], b[8];
  for (int i = 0; i < 4; ++i) {
    a[2 * i] = _mm_unpacklo_epi16(v[2 * i], v[2 * i + 1]);
    a[2 * i + 1] = _mm_unpackhi_epi16(v[2 * i], v[2 * i + 1]);
  }
  for (int i = 0; i < 2; ++i) {
    b[4 * i] = _mm_unpacklo_epi32(a[4 * i], a[4 * i + 2]);
    b[4 * i + 1] = _mm_unpackhi_epi32(a[4 * i], a[4 * i + 2]);
    b[4 * i + 2] = _mm_unpacklo_epi32(a[4 * i + 1], a[4 * i + 3]);
    b[4 * i + 3] = _mm_unpackhi_epi32(a[4 * i + 1], a[4 * i + 3]);
  }
  for (int i = 0; i < 4; ++i) {
    v[2 * i] = _mm_unpacklo_epi64(b[i], b[i + 4]);
    v[2 * i + 1] = _mm_unpackhi_epi64(b[i], b[i + 4]);
  }
}

inline void inverse_dct(const std::int16_t* coefficients, const std::int16_t* steps,
                        std::uint8_t* out, std::ptrdiff_t stride) noexcept {
  __m128i v[8];
  for (int i = 0; i < 8; ++i) v[i] = load(coefficients + 8 * i);
  const __m128i below =
      _mm_or_si128(_mm_or_si128(_mm_or_si128(v[1], v[2]), _mm_or_si128(v[3], v[4])),
                   _mm_or_si128(_mm_or_si128(v[5], v[6]), v[7]));
  const bool first_row_only =
      _mm_movemask_epi8(_mm_cmpeq_epi8(below, _mm_setzero_si128())) == 0xffff;
  if (first_row_only) {
    const __m128i row = _mm_slli_epi16(_mm_mullo_epi16(v[0], load(steps)), dct_kept_bits);
    const __m128i low = _mm_unpacklo_epi16(row, row), high = _mm_unpackhi_epi16(row, row);
    v[0] = _mm_shuffle_epi32(low, 0x00);
    v[1] = _mm_shuffle_epi32(low, 0x55);
    v[2] = _mm_shuffle_epi32(low, 0xaa);
    v[3] = _mm_shuffle_epi32(low, 0xff);
    v[4] = _mm_shuffle_epi32(high, 0x00);
    v[5] = _mm_shuffle_epi32(high, 0x55);
    v[6] = _mm_shuffle_epi32(high, 0xaa);
    v[7] = _mm_shuffle_epi32(high, 0xff);
  } else {
    for (int i = 0; i < 8; ++i) v[i] = _mm_mullo_epi16(v[i], load(steps + 8 * i));
    inverse_dct_pass<dct_bits - dct_kept_bits>(v);
    transpose(v);
  }
  inverse_dct_pass<dct_bits + dct_kept_bits + 3>(v);
  transpose(v);
  const __m128i centre = _mm_set1_epi8(-128);
  for (int i = 0; i < 8; i += 2, out += 2 * stride) {
    const __m128i rows = _mm_add_epi8(_mm_packs_epi16(v[i], v[i + 1]), centre);
    _mm_storel_epi64(reinterpret_cast<__m128i*>(out), rows);
    _mm_storel_epi64(reinterpret_cast<__m128i*>(out + stride), _mm_unpackhi_epi64(rows, rows));
  }
}

/// `3 * closer + farther`.
inline __m128i weighted(__m128i closer, __m128i farther) noexcept {
  return _mm_add_epi16(_mm_add_epi16(closer, _mm_slli_epi16(closer, 1)), farther);
}

/// Alternating samples of both, of 8 bits out of 16.
inline __m128i alternating(__m128i even, __m128i odd) noexcept {
  return _mm_or_si128(even, _mm_slli_epi16(odd, 8));
}

inline __m128i widened_bytes(const std::uint8_t* from) noexcept {
  return _mm_unpacklo_epi8(low_half(from), _mm_setzero_si128());
}

inline void upsample_across(const std::uint8_t* in, std::size_t count, std::uint8_t* out) noexcept {
  std::size_t i = 0;
  for (; i + 8 <= count; i += 8) {
    const __m128i closer = widened_bytes(in + i);
    const __m128i even =
        _mm_add_epi16(weighted(closer, widened_bytes(in + i - 1)), _mm_set1_epi16(1));
    const __m128i odd =
        _mm_add_epi16(weighted(closer, widened_bytes(in + i + 1)), _mm_set1_epi16(2));
    store(out + 2 * i, alternating(_mm_srli_epi16(even, 2), _mm_srli_epi16(odd, 2)));
  }
  jpeg_portable::upsample_across(in + i, count - i, out + 2 * i);
}

inline void upsample_down(const std::uint8_t* closer, const std::uint8_t* farther,
                          std::size_t count, int bias, std::uint8_t* out) noexcept {
  const __m128i rounding = _mm_set1_epi16(static_cast<short>(bias));
  std::size_t i = 0;
  for (; i + 8 <= count; i += 8) {
    const __m128i sum =
        _mm_add_epi16(weighted(widened_bytes(closer + i), widened_bytes(farther + i)), rounding);
    _mm_storel_epi64(reinterpret_cast<__m128i*>(out + i),
                     _mm_packus_epi16(_mm_srli_epi16(sum, 2), _mm_setzero_si128()));
  }
  jpeg_portable::upsample_down(closer + i, farther + i, count - i, bias, out + i);
}

inline void weighted_rows(const std::uint8_t* closer, const std::uint8_t* farther,
                          std::size_t count, std::uint16_t* out) noexcept {
  std::size_t i = 0;
  for (; i + 8 <= count; i += 8) {
    store(out + i, weighted(widened_bytes(closer + i), widened_bytes(farther + i)));
  }
  jpeg_portable::weighted_rows(closer + i, farther + i, count - i, out + i);
}

inline void upsample_sums(const std::uint16_t* in, std::size_t count, std::uint8_t* out) noexcept {
  std::size_t i = 0;
  for (; i + 8 <= count; i += 8) {
    const __m128i closer = load(in + i);
    const __m128i even = _mm_add_epi16(weighted(closer, load(in + i - 1)), _mm_set1_epi16(8));
    const __m128i odd = _mm_add_epi16(weighted(closer, load(in + i + 1)), _mm_set1_epi16(7));
    store(out + 2 * i, alternating(_mm_srli_epi16(even, 4), _mm_srli_epi16(odd, 4)));
  }
  jpeg_portable::upsample_sums(in + i, count - i, out + 2 * i);
}

/// `factor * value / 2^16`, rounded: twice the product is cut off at half a unit.
inline __m128i scaled(__m128i value, int factor) noexcept {
  const __m128i twice =
      _mm_mulhi_epi16(_mm_add_epi16(value, value), _mm_set1_epi16(static_cast<short>(factor)));
  return _mm_srai_epi16(_mm_add_epi16(twice, _mm_set1_epi16(1)), 1);
}

struct Colours {
  __m128i red, green, blue;
};

/// Eight pixels, before they are limited to a byte.
inline Colours colours(__m128i y, __m128i cb, __m128i cr) noexcept {
  const __m128i half = _mm_set1_epi32(1 << 15);
  const Wide sum = products(cb, green_of_cb, cr, green_of_cr);
  const __m128i green = _mm_packs_epi32(_mm_srai_epi32(_mm_add_epi32(sum.low, half), 16),
                                        _mm_srai_epi32(_mm_add_epi32(sum.high, half), 16));
  return {_mm_add_epi16(_mm_add_epi16(y, cr), scaled(cr, red_of_cr)),
          _mm_add_epi16(_mm_sub_epi16(y, cr), green),
          _mm_add_epi16(_mm_add_epi16(y, _mm_add_epi16(cb, cb)), scaled(cb, blue_of_cb))};
}

/// Four pixels of four bytes to the first twelve bytes; the rest is zero.
inline __m128i without_fourth_bytes(__m128i pixels) noexcept {
  const __m128i first = _mm_set1_epi64x(0x0000000000ffffff);
  const __m128i second = _mm_set1_epi64x(0x0000ffffff000000);
  const __m128i pairs =
      _mm_or_si128(_mm_and_si128(pixels, first), _mm_and_si128(_mm_srli_epi64(pixels, 8), second));
  const __m128i low = _mm_move_epi64(pairs);
  return _mm_or_si128(low, _mm_slli_si128(_mm_srli_si128(pairs, 8), 6));
}

inline void ycc_to_rgb(const std::uint8_t* luma, const std::uint8_t* blue, const std::uint8_t* red,
                       std::size_t count, std::uint8_t* out) noexcept {
  const __m128i zero = _mm_setzero_si128();
  const __m128i centre = _mm_set1_epi16(128);
  std::size_t i = 0;
  for (; i + 16 <= count; i += 16, out += 48) {
    const __m128i y = load(luma + i), cb = load(blue + i), cr = load(red + i);
    const Colours low =
        colours(_mm_unpacklo_epi8(y, zero), _mm_sub_epi16(_mm_unpacklo_epi8(cb, zero), centre),
                _mm_sub_epi16(_mm_unpacklo_epi8(cr, zero), centre));
    const Colours high =
        colours(_mm_unpackhi_epi8(y, zero), _mm_sub_epi16(_mm_unpackhi_epi8(cb, zero), centre),
                _mm_sub_epi16(_mm_unpackhi_epi8(cr, zero), centre));
    const __m128i r = _mm_packus_epi16(low.red, high.red);
    const __m128i g = _mm_packus_epi16(low.green, high.green);
    const __m128i b = _mm_packus_epi16(low.blue, high.blue);
    const __m128i rg_low = _mm_unpacklo_epi8(r, g), rg_high = _mm_unpackhi_epi8(r, g);
    const __m128i b_low = _mm_unpacklo_epi8(b, zero), b_high = _mm_unpackhi_epi8(b, zero);
    const __m128i p0 = without_fourth_bytes(_mm_unpacklo_epi16(rg_low, b_low));
    const __m128i p1 = without_fourth_bytes(_mm_unpackhi_epi16(rg_low, b_low));
    const __m128i p2 = without_fourth_bytes(_mm_unpacklo_epi16(rg_high, b_high));
    const __m128i p3 = without_fourth_bytes(_mm_unpackhi_epi16(rg_high, b_high));
    store(out, _mm_or_si128(p0, _mm_slli_si128(p1, 12)));
    store(out + 16, _mm_or_si128(_mm_srli_si128(p1, 4), _mm_slli_si128(p2, 8)));
    store(out + 32, _mm_or_si128(_mm_srli_si128(p2, 8), _mm_slli_si128(p3, 4)));
  }
  jpeg_portable::ycc_to_rgb(luma + i, blue + i, red + i, count - i, out);
}

}  // namespace jpeg_sse2
}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif

#endif
