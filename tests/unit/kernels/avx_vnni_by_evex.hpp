/// AVX2's products of bytes with the instruction as AVX-512 encodes it: what AVX-VNNI computes is
/// tested also on the processors that have only the other encoding.
#ifndef EIGENVIT_TESTS_UNIT_KERNELS_AVX_VNNI_BY_EVEX_HPP
#define EIGENVIT_TESTS_UNIT_KERNELS_AVX_VNNI_BY_EVEX_HPP

#include <eigenvit/kernels/isa/avx2.hpp>

EIGENVIT_KERNELS_BEGIN("avx2,fma,f16c")
namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace kernels {
namespace avx2 {

struct EvexBytesProduct : BytesProduct {
  using Tile = EvexBytesProduct;

  template <int vecs>
  static EIGENVIT_FORCE_INLINE void multiply(Vec (&sum)[vecs], Inputs a, const Weights (&b)[vecs]) {
    for (int v = 0; v < vecs; ++v) {
      __asm__("vpdpbusd %2, %1, %0" : "+x"(sum[v]) : "x"(a), "x"(b[v]));
    }
  }
};

/// Made of the library's own `table`.
inline KernelTable vnni_by_evex(const KernelTable& avx2) {
  return avx2.with(WeightFormat::int8, int8_format<EvexBytesProduct>, "avx_vnni by evex");
}

}  // namespace avx2
}  // namespace kernels
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit
EIGENVIT_KERNELS_END

#endif
