/// What differs between compilers and between the ways of building: the ABI namespace, the switch
/// between header-only and compiled use, and regions of strict floating point.
#ifndef EIGENVIT_CORE_COMPILER_HPP
#define EIGENVIT_CORE_COMPILER_HPP

// The smallest header that also tells which standard library this is.
#include <climits>

#include <eigenvit/version.hpp>

#if defined(_MSVC_LANG) ? _MSVC_LANG < 201703L : __cplusplus < 201703L
#error "EigenViT needs C++17"
#endif

// windows.h defines these two unless told not to. libstdc++ removes them.
#if (defined(min) || defined(max)) && !defined(__GLIBCXX__)
#error "EigenViT needs NOMINMAX to be defined before windows.h is included"
#endif

// Eigen's alignment, its allocator and the code of every inline function follow the instruction
// set that a translation unit is compiled for, and fast-math changes their arithmetic; macros of
// Eigen's and of the standard library's change how matrices are allocated and what strings and
// vectors look like. The inline namespace carries all of them, so that two translation units with
// other flags get functions of their own: what cannot be mixed fails to link rather than crashing.
#if defined(__AVX512F__)
#define EIGENVIT_ABI_SET avx512
#define EIGENVIT_ABI_ALIGN_BYTES 64
#elif defined(__AVX2__) && defined(__FMA__)
#define EIGENVIT_ABI_SET avx2
#define EIGENVIT_ABI_ALIGN_BYTES 32
#elif defined(__AVX__)
#define EIGENVIT_ABI_SET avx
#define EIGENVIT_ABI_ALIGN_BYTES 32
#else
#define EIGENVIT_ABI_SET baseline
#define EIGENVIT_ABI_ALIGN_BYTES 16
#endif

// Eigen's settings as far as they are not its defaults. Only Eigen knows which they are: it
// defines these macros itself where the program does not. Alignment of matrices of fixed size is
// not among them, since the library has none.
#if defined(EIGEN_MAX_ALIGN_BYTES) || defined(EIGEN_MALLOC_ALREADY_ALIGNED) || \
    defined(EIGEN_DONT_ALIGN) || defined(EIGEN_DONT_VECTORIZE) || defined(__SANITIZE_ADDRESS__)
#include <Eigen/Core>
#if EIGEN_MAX_ALIGN_BYTES == EIGENVIT_ABI_ALIGN_BYTES
#define EIGENVIT_ABI_ALIGN
#elif EIGEN_MAX_ALIGN_BYTES == 0
#define EIGENVIT_ABI_ALIGN _align0
#elif EIGEN_MAX_ALIGN_BYTES == 16
#define EIGENVIT_ABI_ALIGN _align16
#elif EIGEN_MAX_ALIGN_BYTES == 32
#define EIGENVIT_ABI_ALIGN _align32
#elif EIGEN_MAX_ALIGN_BYTES == 64
#define EIGENVIT_ABI_ALIGN _align64
#elif EIGEN_MAX_ALIGN_BYTES == 128
#define EIGENVIT_ABI_ALIGN _align128
#else
#error "EigenViT needs EIGEN_MAX_ALIGN_BYTES to be 0, 16, 32, 64 or 128"
#endif
// Eigen frees what it has allocated with `free` itself where `malloc` aligns enough, which a 64-bit
// system's does for 16 bytes; else it stores where the block begins in front of the matrix.
#if EIGENVIT_ABI_ALIGN_BYTES == 16 &&                                                      \
    ((defined(__GLIBC__) && defined(__LP64__)) || defined(__APPLE__) || defined(_WIN64) || \
     defined(__FreeBSD__))
#define EIGENVIT_ABI_PLAIN_MALLOC 1
#else
#define EIGENVIT_ABI_PLAIN_MALLOC 0
#endif
#if (EIGEN_MALLOC_ALREADY_ALIGNED || EIGEN_DEFAULT_ALIGN_BYTES == 0) == EIGENVIT_ABI_PLAIN_MALLOC
#define EIGENVIT_ABI_MALLOC
#elif EIGENVIT_ABI_PLAIN_MALLOC
#define EIGENVIT_ABI_MALLOC _blocks
#else
#define EIGENVIT_ABI_MALLOC _malloc
#endif
#else
#define EIGENVIT_ABI_ALIGN
#define EIGENVIT_ABI_MALLOC
#endif

#if defined(_GLIBCXX_DEBUG)
#define EIGENVIT_ABI_CONTAINERS _debug
#else
#define EIGENVIT_ABI_CONTAINERS
#endif

#if defined(_GLIBCXX_USE_CXX11_ABI) && !_GLIBCXX_USE_CXX11_ABI
#define EIGENVIT_ABI_STRINGS _cow
#else
#define EIGENVIT_ABI_STRINGS
#endif

#if defined(__FAST_MATH__)
#define EIGENVIT_ABI_MATH _fast
#else
#define EIGENVIT_ABI_MATH
#endif

#define EIGENVIT_ABI_JOIN_(major, minor, set, math, align, blocks, containers, strings) \
  v##major##_##minor##_##set##math##align##blocks##containers##strings
#define EIGENVIT_ABI_JOIN(major, minor, set, math, align, blocks, containers, strings) \
  EIGENVIT_ABI_JOIN_(major, minor, set, math, align, blocks, containers, strings)
/// Name of the inline namespace that everything lives in, for example `v0_2_avx2`, or
/// `v0_2_avx2_align64` where the program defines EIGEN_MAX_ALIGN_BYTES as 64.
#define EIGENVIT_ABI                                                                  \
  EIGENVIT_ABI_JOIN(EIGENVIT_VERSION_MAJOR, EIGENVIT_VERSION_MINOR, EIGENVIT_ABI_SET, \
                    EIGENVIT_ABI_MATH, EIGENVIT_ABI_ALIGN, EIGENVIT_ABI_MALLOC,       \
                    EIGENVIT_ABI_CONTAINERS, EIGENVIT_ABI_STRINGS)

/// 1 when every definition is in the headers. 0 when they only declare, which EIGENVIT_COMPILED
/// tells: the definitions then come from `EigenViT::compiled`, which defines it for its users, or
/// from the unit of the program that defines EIGENVIT_IMPLEMENTATION (see `eigenvit.hpp`).
#if defined(EIGENVIT_COMPILED) || defined(EIGENVIT_IMPLEMENTATION)
#define EIGENVIT_HEADER_ONLY 0
#define EIGENVIT_INLINE
#elif defined(__cpp_exceptions)
#define EIGENVIT_HEADER_ONLY 1
#define EIGENVIT_INLINE inline
#else
#error "EigenViT throws exceptions: compile with them or link EigenViT::compiled"
// Without the definitions, each of which would add errors of its own.
#define EIGENVIT_HEADER_ONLY 0
#define EIGENVIT_INLINE
#endif

/// Between these two, floating-point arithmetic is what is written, also when the including program
/// is compiled with -ffast-math: Pillow's resize coefficients must round as Pillow's do.
/// Functions are not inlined across the border by GCC, so put whole functions between them.
#if defined(__clang__)
#define EIGENVIT_STRICT_MATH_BEGIN _Pragma("float_control(precise, on, push)")
#define EIGENVIT_STRICT_MATH_END _Pragma("float_control(pop)")
#elif defined(__GNUC__)
#define EIGENVIT_STRICT_MATH_BEGIN \
  _Pragma("GCC push_options") _Pragma("GCC optimize(\"no-fast-math\", \"fp-contract=off\")")
#define EIGENVIT_STRICT_MATH_END _Pragma("GCC pop_options")
#elif defined(_MSC_VER)
#define EIGENVIT_STRICT_MATH_BEGIN __pragma(float_control(precise, on, push))
#define EIGENVIT_STRICT_MATH_END __pragma(float_control(pop))
#else
#define EIGENVIT_STRICT_MATH_BEGIN
#define EIGENVIT_STRICT_MATH_END
#endif

#endif
