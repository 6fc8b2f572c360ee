/// An order of all floating-point numbers.
#ifndef EIGENVIT_CORE_ORDER_KEY_HPP
#define EIGENVIT_CORE_ORDER_KEY_HPP

#include <cstdint>
#include <cstring>

#include <eigenvit/core/compiler.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// An integer that orders as the number does, with NaN at the ends: sorting stays well defined for
/// any numbers, also where the program is compiled to assume that there are no NaNs.
inline std::int32_t order_key(float value) noexcept {
  std::int32_t bits;
  std::memcpy(&bits, &value, sizeof bits);
  return bits >= 0 ? bits : bits ^ 0x7fffffff;
}

inline std::int64_t order_key(double value) noexcept {
  std::int64_t bits;
  std::memcpy(&bits, &value, sizeof bits);
  return bits >= 0 ? bits : bits ^ 0x7fffffffffffffff;
}

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
