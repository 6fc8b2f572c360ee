/// How code for one instruction set is fenced off from the program around it.
///
/// Everything between `EIGENVIT_KERNELS_BEGIN` and `EIGENVIT_KERNELS_END` is compiled for that
/// instruction set, with the arithmetic that is written whatever flags the including program is
/// compiled with; with GCC also optimised. Clang has no pragma for optimisation, and what its
/// headers of intrinsics compute in C keeps the program's arithmetic: `isa/` goes round those.
/// Inside there are raw pointers and integers only, and every helper is forced inline: an inline
/// function of the standard library or of Eigen that was compiled there could be merged by the
/// linker into code that a lesser CPU runs.
#ifndef EIGENVIT_KERNELS_REGION_HPP
#define EIGENVIT_KERNELS_REGION_HPP

#include <eigenvit/core/compiler.hpp>

/// Whether the kernels with wider registers than those that every x86-64 processor has are there.
/// GCC for Windows does not align the stack for them (GCC bug 54412), so they would crash there
/// unless the assembler is told -muse-unaligned-vector-move: a build that does that, as CMake's
/// targets do, defines this as 1.
#if defined(EIGENVIT_X86_KERNELS)
#elif defined(__x86_64__) && (!defined(_WIN32) || defined(__clang__))
#define EIGENVIT_X86_KERNELS 1
#else
#define EIGENVIT_X86_KERNELS 0
#endif

/// Whether there are kernels for AVX512-VNNI, AVX512-BF16 and AVX-VNNI, whose instructions are
/// given to the assembler: GNU binutils knows all of them from 2.36 on, clang from version 12. The
/// preprocessor sees the compiler alone: a build by GCC 11 with an older assembler defines this as
/// 0.
#if !defined(EIGENVIT_X86_DOT_PRODUCTS)
#if defined(__clang__)
#define EIGENVIT_X86_DOT_PRODUCTS (__clang_major__ >= 12)
#elif defined(__GNUC__)
#define EIGENVIT_X86_DOT_PRODUCTS (__GNUC__ >= 11)
#else
#define EIGENVIT_X86_DOT_PRODUCTS 0
#endif
#endif

/// Whether there are kernels for AMX: the assemblers above know it, and only Linux says how a
/// program gets the permission to use it.
#if EIGENVIT_X86_KERNELS && EIGENVIT_X86_DOT_PRODUCTS && defined(__linux__)
#define EIGENVIT_X86_AMX 1
#else
#define EIGENVIT_X86_AMX 0
#endif

/// Whether there are kernels for ARM's dot products and products of small matrices, and how
/// compilers call what they need.
#if defined(__aarch64__) && defined(__clang__)
#define EIGENVIT_ARM_PRODUCTS (__clang_major__ >= 12)
#define EIGENVIT_ARM_DOT_PRODUCTS "dotprod"
#define EIGENVIT_ARM_MATRIX_PRODUCTS "i8mm,bf16"
#elif defined(__aarch64__) && defined(__GNUC__)
#define EIGENVIT_ARM_PRODUCTS (__GNUC__ >= 10)
// The assembler knows them from ARMv8.2 on; of a program for ARMv9, GCC warns of a lower one.
#if __ARM_ARCH >= 9
#define EIGENVIT_ARM_DOT_PRODUCTS "+dotprod"
#define EIGENVIT_ARM_MATRIX_PRODUCTS "+i8mm+bf16"
#else
#define EIGENVIT_ARM_DOT_PRODUCTS "arch=armv8.2-a+dotprod"
#define EIGENVIT_ARM_MATRIX_PRODUCTS "arch=armv8.2-a+i8mm+bf16"
#endif
#else
#define EIGENVIT_ARM_PRODUCTS 0
#endif

#define EIGENVIT_PRAGMA(text) _Pragma(#text)

// Of clang's -ffast-math one thing is left between these: a product and the sum that follows it in
// one block may become one operation. A kernel that needs both says fma.
// clang-cl defines _MSC_VER too, so clang is asked for first.
#if defined(__clang__)
#define EIGENVIT_NO_INLINE __attribute__((noinline)) inline
#define EIGENVIT_FORCE_INLINE inline __attribute__((always_inline))
#if __has_feature(undefined_behavior_sanitizer)
// Every copy of a loop's body would have the checks again, which takes clang minutes to compile.
#define EIGENVIT_UNROLL
#else
#define EIGENVIT_UNROLL EIGENVIT_PRAGMA(clang loop unroll(full))
#endif
#define EIGENVIT_KERNELS_BEGIN(isa)                                                        \
  EIGENVIT_PRAGMA(clang attribute push(__attribute__((target(isa))), apply_to = function)) \
  EIGENVIT_STRICT_MATH_BEGIN
#define EIGENVIT_KERNELS_END EIGENVIT_STRICT_MATH_END EIGENVIT_PRAGMA(clang attribute pop)
#define EIGENVIT_BASELINE_KERNELS_BEGIN EIGENVIT_STRICT_MATH_BEGIN
#define EIGENVIT_BASELINE_KERNELS_END EIGENVIT_STRICT_MATH_END
#elif defined(__GNUC__)
// Nor copied for a caller whose arguments are constants: what is not inlined is large.
#define EIGENVIT_NO_INLINE __attribute__((noinline, noclone)) inline
#define EIGENVIT_FORCE_INLINE inline __attribute__((always_inline))
#define EIGENVIT_UNROLL EIGENVIT_PRAGMA(GCC unroll 16)
// GCC's headers of intrinsics pass on variables that they leave undefined on purpose.
// -O3 makes them no faster than what of it is named here, and takes longer to compile.
#define EIGENVIT_BASELINE_KERNELS_BEGIN                                                           \
  EIGENVIT_PRAGMA(GCC push_options)                                                               \
  EIGENVIT_PRAGMA(GCC optimize("O2", "unswitch-loops", "vect-cost-model=dynamic", "no-fast-math", \
                               "fp-contract=off"))                                                \
  EIGENVIT_PRAGMA(GCC diagnostic push)                                                            \
  EIGENVIT_PRAGMA(GCC diagnostic ignored "-Wuninitialized")                                       \
  EIGENVIT_PRAGMA(GCC diagnostic ignored "-Wmaybe-uninitialized")
#define EIGENVIT_BASELINE_KERNELS_END \
  EIGENVIT_PRAGMA(GCC diagnostic pop) EIGENVIT_PRAGMA(GCC pop_options)
#define EIGENVIT_KERNELS_BEGIN(isa) EIGENVIT_BASELINE_KERNELS_BEGIN EIGENVIT_PRAGMA(GCC target(isa))
#define EIGENVIT_KERNELS_END EIGENVIT_BASELINE_KERNELS_END
#else
#define EIGENVIT_NO_INLINE __declspec(noinline) inline
#define EIGENVIT_FORCE_INLINE __forceinline
#define EIGENVIT_UNROLL
#define EIGENVIT_KERNELS_BEGIN(isa) EIGENVIT_STRICT_MATH_BEGIN
#define EIGENVIT_KERNELS_END EIGENVIT_STRICT_MATH_END
#define EIGENVIT_BASELINE_KERNELS_BEGIN EIGENVIT_STRICT_MATH_BEGIN
#define EIGENVIT_BASELINE_KERNELS_END EIGENVIT_STRICT_MATH_END
#endif

#endif
