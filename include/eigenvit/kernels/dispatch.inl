#ifndef EIGENVIT_KERNELS_DISPATCH_INL
#define EIGENVIT_KERNELS_DISPATCH_INL

#include <cstdlib>
#include <string>

#include <eigenvit/core/error.hpp>
#include <eigenvit/core/message.hpp>
#include <eigenvit/kernels/dispatch.hpp>
#include <eigenvit/kernels/isa/baseline.hpp>
#include <eigenvit/kernels/region.hpp>

#if EIGENVIT_X86_KERNELS
#include <cpuid.h>

#include <eigenvit/kernels/isa/avx2.hpp>
#include <eigenvit/kernels/isa/avx512.hpp>
#include <eigenvit/kernels/isa/avx512_amx.hpp>
#if EIGENVIT_X86_AMX
#include <sys/syscall.h>
#include <unistd.h>
#endif
#elif defined(__aarch64__)
#include <eigenvit/kernels/isa/neon.hpp>
#include <eigenvit/kernels/isa/neon_products.hpp>
#if EIGENVIT_ARM_PRODUCTS && defined(__linux__)
#include <sys/auxv.h>
#endif
#endif

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace kernels {

#if EIGENVIT_X86_KERNELS
namespace detail {

// What clang 14's builtin does not know. Both need registers that AVX2 needs too.
inline bool has_f16c() noexcept {
  unsigned a = 0, b = 0, c = 0, d = 0;
  return __get_cpuid(1, &a, &b, &c, &d) != 0 && (c & bit_F16C) != 0;
}
inline bool has_avx_vnni() noexcept {
  unsigned a = 0, b = 0, c = 0, d = 0;
  return __get_cpuid_count(7, 1, &a, &b, &c, &d) != 0 && (a & 1U << 4) != 0;
}
#if EIGENVIT_X86_AMX
/// Whether the processor has AMX with bfloat16 and bytes and the system lets this process use it,
/// for which it is asked here: the permission is for all threads and for good. Where AVX-512 was
/// found, the registers that are asked about are there.
inline bool may_use_amx() noexcept {
  constexpr unsigned bfloat16 = 1U << 22, tiles = 1U << 24, bytes = 1U << 25;
  constexpr unsigned all = bfloat16 | tiles | bytes;
  unsigned a = 0, b = 0, c = 0, d = 0;
  if (__get_cpuid_count(7, 0, &a, &b, &c, &d) == 0 || (d & all) != all) return false;
  // The state of the tiles' configuration and that of their contents, which the system saves.
  constexpr unsigned state = 1U << 17 | 1U << 18;
  unsigned low = 0, high = 0;
  __asm__("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  if ((low & state) != state) return false;
  constexpr long request_permission = 0x1023, tile_contents = 18;
  return syscall(SYS_arch_prctl, request_permission, tile_contents) == 0;
}
#endif

}  // namespace detail
#endif

#if defined(__aarch64__) && EIGENVIT_ARM_PRODUCTS
namespace detail {

// Elsewhere than on Linux, what the program is compiled for.
inline bool has_dot_products() noexcept {
#if defined(__ARM_FEATURE_DOTPROD)
  return true;
#elif defined(__linux__)
  return (getauxval(AT_HWCAP) & 1UL << 20) != 0;
#else
  return false;
#endif
}
inline bool has_matrix_products() noexcept {
#if defined(__ARM_FEATURE_MATMUL_INT8) && defined(__ARM_FEATURE_BF16_VECTOR_ARITHMETIC)
  return true;
#elif defined(__linux__)
  constexpr unsigned long bytes = 1UL << 13, bfloat16 = 1UL << 14;
  return (~getauxval(AT_HWCAP2) & (bytes | bfloat16)) == 0;
#else
  return false;
#endif
}

}  // namespace detail
#endif

EIGENVIT_INLINE AvailableKernels available_kernels() noexcept {
  AvailableKernels available{};
  const auto add = [&](const KernelTable& table) { available.tables[available.count++] = &table; };
#if EIGENVIT_X86_KERNELS
  // The builtin asks the operating system too: registers that it does not save are not there.
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
      __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") &&
      __builtin_cpu_supports("fma")) {
#if EIGENVIT_X86_DOT_PRODUCTS
    if (__builtin_cpu_supports("avx512vnni")) {
      if (__builtin_cpu_supports("avx512bf16")) {
#if EIGENVIT_X86_AMX
        if (detail::may_use_amx()) add(avx512::amx_table);
#endif
        add(avx512::bf16_table);
      }
      add(avx512::vnni_table);
    }
#endif
    add(avx512::table);
  }
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && detail::has_f16c()) {
#if EIGENVIT_X86_DOT_PRODUCTS
    if (detail::has_avx_vnni()) add(avx2::vnni_table);
#endif
    add(avx2::table);
  }
#elif defined(__aarch64__)
#if EIGENVIT_ARM_PRODUCTS
  if (detail::has_matrix_products()) add(neon::matrix_product_table);
  if (detail::has_dot_products()) add(neon::dot_product_table);
#endif
  add(neon::table);
#endif
  add(baseline::table);
  return available;
}

EIGENVIT_INLINE const KernelTable& select_kernels(const char* forced) {
  const std::string wanted = forced ? forced : "";
  std::string names;
  for (const KernelTable* const table : available_kernels()) {
    if (wanted.empty() || wanted == table->name) return *table;
    names += (names.empty() ? "" : ", ") + std::string(table->name);
  }
  eigenvit::detail::raise<ConfigError>(
      {"EIGENVIT_ISA: expected an instruction set that this processor has (", names, "), found ",
       eigenvit::detail::Quoted{wanted}});
}

namespace detail {

EIGENVIT_INLINE const KernelTable& choose_kernels() {
  const KernelTable& table = select_kernels(std::getenv("EIGENVIT_ISA"));
  active_table.store(&table, std::memory_order_release);
  return table;
}

}  // namespace detail

}  // namespace kernels
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
