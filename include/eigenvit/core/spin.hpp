/// Waiting without giving up the core, for a short while.
#ifndef EIGENVIT_CORE_SPIN_HPP
#define EIGENVIT_CORE_SPIN_HPP

#include <eigenvit/core/compiler.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// Spins until `ready()`, for as long as a task of a pass may last, some tens of microseconds.
/// Returns whether it is ready; a caller that goes on waiting lets others run.
template <class Ready>
bool spin_until(const Ready& ready) {
  constexpr int spin_limit = 4000;
  for (int spins = 0; spins < spin_limit; ++spins) {
    if (ready()) return true;
#if defined(__x86_64__) && (defined(__GNUC__) || defined(__clang__))
    __builtin_ia32_pause();
#elif defined(__aarch64__) && (defined(__GNUC__) || defined(__clang__))
    __asm__ __volatile__("yield");
#endif
  }
  return ready();
}

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
