/// Formats in which numbers are stored with fewer bits than single precision.
#ifndef EIGENVIT_CORE_FLOAT_FORMAT_HPP
#define EIGENVIT_CORE_FLOAT_FORMAT_HPP

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include <eigenvit/core/compiler.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {

enum class FloatFormat {
  single,
  half,      ///< IEEE binary16: 10 bits of fraction, exponents from -14
  bfloat16,  ///< 7 bits of fraction, exponents as single precision
};

namespace detail {

/// The number of that format that is nearest to `x`, the even one of two. Infinite where the format
/// has none as large; what is not finite stays. Below 2^-126 it is 0.
inline float rounded(float x, FloatFormat format) noexcept {
  if (format == FloatFormat::single) return x;
  const bool half = format == FloatFormat::half;
  std::uint32_t bits = 0;
  std::memcpy(&bits, &x, sizeof bits);
  const std::uint32_t sign = bits & 0x80000000U;
  const int biased = static_cast<int>(bits >> 23 & 0xFFU);
  if (biased == 0xFF) return x;
  // x = mantissa * 2^(exponent - 23), of which the last `dropped` bits are rounded away.
  const int exponent = biased - 127;
  const std::uint32_t mantissa = (bits & 0x7FFFFFU) | 0x800000U;
  int dropped = half ? 13 : 16;
  if (half && exponent < -14) dropped += -14 - exponent;
  std::uint32_t result = sign;
  if (biased > 0 && dropped <= 24) {
    const std::uint32_t odd = mantissa >> dropped & 1U;
    const std::uint32_t kept = (mantissa + (1U << (dropped - 1)) - 1U + odd) >> dropped;
    const float magnitude = std::ldexp(static_cast<float>(kept), exponent - 23 + dropped);
    std::memcpy(&result, &magnitude, sizeof result);
    const std::uint32_t infinity = 0x7F800000U;
    const std::uint32_t beyond_half = 0x47800000U;  // 2^16
    if (half && result >= beyond_half) result = infinity;
    result |= sign;
  }
  std::memcpy(&x, &result, sizeof x);
  return x;
}

/// Rounds `count` values in place.
template <class Scalar>
void round_to(FloatFormat format, Scalar* values, std::size_t count) noexcept {
  if (format == FloatFormat::single) return;
  for (std::size_t i = 0; i < count; ++i) {
    values[i] = static_cast<Scalar>(rounded(static_cast<float>(values[i]), format));
  }
}

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
