/// Telling numbers from infinities and NaN, also where the compiler assumes that there are none.
#ifndef EIGENVIT_CORE_FINITE_HPP
#define EIGENVIT_CORE_FINITE_HPP

#include <cstddef>
#include <cstdint>
#include <cstring>

#include <eigenvit/core/compiler.hpp>
#include <eigenvit/core/error.hpp>
#include <eigenvit/core/message.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// Whether the number is neither infinite nor NaN, decided on its bits: under -ffast-math the
/// compiler takes `std::isfinite` for true.
inline bool is_finite(double value) noexcept {
  std::uint64_t bits = 0;
  std::memcpy(&bits, &value, sizeof bits);
  constexpr std::uint64_t exponent = std::uint64_t{0x7ff} << 52;
  return (bits & exponent) != exponent;
}

inline bool is_finite(float value) noexcept {
  std::uint32_t bits = 0;
  std::memcpy(&bits, &value, sizeof bits);
  constexpr std::uint32_t exponent = std::uint32_t{0xff} << 23;
  return (bits & exponent) != exponent;
}

/// Whether the number is NaN, decided on its bits.
inline bool is_nan(double value) noexcept {
  std::uint64_t bits = 0;
  std::memcpy(&bits, &value, sizeof bits);
  return (bits & ~(std::uint64_t{1} << 63)) > std::uint64_t{0x7ff} << 52;
}

inline bool is_nan(float value) noexcept {
  std::uint32_t bits = 0;
  std::memcpy(&bits, &value, sizeof bits);
  return (bits & ~(std::uint32_t{1} << 31)) > std::uint32_t{0xff} << 23;
}

/// The greater of two numbers, NaN where one of them is NaN, as PyTorch's maximum.
template <class Scalar>
Scalar greater(Scalar a, Scalar b) noexcept {
  if (is_nan(a)) return a;
  return a < b || is_nan(b) ? b : a;
}

/// Throws `ConfigError`, its message beginning with `source`, unless the scores `[count]` of all
/// classes are finite: no class is the best of others.
template <class Scalar>
void check_logits(const char* source, const Scalar* logits, std::ptrdiff_t count) {
  for (std::ptrdiff_t i = 0; i < count; ++i) {
    if (is_finite(logits[i])) continue;
    raise<ConfigError>({source, ": the logits are not finite: found NaN or an infinity for class ",
                        i, " of ", count, ", as from weights or pixel values that hold one"});
  }
}

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
