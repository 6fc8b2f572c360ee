/// Kernels for AMX with bfloat16 and 8-bit integers: Intel servers since Sapphire Rapids.
#ifndef EIGENVIT_KERNELS_ISA_AVX512_AMX_HPP
#define EIGENVIT_KERNELS_ISA_AVX512_AMX_HPP

#include <eigenvit/kernels/isa/avx512.hpp>
#include <eigenvit/kernels/kernel_table.hpp>
#include <eigenvit/kernels/region.hpp>

#if EIGENVIT_X86_AMX
EIGENVIT_KERNELS_BEGIN("avx512f,avx512dq,avx512bw,avx512vl,fma")
namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace kernels {
namespace avx512 {

#include <eigenvit/kernels/generic/sums_in_memory.inc>
// After what it is made for.
#include <eigenvit/kernels/generic/tile_registers.inc>

/// The processor's instructions, written out as those of the other formats are.
class TileInstructions {
 public:
  explicit EIGENVIT_FORCE_INLINE TileInstructions(const TileConfiguration& configuration) {
    __asm__ volatile("ldtilecfg %0" : : "m"(configuration));
  }
  TileInstructions(const TileInstructions&) = delete;
  TileInstructions& operator=(const TileInstructions&) = delete;
  EIGENVIT_FORCE_INLINE ~TileInstructions() { __asm__ volatile("tilerelease"); }

  // The compiler is told that memory is read and written: it sees only where a tile begins.
  template <int t>
  EIGENVIT_FORCE_INLINE void load(const void* p, Stride row_bytes) {
    __asm__ volatile("tileloadd (%0,%1,1), %%tmm%c2" : : "r"(p), "r"(row_bytes), "i"(t) : "memory");
  }
  template <int t>
  EIGENVIT_FORCE_INLINE void store(void* p, Stride row_bytes) {
    __asm__ volatile("tilestored %%tmm%c2, (%0,%1,1)"
                     :
                     : "r"(p), "r"(row_bytes), "i"(t)
                     : "memory");
  }
  template <int t>
  EIGENVIT_FORCE_INLINE void clear() {
    __asm__ volatile("tilezero %%tmm%c0" : : "i"(t));
  }
  template <int sums, int a, int b>
  EIGENVIT_FORCE_INLINE void multiply_pairs() {
    __asm__ volatile("tdpbf16ps %%tmm%c2, %%tmm%c1, %%tmm%c0" : : "i"(sums), "i"(a), "i"(b));
  }
  /// Of `a` without sign and `b` with one.
  template <int sums, int a, int b>
  EIGENVIT_FORCE_INLINE void multiply_bytes() {
    __asm__ volatile("tdpbusd %%tmm%c2, %%tmm%c1, %%tmm%c0" : : "i"(sums), "i"(a), "i"(b));
  }
};

/// `bf16_table` with the products of `Tiles` for both formats.
template <class Tiles>
constexpr KernelTable with_tile_registers(const KernelTable& bf16, const char* table_name) {
  constexpr WeightFormat pairs = WeightFormat::bfloat16_pairs, int8 = WeightFormat::int8;
  return bf16
      .with(pairs, in_blocks<Bfloat16Product, TileRegisters<Tiles>>(bf16.format(pairs)), table_name)
      .with(int8, in_blocks<BytesProduct, TileRegisters<Tiles>>(bf16.format(int8)), table_name);
}

inline constexpr KernelTable amx_table =
    with_tile_registers<TileInstructions>(bf16_table, "avx512_amx");

}  // namespace avx512
}  // namespace kernels
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit
EIGENVIT_KERNELS_END
#endif

#endif
