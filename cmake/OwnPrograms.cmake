# Settings of the project's own programs, each set on one target at a time.
include(CheckCXXSourceRuns)
include(CMakePushCheckState)

# A build without a type is neither fast nor easy to debug, and single-configuration generators
# choose none. Only for the project itself: an including project chooses its own.
get_property(eigenvit_multi_config GLOBAL PROPERTY GENERATOR_IS_MULTI_CONFIG)
if(EIGENVIT_TOP_LEVEL AND NOT eigenvit_multi_config AND NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "Debug, Release, RelWithDebInfo or MinSizeRel" FORCE)
endif()

# What every program of the project is compiled with.
function(eigenvit_own_program target)
  set_target_properties(${target} PROPERTIES CXX_EXTENSIONS OFF)
  if(MSVC)
    target_compile_options(${target} PRIVATE /W4 /bigobj /utf-8)
    if(EIGENVIT_WARNINGS_AS_ERRORS)
      target_compile_options(${target} PRIVATE /WX)
    endif()
  else()
    target_compile_options(${target} PRIVATE -Wall -Wextra -Wpedantic -Wshadow)
    if(EIGENVIT_WARNINGS_AS_ERRORS)
      target_compile_options(${target} PRIVATE -Werror)
    endif()
    if(WIN32)
      # Eigen's templates make more sections than a plain Windows object file can number.
      target_compile_options(${target} PRIVATE -Wa,-mbig-obj)
    endif()
  endif()
endfunction()

# EIGENVIT_NATIVE_OPTIONS: what makes Eigen's products fast on the machine that builds, or nothing.
#
# Instruction sets with the compiler's generic tuning, never -march=native: GCC 12's tuning for Zen
# CPUs splits chains of 256-bit fused multiply-adds, which halves Eigen's matrix product (40 instead
# of 77 GFLOP/s on one core of a Zen 3). Of [197,768] x [768,768] in float, one core of a Sapphire
# Rapids Xeon does, with GCC 12: 15 GFLOP/s without flags, 88 with AVX2, 140 with AVX-512.
set(EIGENVIT_NATIVE_OPTIONS)
if(EIGENVIT_NATIVE_FLAGS AND NOT CMAKE_CROSSCOMPILING AND NOT MSVC
   AND CMAKE_SYSTEM_PROCESSOR MATCHES "^(x86_64|AMD64|amd64)$")
  cmake_push_check_state(RESET)
  # The check itself is compiled without them, so that it answers rather than crashes.
  check_cxx_source_runs("
    int main() {
      return __builtin_cpu_supports(\"avx512f\") && __builtin_cpu_supports(\"avx512dq\") &&
             __builtin_cpu_supports(\"avx512bw\") && __builtin_cpu_supports(\"avx512vl\") ? 0 : 1;
    }" EIGENVIT_HAVE_AVX512)
  check_cxx_source_runs("
    int main() {
      return __builtin_cpu_supports(\"avx2\") && __builtin_cpu_supports(\"fma\") ? 0 : 1;
    }" EIGENVIT_HAVE_AVX2)
  cmake_pop_check_state()
  if(EIGENVIT_HAVE_AVX512)
    set(EIGENVIT_NATIVE_OPTIONS -mavx512f -mavx512dq -mavx512bw -mavx512vl -mfma)
    if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
      # GCC 12's own avx512fintrin.h passes a variable that it leaves undefined on purpose.
      list(APPEND EIGENVIT_NATIVE_OPTIONS -Wno-uninitialized -Wno-maybe-uninitialized)
    endif()
  elseif(EIGENVIT_HAVE_AVX2)
    set(EIGENVIT_NATIVE_OPTIONS -mavx2 -mfma)
  endif()
endif()

# For an example or a benchmark, which then runs on machines like this one only.
function(eigenvit_native_flags target)
  target_compile_options(${target} PRIVATE ${EIGENVIT_NATIVE_OPTIONS})
endfunction()
