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
#include <eigenvit/kernels/isa/avx2.hpp>
#include <eigenvit/kernels/isa/avx512.hpp>
#elif defined(__aarch64__)
#include <eigenvit/kernels/isa/neon.hpp>
#endif

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace kernels {

EIGENVIT_INLINE AvailableKernels available_kernels() noexcept {
  AvailableKernels available{};
  const auto add = [&](const KernelTable& table) { available.tables[available.count++] = &table; };
#if EIGENVIT_X86_KERNELS
  // The builtin asks the operating system too: registers that it does not save are not there.
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
      __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") &&
      __builtin_cpu_supports("fma")) {
    add(avx512::table);
  }
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) add(avx2::table);
#elif defined(__aarch64__)
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
      {"EIGENVIT_ISA: expected an instruction set that this processor has (", names, "), found '",
       wanted, "'"});
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
