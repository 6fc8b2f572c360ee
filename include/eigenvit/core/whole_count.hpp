/// From a count in floating point to a whole number.
#ifndef EIGENVIT_CORE_WHOLE_COUNT_HPP
#define EIGENVIT_CORE_WHOLE_COUNT_HPP

#include <cstdint>
#include <limits>

#include <eigenvit/core/compiler.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// The greatest whole number up to `count`, which is not negative; the greatest of the type where
/// `count` is above it. Products of sizes that a hostile file states are counted in double, which
/// is exact up to 2^53 and does not overflow.
constexpr std::uint64_t whole_count(double count) noexcept {
  constexpr double too_large = 18446744073709551616.0;  // 2^64
  return count < too_large ? static_cast<std::uint64_t>(count)
                           : std::numeric_limits<std::uint64_t>::max();
}

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
