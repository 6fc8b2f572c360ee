/// Which kernels run: those of the best instruction set that processor and operating system have.
#ifndef EIGENVIT_KERNELS_DISPATCH_HPP
#define EIGENVIT_KERNELS_DISPATCH_HPP

#include <atomic>

#include <eigenvit/kernels/kernel_table.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace kernels {

/// The instruction sets that can run here, the best first.
struct AvailableKernels {
  const KernelTable* tables[8];
  int count;

  const KernelTable* const* begin() const noexcept { return tables; }
  const KernelTable* const* end() const noexcept { return tables + count; }
};

AvailableKernels available_kernels() noexcept;

/// Calls `visit(table)` for each instruction set that can run here, the best first.
template <class Visit>
void for_each_available(const Visit& visit) {
  for (const KernelTable* const table : available_kernels()) visit(*table);
}

/// The kernels of that name, or the best where `forced` is null or empty. Throws `ConfigError`,
/// which lists the sets that can run here, for any other name.
const KernelTable& select_kernels(const char* forced);

namespace detail {

/// The choice, made at first use: the library's only global state.
inline std::atomic<const KernelTable*> active_table{nullptr};

/// Makes the choice. Threads that come here together all find the same.
const KernelTable& choose_kernels();

}  // namespace detail

/// The kernels in use: the best that can run here, or those that the environment variable
/// `EIGENVIT_ISA` names when it is read, at the first call. Throws as `select_kernels`.
inline const KernelTable& active_kernels() {
  const KernelTable* const table = detail::active_table.load(std::memory_order_acquire);
  return table ? *table : detail::choose_kernels();
}

}  // namespace kernels
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#if EIGENVIT_HEADER_ONLY
#include <eigenvit/kernels/dispatch.inl>
#endif

#endif
