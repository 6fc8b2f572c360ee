#include "tables.hpp"

#include <algorithm>
#include <string>

#include <eigenvit/kernels/dispatch.hpp>
#include <eigenvit/kernels/region.hpp>

#if EIGENVIT_X86_KERNELS
#include "amx_in_software.hpp"
#include "avx512_in_halves.hpp"
#include "avx_vnni_by_evex.hpp"
#endif

using eigenvit::kernels::KernelTable;

namespace {

#if EIGENVIT_X86_KERNELS
/// The library's set of that name, or null where it cannot run here.
const KernelTable* available(const std::string& name) {
  for (const KernelTable* const table : eigenvit::kernels::available_kernels()) {
    if (table->name == name) return table;
  }
  return nullptr;
}
#endif

}  // namespace

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
    // What these take of the library's tables they take at run time: constants would compile its
    // kernels here a second time, and the linker would take this copy for all tests.
    if (const KernelTable* const avx2 = available("avx2")) {
      static const KernelTable in_halves = eigenvit::kernels::avx512_in_halves::table(*avx2);
      found.push_back(&in_halves);
#if EIGENVIT_X86_DOT_PRODUCTS
      if (available("avx512_vnni")) {
        static const KernelTable by_evex = eigenvit::kernels::avx2::vnni_by_evex(*avx2);
        found.push_back(&by_evex);
      }
#endif
    }
#endif
#if EIGENVIT_X86_AMX
    if (const KernelTable* const bf16 = available("avx512_bf16")) {
      static const KernelTable in_software = eigenvit::kernels::avx512::amx_in_software(*bf16);
      found.push_back(&in_software);
    }
#endif
    return found;
  }();
  return tables;
}
