/// The arithmetic of decoding a JPEG's samples, in plain C++.
#ifndef EIGENVIT_IMAGE_CODECS_JPEG_PORTABLE_KERNELS_HPP
#define EIGENVIT_IMAGE_CODECS_JPEG_PORTABLE_KERNELS_HPP

#include <array>
#include <cstddef>
#include <cstdint>
#include <utility>

#include <eigenvit/core/compiler.hpp>
#include <eigenvit/image/codecs/jpeg/frame.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

// The numbers of the inverse DCT with 13 bits of fraction.
constexpr int dct_0_298 = 2446, dct_0_390 = 3196, dct_0_541 = 4433, dct_0_765 = 6270;
constexpr int dct_0_899 = 7373, dct_1_175 = 9633, dct_1_501 = 12299, dct_1_847 = 15137;
constexpr int dct_1_961 = 16069, dct_2_053 = 16819, dct_2_562 = 20995, dct_3_072 = 25172;
constexpr int dct_bits = 13;
/// Bits of fraction that are kept between the passes over columns and rows.
constexpr int dct_kept_bits = 2;

/// Numbers of the conversion to RGB with 16 bits of fraction, less a whole part: 1.402 - 1,
/// 1.772 - 2, -0.34414 and 1 - 0.71414.
constexpr int red_of_cr = 26345, blue_of_cb = -14942, green_of_cb = -22554, green_of_cr = 18734;

namespace jpeg_portable {

constexpr std::uint8_t clamp_sample(std::int32_t value) noexcept {
  return static_cast<std::uint8_t>(value < 0 ? 0 : value > 255 ? 255 : value);
}

constexpr std::int16_t wrap16(std::int32_t value) noexcept {
  const std::int32_t low = value & 0xffff;
  return static_cast<std::int16_t>(low < 0x8000 ? low : low - 0x10000);
}

/// Eight sums of products modulo 2^32, which corrupt files can exceed. Loops of a fixed length
/// become vectors.
struct EightSums {
  std::array<std::uint32_t, 8> lane{};

  friend EightSums operator+(const EightSums& a, const EightSums& b) noexcept {
    EightSums sum;
    for (std::size_t i = 0; i < 8; ++i) sum.lane[i] = a.lane[i] + b.lane[i];
    return sum;
  }
  friend EightSums operator-(const EightSums& a, const EightSums& b) noexcept {
    EightSums difference;
    for (std::size_t i = 0; i < 8; ++i) difference.lane[i] = a.lane[i] - b.lane[i];
    return difference;
  }
  friend EightSums operator*(const EightSums& a, int factor) noexcept {
    EightSums product;
    for (std::size_t i = 0; i < 8; ++i) {
      product.lane[i] = a.lane[i] * static_cast<std::uint32_t>(factor);
    }
    return product;
  }

  /// The lower 16 bits, as a signed number.
  EightSums wrapped() const noexcept {
    EightSums low;
    for (std::size_t i = 0; i < 8; ++i) {
      low.lane[i] = ((lane[i] & 0xffff) ^ 0x8000) - 0x8000;
    }
    return low;
  }
  /// Rounded, without `bits` bits of fraction, and at most what 16 bits hold.
  EightSums rounded(int bits) const noexcept {
    EightSums whole;
    for (std::size_t i = 0; i < 8; ++i) {
      const auto sum = static_cast<std::int32_t>(lane[i] + (std::uint32_t{1} << (bits - 1)));
      const std::int32_t value = sum >> bits;
      whole.lane[i] = static_cast<std::uint32_t>(value < -32768  ? -32768
                                                 : value > 32767 ? 32767
                                                                 : value);
    }
    return whole;
  }
};

using EightByEight = std::array<EightSums, 8>;

/// Source: Loeffler, Ligtenberg, Moschytz: Practical fast 1-D DCT algorithms with 11
/// multiplications (1989), as in libjpeg.
inline void inverse_dct_pass(EightByEight& v, int drop) noexcept {
  const EightSums even_a = v[2] * (dct_0_541 + dct_0_765) + v[6] * dct_0_541;
  const EightSums even_b = v[2] * dct_0_541 + v[6] * (dct_0_541 - dct_1_847);
  const EightSums sum = (v[0] + v[4]).wrapped() * (1 << dct_bits);
  const EightSums difference = (v[0] - v[4]).wrapped() * (1 << dct_bits);
  const EightByEight even = {sum + even_a, difference + even_b, difference - even_b, sum - even_a};
  const EightSums z3 = (v[7] + v[3]).wrapped();
  const EightSums z4 = (v[5] + v[1]).wrapped();
  const EightSums odd_a = z3 * (dct_1_175 - dct_1_961) + z4 * dct_1_175;
  const EightSums odd_b = z3 * dct_1_175 + z4 * (dct_1_175 - dct_0_390);
  const EightByEight odd = {v[7] * -dct_0_899 + v[1] * (dct_1_501 - dct_0_899) + odd_b,
                            v[5] * -dct_2_562 + v[3] * (dct_3_072 - dct_2_562) + odd_a,
                            v[5] * (dct_2_053 - dct_2_562) + v[3] * -dct_2_562 + odd_b,
                            v[7] * (dct_0_298 - dct_0_899) + v[1] * -dct_0_899 + odd_a};
  for (std::size_t i = 0; i < 4; ++i) {
    v[i] = (even[i] + odd[i]).rounded(drop);
    v[7 - i] = (even[i] - odd[i]).rounded(drop);
  }
}

inline void transpose(EightByEight& v) noexcept {
  for (std::size_t y = 0; y < 8; ++y) {
    for (std::size_t x = 0; x < y; ++x) std::swap(v[y].lane[x], v[x].lane[y]);
  }
}

/// The 8x8 samples of a block, rows `stride` apart: quantised coefficients times `steps`, the
/// inverse DCT in integers, 128 added. Sums of corrupt files wrap and saturate as in
/// libjpeg-turbo's code for x86 processors.
inline void inverse_dct(const std::int16_t* coefficients, const std::int16_t* steps,
                        std::uint8_t* out, std::ptrdiff_t stride) noexcept {
  EightByEight v;
  std::uint32_t below_first_row = 0;
  for (std::size_t y = 0; y < 8; ++y, coefficients += 8, steps += 8) {
    for (std::size_t x = 0; x < 8; ++x) {
      v[y].lane[x] = static_cast<std::uint32_t>(std::int32_t{coefficients[x]} * steps[x]);
      if (y > 0) below_first_row |= static_cast<std::uint16_t>(coefficients[x]);
    }
    v[y] = v[y].wrapped();
  }
  if (below_first_row == 0) {
    v.fill((v[0] * (1 << dct_kept_bits)).wrapped());
  } else {
    inverse_dct_pass(v, dct_bits - dct_kept_bits);
  }
  transpose(v);
  inverse_dct_pass(v, dct_bits + dct_kept_bits + 3);
  transpose(v);
  for (const EightSums& row : v) {
    for (std::size_t x = 0; x < 8; ++x) {
      out[x] = clamp_sample(static_cast<std::int32_t>(row.lane[x]) + 128);
    }
    out += stride;
  }
}

/// The sample that a block without AC coefficients consists of: `inverse_dct` of it.
inline std::uint8_t flat_block(std::int16_t coefficient, std::int16_t step) noexcept {
  const std::int16_t value =
      wrap16(std::int32_t{wrap16(std::int32_t{coefficient} * step)} * (1 << dct_kept_bits));
  return clamp_sample(((value + 16) >> 5) + 128);
}

/// Twice as many samples: `out[2i]` is 3/4 `in[i]` + 1/4 `in[i-1]`, `out[2i+1]` is 3/4 `in[i]` +
/// 1/4 `in[i+1]`. Reads `in[-1]` and `in[count]`.
inline void upsample_across(const std::uint8_t* in, std::size_t count, std::uint8_t* out) noexcept {
  for (std::size_t i = 0; i < count; ++i) {
    const int closer = 3 * in[i];
    out[2 * i] =
        static_cast<std::uint8_t>((closer + in[static_cast<std::ptrdiff_t>(i) - 1] + 1) >> 2);
    out[2 * i + 1] = static_cast<std::uint8_t>((closer + in[i + 1] + 2) >> 2);
  }
}

/// A row between two: 3/4 `closer` + 1/4 `farther`, `bias` for the rounding.
inline void upsample_down(const std::uint8_t* closer, const std::uint8_t* farther,
                          std::size_t count, int bias, std::uint8_t* out) noexcept {
  for (std::size_t i = 0; i < count; ++i) {
    out[i] = static_cast<std::uint8_t>((3 * closer[i] + farther[i] + bias) >> 2);
  }
}

/// 3 `closer` + `farther`.
inline void weighted_rows(const std::uint8_t* closer, const std::uint8_t* farther,
                          std::size_t count, std::uint16_t* out) noexcept {
  for (std::size_t i = 0; i < count; ++i) {
    out[i] = static_cast<std::uint16_t>(3 * closer[i] + farther[i]);
  }
}

/// `upsample_across` of the sums of `weighted_rows`. Reads `in[-1]` and `in[count]`.
inline void upsample_sums(const std::uint16_t* in, std::size_t count, std::uint8_t* out) noexcept {
  for (std::size_t i = 0; i < count; ++i) {
    const int closer = 3 * in[i];
    out[2 * i] =
        static_cast<std::uint8_t>((closer + in[static_cast<std::ptrdiff_t>(i) - 1] + 8) >> 4);
    out[2 * i + 1] = static_cast<std::uint8_t>((closer + in[i + 1] + 7) >> 4);
  }
}

/// Source: JFIF 1.02 and ITU-T T.871, section 7, in integers as libjpeg has it.
template <std::size_t Count>
void ycc_to_rgb_block(const std::uint8_t* luma, const std::uint8_t* blue, const std::uint8_t* red,
                      std::uint8_t* out) noexcept {
  constexpr std::int32_t half = 1 << 15;
  std::array<std::uint8_t, Count> r{}, g{}, b{};
  for (std::size_t i = 0; i < Count; ++i) {
    const std::int32_t y = luma[i], cb = blue[i] - 128, cr = red[i] - 128;
    r[i] = clamp_sample(y + cr + ((red_of_cr * cr + half) >> 16));
    g[i] = clamp_sample(y - cr + ((green_of_cb * cb + green_of_cr * cr + half) >> 16));
    b[i] = clamp_sample(y + 2 * cb + ((blue_of_cb * cb + half) >> 16));
  }
  for (std::size_t i = 0; i < Count; ++i) {
    out[3 * i] = r[i];
    out[3 * i + 1] = g[i];
    out[3 * i + 2] = b[i];
  }
}

inline void ycc_to_rgb(const std::uint8_t* luma, const std::uint8_t* blue, const std::uint8_t* red,
                       std::size_t count, std::uint8_t* out) noexcept {
  constexpr std::size_t block = 16;
  const auto advance = [&](std::size_t pixels) {
    luma += pixels;
    blue += pixels;
    red += pixels;
    out += 3 * pixels;
    count -= pixels;
  };
  while (count >= block) {
    ycc_to_rgb_block<block>(luma, blue, red, out);
    advance(block);
  }
  while (count > 0) {
    ycc_to_rgb_block<1>(luma, blue, red, out);
    advance(1);
  }
}

}  // namespace jpeg_portable
}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
