/// What differs between compilers and between the ways of building: the ABI namespace, the switch
/// between header-only and compiled use, and regions of strict floating point.
#ifndef EIGENVIT_CORE_COMPILER_HPP
#define EIGENVIT_CORE_COMPILER_HPP

#include <eigenvit/version.hpp>

#if defined(_MSVC_LANG) ? _MSVC_LANG < 201703L : __cplusplus < 201703L
#error "EigenViT needs C++17"
#endif

// Eigen's alignment, its allocator and the code of every inline function follow the instruction
// set that a translation unit is compiled for, and fast-math changes their arithmetic. The inline
// namespace carries both, so that two translation units with other flags get functions of their
// own: what cannot be mixed fails to link rather than crashing on a CPU without AVX.
#if defined(__AVX512F__)
#define EIGENVIT_ABI_SET avx512
#elif defined(__AVX2__) && defined(__FMA__)
#define EIGENVIT_ABI_SET avx2
#elif defined(__AVX__)
#define EIGENVIT_ABI_SET avx
#else
#define EIGENVIT_ABI_SET baseline
#endif

#if defined(__FAST_MATH__)
#define EIGENVIT_ABI_MATH _fast
#else
#define EIGENVIT_ABI_MATH
#endif

#define EIGENVIT_ABI_JOIN_(major, minor, set, math) v##major##_##minor##_##set##math
#define EIGENVIT_ABI_JOIN(major, minor, set, math) EIGENVIT_ABI_JOIN_(major, minor, set, math)
/// Name of the inline namespace that everything lives in, for example `v0_1_avx2`.
#define EIGENVIT_ABI                                                                  \
  EIGENVIT_ABI_JOIN(EIGENVIT_VERSION_MAJOR, EIGENVIT_VERSION_MINOR, EIGENVIT_ABI_SET, \
                    EIGENVIT_ABI_MATH)

/// 1 when every definition is in the headers; 0 when the program links `EigenViT::compiled`, which
/// defines EIGENVIT_COMPILED for whoever uses it.
#if defined(EIGENVIT_COMPILED)
#define EIGENVIT_HEADER_ONLY 0
#define EIGENVIT_INLINE
#else
#define EIGENVIT_HEADER_ONLY 1
#define EIGENVIT_INLINE inline
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
