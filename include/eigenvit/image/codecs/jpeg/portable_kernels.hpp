/// The arithmetic of decoding a JPEG's samples, in plain C++.
#ifndef EIGENVIT_IMAGE_CODECS_JPEG_PORTABLE_KERNELS_HPP
#define EIGENVIT_IMAGE_CODECS_JPEG_PORTABLE_KERNELS_HPP

#include <array>
#include <cstddef>
#include <cstdint>

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

/// A sum of products modulo 2^32, which corrupt files can reach.
class WrappingSum {
 public:
  constexpr WrappingSum() = default;
  constexpr WrappingSum(std::int32_t a, std::int32_t b) noexcept
      : value_(static_cast<std::uint32_t>(a) * static_cast<std::uint32_t>(b)) {}
  constexpr WrappingSum operator+(WrappingSum other) const noexcept {
    return WrappingSum(value_ + other.value_);
  }
  constexpr WrappingSum operator-(WrappingSum other) const noexcept {
    return WrappingSum(value_ - other.value_);
  }
  /// Rounded, without `bits` bits of fraction, at most what 16 bits hold.
  constexpr std::int16_t rounded(int bits) const noexcept {
    const std::uint32_t sum = value_ + (std::uint32_t{1} << (bits - 1));
    const std::int64_t whole =
        sum < 0x80000000u ? std::int64_t{sum} : std::int64_t{sum} - (std::int64_t{1} << 32);
    const std::int64_t value = whole >> bits;
    return static_cast<std::int16_t>(value < -32768 ? -32768 : value > 32767 ? 32767 : value);
  }

 private:
  explicit constexpr WrappingSum(std::uint32_t value) noexcept : value_(value) {}
  std::uint32_t value_ = 0;
};

/// Eight values `step` apart. Source: Loeffler, Ligtenberg, Moschytz: Practical fast 1-D DCT
/// algorithms with 11 multiplications (1989), as in libjpeg.
inline void inverse_dct_pass(std::int16_t* values, std::size_t step, int drop) noexcept {
  std::array<std::int32_t, 8> in{};
  for (std::size_t i = 0; i < 8; ++i) in[i] = values[i * step];
  using Sum = WrappingSum;
  const Sum even_a = Sum(in[2], dct_0_541 + dct_0_765) + Sum(in[6], dct_0_541);
  const Sum even_b = Sum(in[2], dct_0_541) + Sum(in[6], dct_0_541 - dct_1_847);
  const Sum sum(wrap16(in[0] + in[4]), 1 << dct_bits);
  const Sum difference(wrap16(in[0] - in[4]), 1 << dct_bits);
  const std::array<Sum, 4> even = {sum + even_a, difference + even_b, difference - even_b,
                                   sum - even_a};
  const std::int32_t z3 = wrap16(in[7] + in[3]);
  const std::int32_t z4 = wrap16(in[5] + in[1]);
  const Sum odd_a = Sum(z3, dct_1_175 - dct_1_961) + Sum(z4, dct_1_175);
  const Sum odd_b = Sum(z3, dct_1_175) + Sum(z4, dct_1_175 - dct_0_390);
  const std::array<Sum, 4> odd = {
      Sum(in[7], -dct_0_899) + Sum(in[1], dct_1_501 - dct_0_899) + odd_b,
      Sum(in[5], -dct_2_562) + Sum(in[3], dct_3_072 - dct_2_562) + odd_a,
      Sum(in[5], dct_2_053 - dct_2_562) + Sum(in[3], -dct_2_562) + odd_b,
      Sum(in[7], dct_0_298 - dct_0_899) + Sum(in[1], -dct_0_899) + odd_a};
  for (std::size_t i = 0; i < 4; ++i) {
    values[i * step] = (even[i] + odd[i]).rounded(drop);
    values[(7 - i) * step] = (even[i] - odd[i]).rounded(drop);
  }
}

/// The 8x8 samples of a block, rows `stride` apart: quantised coefficients times `steps`, the
/// inverse DCT in integers, 128 added. Sums of corrupt files wrap and saturate as in
/// libjpeg-turbo's code for x86 processors.
inline void inverse_dct(const std::int16_t* coefficients, const std::int16_t* steps,
                        std::uint8_t* out, std::ptrdiff_t stride) noexcept {
  std::array<std::int16_t, jpeg_block_size> values{};
  bool first_row_only = true;
  for (std::size_t i = 0; i < jpeg_block_size; ++i) {
    if (i >= 8 && coefficients[i] != 0) first_row_only = false;
    values[i] = wrap16(std::int32_t{coefficients[i]} * steps[i]);
  }
  for (std::size_t x = 0; x < 8; ++x) {
    if (first_row_only) {
      const std::int16_t value = wrap16(std::int32_t{values[x]} * (1 << dct_kept_bits));
      for (std::size_t y = 0; y < 8; ++y) values[8 * y + x] = value;
    } else {
      inverse_dct_pass(values.data() + x, 8, dct_bits - dct_kept_bits);
    }
  }
  for (std::size_t y = 0; y < 8; ++y, out += stride) {
    std::int16_t* const row = values.data() + 8 * y;
    inverse_dct_pass(row, 1, dct_bits + dct_kept_bits + 3);
    for (std::size_t x = 0; x < 8; ++x) out[x] = clamp_sample(row[x] + 128);
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
inline void ycc_to_rgb(const std::uint8_t* luma, const std::uint8_t* blue, const std::uint8_t* red,
                       std::size_t count, std::uint8_t* out) noexcept {
  constexpr std::int32_t half = 1 << 15;
  for (std::size_t i = 0; i < count; ++i, out += 3) {
    const std::int32_t y = luma[i], cb = blue[i] - 128, cr = red[i] - 128;
    out[0] = clamp_sample(y + cr + ((red_of_cr * cr + half) >> 16));
    out[1] = clamp_sample(y - cr + ((green_of_cb * cb + green_of_cr * cr + half) >> 16));
    out[2] = clamp_sample(y + 2 * cb + ((blue_of_cb * cb + half) >> 16));
  }
}

}  // namespace jpeg_portable
}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
