#include "tables.hpp"

#include <algorithm>

#include <eigenvit/kernels/dispatch.hpp>
#include <eigenvit/kernels/region.hpp>

#if EIGENVIT_X86_KERNELS
#include "amx_in_software.hpp"
#include "avx512_in_halves.hpp"
#include "avx_vnni_by_evex.hpp"
#endif

using eigenvit::kernels::KernelTable;

const std::vector<const KernelTable*>& support::kernel_tables() {
  static const std::vector<const KernelTable*> tables = [] {
    std::vector<const KernelTable*> found;
    for (const KernelTable* const table : format_tables()) {
      const bool is_new = std::none_of(found.begin(), found.end(), [&](const KernelTable* other) {
        return other->layer_norm == table->layer_norm;
      });
      if (is_new) found.push_back(table);
    }
    return found;
  }();
  return tables;
}

const std::vector<const KernelTable*>& support::format_tables() {
  static const std::vector<const KernelTable*> tables = [] {
    std::vector<const KernelTable*> found;
    eigenvit::kernels::for_each_available([&](const auto& table) { found.push_back(&table); });
#if EIGENVIT_X86_KERNELS
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) {
      found.push_back(&eigenvit::kernels::avx512_in_halves::table);
    }
#endif
#if EIGENVIT_X86_KERNELS && EIGENVIT_X86_DOT_PRODUCTS
    if (__builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512vnni")) {
      found.push_back(&eigenvit::kernels::avx2::evex_table);
    }
#endif
#if EIGENVIT_X86_AMX
    if (__builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512bf16")) {
      found.push_back(&eigenvit::kernels::avx512::amx_in_software);
    }
#endif
    return found;
  }();
  return tables;
}
