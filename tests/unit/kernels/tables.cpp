#include "tables.hpp"

#include <eigenvit/kernels/dispatch.hpp>
#include <eigenvit/kernels/region.hpp>

#if EIGENVIT_X86_KERNELS
#include "avx512_in_halves.hpp"
#endif

const std::vector<const eigenvit::kernels::KernelTable*>& support::kernel_tables() {
  static const std::vector<const eigenvit::kernels::KernelTable*> tables = [] {
    std::vector<const eigenvit::kernels::KernelTable*> found;
    eigenvit::kernels::for_each_available([&](const auto& table) { found.push_back(&table); });
#if EIGENVIT_X86_KERNELS
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) {
      found.push_back(&eigenvit::kernels::avx512_in_halves::table);
    }
#endif
    return found;
  }();
  return tables;
}
