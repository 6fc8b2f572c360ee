/// Division that rounds up.
#ifndef EIGENVIT_CORE_CEIL_DIV_HPP
#define EIGENVIT_CORE_CEIL_DIV_HPP

#include <cstddef>

#include <eigenvit/core/compiler.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// `a / b` of numbers that are not negative, rounded up.
constexpr std::ptrdiff_t ceil_div(std::ptrdiff_t a, std::ptrdiff_t b) noexcept {
  return (a + b - 1) / b;
}

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
