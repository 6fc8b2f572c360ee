// Calls that fail at each of their allocations, one after the other. For one source of a program.
#ifndef EIGENVIT_TESTS_FAULTS_FAIL_EACH_HPP
#define EIGENVIT_TESTS_FAULTS_FAIL_EACH_HPP

#include <unistd.h>

#include <cstdio>
#include <exception>
#include <new>
#include <string>
#include <vector>

#include "../malloc_hook.hpp"

namespace faults {

inline long stride = 1;  // only each so-many-th allocation fails
constexpr long most_allocations = 1000000;
constexpr unsigned most_seconds = 60;  // of one run, on a busy machine with sanitizers

/// Whether allocations fail when they are told to. The first exception of a program also allocates
/// what the run-time library then keeps, which is none of the blocks that are counted later.
inline bool failures_work() {
  const malloc_hook::Watch watch(0, 1);
  try {
    const std::vector<int> some(100, 1);
  } catch (const std::bad_alloc&) {
    return true;
  }
  std::puts("allocations do not fail");
  return false;
}

/// Calls `work()` with its n-th allocation failing, and from there on all of them where `forever`,
/// for every n until none fails. After each, nothing may be left allocated, unless the work `keeps`
/// memory for its next call, and `check()` says whether all is as it was.
template <class Work, class Check>
bool fail_each(const std::string& what, bool forever, const Work& work, const Check& check,
               bool keeps = false) {
  for (long n = 0; n < most_allocations; n += stride) {
    alarm(most_seconds);
    char error[160] = "";  // of no block of memory
    const long live = malloc_hook::live;
    {
      const malloc_hook::Watch watch(n, forever ? most_allocations : n + 1);
      try {
        work();
      } catch (const std::exception& exception) {
        std::snprintf(error, sizeof error, "%s", exception.what());
      }
    }
    const bool reached = malloc_hook::calls > n;
    const long left = keeps ? 0 : malloc_hook::live - live;
    alarm(most_seconds);
    if (left != 0 || !check()) {
      std::printf(
          "%s%s: allocation %ld failed (%s): %ld blocks are left, or what came after differs\n",
          what.c_str(), forever ? ", for ever" : "", n, error, left);
      return false;
    }
    if (reached) continue;
    std::printf("%s%s: %ld allocations %s\n", what.c_str(), forever ? ", for ever" : "",
                malloc_hook::calls.load(), error);
    return error[0] == '\0';
  }
  std::printf("%s: more than %ld allocations\n", what.c_str(), most_allocations);
  return false;
}

}  // namespace faults

#endif
