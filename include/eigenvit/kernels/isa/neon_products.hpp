/// Kernels for the instructions of 64-bit ARM that multiply bytes and bfloat16: dot products, and
/// products of matrices of two rows.
#ifndef EIGENVIT_KERNELS_ISA_NEON_PRODUCTS_HPP
#define EIGENVIT_KERNELS_ISA_NEON_PRODUCTS_HPP

#include <arm_neon.h>

#include <eigenvit/kernels/isa/neon.hpp>
#include <eigenvit/kernels/kernel_table.hpp>
#include <eigenvit/kernels/region.hpp>

#if EIGENVIT_ARM_PRODUCTS
// These two regions use nothing of others: GCC sets their architecture, which may have less than
// the one that the program is compiled for, and then could not inline what is compiled for that.
EIGENVIT_KERNELS_BEGIN(EIGENVIT_ARM_DOT_PRODUCTS)
namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace kernels {
namespace neon {

/// Rows whose sums are in registers: 24 of the 32, beside four of weights and one of inputs.
inline constexpr int dot_product_rows = 6;

/// `sums [rows, 16] = sum over the units of a · b`, in integers.
template <int rows>
EIGENVIT_NO_INLINE void add_dot_products(const char* a, Stride a_row, const char* b, Stride units,
                                         float* sums) {
  int32x4_t sum[rows][4];
  EIGENVIT_UNROLL
  for (int r = 0; r < rows; ++r) {
    EIGENVIT_UNROLL
    for (int v = 0; v < 4; ++v) sum[r][v] = vdupq_n_s32(0);
  }
  for (Stride unit = 0; unit < units; ++unit, a += 4, b += 64) {
    int8x16_t weights[4];
    EIGENVIT_UNROLL
    for (int v = 0; v < 4; ++v) weights[v] = vld1q_s8(reinterpret_cast<const int8_t*>(b) + 16 * v);
    EIGENVIT_UNROLL
    for (int r = 0; r < rows; ++r) {
      int32_t four;
      __builtin_memcpy(&four, a + r * a_row, sizeof four);
      const int32x4_t x = vdupq_n_s32(four);
      EIGENVIT_UNROLL
      for (int v = 0; v < 4; ++v) {
        __asm__("sdot %0.4s, %1.16b, %2.16b" : "+w"(sum[r][v]) : "w"(x), "w"(weights[v]));
      }
    }
  }
  EIGENVIT_UNROLL
  for (int r = 0; r < rows; ++r) {
    EIGENVIT_UNROLL
    for (int v = 0; v < 4; ++v) {
      vst1q_f32(sums + r * panel_width + 4 * v, vreinterpretq_f32_s32(sum[r][v]));
    }
  }
}

}  // namespace neon
}  // namespace kernels
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit
EIGENVIT_KERNELS_END

EIGENVIT_KERNELS_BEGIN(EIGENVIT_ARM_MATRIX_PRODUCTS)
namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace kernels {
namespace neon {

/// Pairs of rows whose sums are in registers, for eight outputs: 16 of them, beside four of weights
/// and one of inputs.
inline constexpr int most_row_pairs = 4;

/// Products of two rows of two units with those of two outputs.
struct MatricesOfBytes {
  static constexpr bool sums_begin_with_bias = false;
  static EIGENVIT_FORCE_INLINE void multiply(float32x4_t& sums, uint32x4_t a, uint32x4_t b) {
    __asm__("smmla %0.4s, %1.16b, %2.16b" : "+w"(sums) : "w"(a), "w"(b));
  }
};
struct MatricesOfBfloat16 {
  static constexpr bool sums_begin_with_bias = true;
  static EIGENVIT_FORCE_INLINE void multiply(float32x4_t& sums, uint32x4_t a, uint32x4_t b) {
    __asm__("bfmmla %0.4s, %1.8h, %2.8h" : "+w"(sums) : "w"(a), "w"(b));
  }
};

/// Sums of eight outputs of a panel, in `rows` rows: two for each pair, or one less.
template <class Matrices, int pairs>
EIGENVIT_NO_INLINE void add_matrix_products(const char* a, Stride a_row, Stride rows, const char* b,
                                            Stride units, const float* begin, float* sums) {
  float32x4_t sum[pairs][4];
  EIGENVIT_UNROLL
  for (int v = 0; v < 4; ++v) {
    const float32x2_t two = vld1_f32(begin + 2 * v);
    const float32x4_t first =
        Matrices::sums_begin_with_bias ? vcombine_f32(two, two) : vdupq_n_f32(0.0f);
    EIGENVIT_UNROLL
    for (int p = 0; p < pairs; ++p) sum[p][v] = first;
  }
  const Stride last_row = (rows - 1) * a_row;
  const auto* weights = reinterpret_cast<const uint32_t*>(b);
  // Of an odd number of units, the one that is missing has weights of zero.
  for (Stride unit = 0; unit < units; unit += 2, a += 8, weights += 32) {
    uint32x4_t two_outputs[4];
    EIGENVIT_UNROLL
    for (int half = 0; half < 2; ++half) {
      const uint32x4_t even = vld1q_u32(weights + 4 * half);
      const uint32x4_t odd = unit + 1 < units ? vld1q_u32(weights + 16 + 4 * half) : vdupq_n_u32(0);
      two_outputs[2 * half] = vzip1q_u32(even, odd);
      two_outputs[2 * half + 1] = vzip2q_u32(even, odd);
    }
    EIGENVIT_UNROLL
    for (int p = 0; p < pairs; ++p) {
      const Stride odd_row = 2 * p + 1 < rows ? (2 * p + 1) * a_row : last_row;
      const uint32x2_t even = vld1_u32(reinterpret_cast<const uint32_t*>(a + 2 * p * a_row));
      const uint32x2_t odd = vld1_u32(reinterpret_cast<const uint32_t*>(a + odd_row));
      const uint32x4_t two_rows = vcombine_u32(even, odd);
      EIGENVIT_UNROLL
      for (int v = 0; v < 4; ++v) Matrices::multiply(sum[p][v], two_rows, two_outputs[v]);
    }
  }
  EIGENVIT_UNROLL
  for (int p = 0; p < pairs; ++p) {
    EIGENVIT_UNROLL
    for (int v = 0; v < 4; ++v) {
      float* const to = sums + 2 * p * panel_width + 2 * v;
      vst1_f32(to, vget_low_f32(sum[p][v]));
      if (2 * p + 1 < rows) vst1_f32(to + panel_width, vget_high_f32(sum[p][v]));
    }
  }
}

}  // namespace neon
}  // namespace kernels
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit
EIGENVIT_KERNELS_END

EIGENVIT_BASELINE_KERNELS_BEGIN
namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace kernels {
namespace neon {

// Pairs of bfloat16 by the instructions that every processor has: those of attention, and what
// prepares products of others.
EIGENVIT_FORCE_INLINE uint32x4_t rounded_bits(Vec v) {
  const uint32x4_t bits = vreinterpretq_u32_f32(v);
  const uint32x4_t magnitude = vandq_u32(bits, vdupq_n_u32(0x7FFFFFFFU));
  const uint32x4_t is_nan = vcgtq_u32(magnitude, vdupq_n_u32(infinity_bits));
  const uint32x4_t is_odd = vandq_u32(vshrq_n_u32(bits, 16), vdupq_n_u32(1));
  const uint32x4_t rounded = vaddq_u32(vaddq_u32(bits, vdupq_n_u32(0x7FFF)), is_odd);
  return vbslq_u32(is_nan, vorrq_u32(bits, vdupq_n_u32(0x400000U)), rounded);
}
/// The values in bfloat16, to the nearest, of two the even one; those of `a` first.
EIGENVIT_FORCE_INLINE void store_rounded_pairs(void* p, Vec a, Vec b) {
  const uint16x4_t low = vshrn_n_u32(rounded_bits(a), 16);
  vst1q_u8(static_cast<unsigned char*>(p),
           vreinterpretq_u8_u16(vshrn_high_n_u32(low, rounded_bits(b), 16)));
}
/// Pairs of one value of `even` and one of `odd` each.
EIGENVIT_FORCE_INLINE Vec interleaved_pairs(Vec even, Vec odd) {
  return vreinterpretq_f32_u32(vsriq_n_u32(rounded_bits(odd), rounded_bits(even), 16));
}
/// `sum += a · b`, first of the even ones.
EIGENVIT_FORCE_INLINE void multiply_pairs(Vec& sum, Vec a, Vec b) {
  const uint32x4_t x = vreinterpretq_u32_f32(a), w = vreinterpretq_u32_f32(b);
  const uint32x4_t odd = vdupq_n_u32(0xFFFF0000U);
  multiply_add(sum, vreinterpretq_f32_u32(vshlq_n_u32(x, 16)),
               vreinterpretq_f32_u32(vshlq_n_u32(w, 16)));
  multiply_add(sum, vreinterpretq_f32_u32(vandq_u32(x, odd)),
               vreinterpretq_f32_u32(vandq_u32(w, odd)));
}

#include <eigenvit/kernels/generic/formats/bfloat16_pairs.inc>
// After the products that it is made of.
#include <eigenvit/kernels/generic/bfloat16_attention.inc>
#include <eigenvit/kernels/generic/sums_in_memory.inc>

/// Runs the kernel of `rows` rows, up to `most`.
template <int most = dot_product_rows>
EIGENVIT_FORCE_INLINE void add_dot_products_of(Stride rows, const char* a, Stride a_row,
                                               const char* b, Stride units, float* sums) {
  if (rows >= most) return add_dot_products<most>(a, a_row, b, units, sums);
  if constexpr (most > 1) add_dot_products_of<most - 1>(rows, a, a_row, b, units, sums);
}

struct DotProductBlocks {
  static constexpr Stride rows = 4 * dot_product_rows;
  static constexpr int panels = 1;

  explicit EIGENVIT_FORCE_INLINE DotProductBlocks(Stride) {}

  template <class Product, int>
  EIGENVIT_FORCE_INLINE void multiply(const BlockFactors& f, const float*, float* sums) {
    for (Stride row = 0; row < f.rows; row += dot_product_rows) {
      add_dot_products_of(f.rows - row, f.a + row * f.a_row, f.a_row, f.b, f.units,
                          sums + row * panel_width);
    }
  }
};

/// Runs the kernel of all pairs of `rows` rows, or of the most that there is.
template <class Matrices, int pairs = most_row_pairs>
EIGENVIT_FORCE_INLINE void add_matrix_products_of(Stride rows, const char* a, Stride a_row,
                                                  const char* b, Stride units, const float* begin,
                                                  float* sums) {
  if (rows >= 2 * pairs - 1) {
    return add_matrix_products<Matrices, pairs>(a, a_row, rows, b, units, begin, sums);
  }
  if constexpr (pairs > 1) {
    add_matrix_products_of<Matrices, pairs - 1>(rows, a, a_row, b, units, begin, sums);
  }
}

struct MatrixProductBlocks {
  static constexpr Stride rows = 3 * 2 * most_row_pairs;
  static constexpr int panels = 1;

  explicit EIGENVIT_FORCE_INLINE MatrixProductBlocks(Stride) {}

  template <class Product, int>
  EIGENVIT_FORCE_INLINE void multiply(const BlockFactors& f, const float* begin, float* sums) {
    using Matrices =
        std::conditional_t<sums_integers<Product>, MatricesOfBytes, MatricesOfBfloat16>;
    constexpr Stride half_panel = panel_width / 2;
    for (Stride o = 0; o < panel_width; o += half_panel) {
      const char* const b = f.b + o * static_cast<Stride>(sizeof(Word));
      for (Stride row = 0; row < f.rows; row += 2 * most_row_pairs) {
        add_matrix_products_of<Matrices>(f.rows - row, f.a + row * f.a_row, f.a_row, b, f.units,
                                         begin + o, sums + row * panel_width + o);
      }
    }
  }
};

/// With dot products: ARMv8.4, and many before it.
inline constexpr KernelTable dot_product_table = table.with(
    WeightFormat::int8, in_blocks<BytesProduct, DotProductBlocks>(table.format(WeightFormat::int8)),
    "neon_dotprod");
/// With products of matrices of bytes and bfloat16: ARMv8.6, and Neoverse V1 and N2 before it.
inline constexpr KernelTable matrix_product_table =
    table
        .with(WeightFormat::int8,
              in_blocks<BytesProduct, MatrixProductBlocks>(table.format(WeightFormat::int8)),
              "neon_mmla")
        .with(WeightFormat::bfloat16_pairs,
              in_blocks<Bfloat16Product, MatrixProductBlocks>(bfloat16_pairs_format), "neon_mmla")
        .with(AttentionFormat::bfloat16, bfloat16_attention);

}  // namespace neon
}  // namespace kernels
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit
EIGENVIT_BASELINE_KERNELS_END
#endif

#endif
