/// Pointers to the kernels of one instruction set.
#ifndef EIGENVIT_KERNELS_KERNEL_TABLE_HPP
#define EIGENVIT_KERNELS_KERNEL_TABLE_HPP

#include <eigenvit/kernels/arguments.hpp>
#include <eigenvit/kernels/weight_format.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace kernels {

/// What an instruction set implements for one format of weights. All null where it lacks the
/// instructions; `encode` null where products take rows as they are.
struct FormatKernels {
  void (*gemm)(const GemmArguments<float>& arguments);

  /// From `panel [depth, 16]`, which it may change, to the format's layout. Of int8 weights,
  /// `gamma [depth]` multiplies them and their sum with `beta [depth]` is added to the outputs,
  /// where these are not null.
  void (*pack)(float* panel, Stride depth, const float* gamma, const float* beta, void* packed);

  /// The way back: `panel [depth, 16]` are the values that products compute with.
  void (*unpack)(const void* packed, Stride depth, float* panel);

  /// `u[i * u_stride] = sum over o of W[o, i] q[o]` for i < depth, over `count` panels of W. Null
  /// where inputs are encoded.
  void (*transposed_product)(const void* panels, Stride count, Stride depth, const float* q,
                             float* u, Stride u_stride);

  /// Makes of each of `rows` rows of `depth` values, in its place, what `gemm` reads. A row has
  /// room for `padded_width(depth)` values.
  void (*encode)(float* x, Stride rows, Stride x_stride, Stride depth);

  /// Whether inputs of a row may come in runs, which are encoded like rows.
  bool takes_runs = false;
};

/// What an instruction set implements for one format of attention. `attend` is null where it lacks
/// the instructions, `pack` where keys and values are read as they are.
struct AttentionKernels {
  void (*attend)(const AttentionArguments<float>& arguments);

  /// Keys and values of a head, `[keys, width]` and rows `stride` apart, as `PackedHead` says.
  void (*pack)(const float* k, const float* v, Stride stride, Stride keys, Stride width,
               float* packed);
};

/// What each instruction set implements. `kernels/reference.hpp` has the slow twin of every entry.
struct KernelTable {
  const char* name;  ///< as `EIGENVIT_ISA` spells it
  int lanes;         ///< floats in a register
  int tile_rows;     ///< rows of x that a tile of the product spans

  FormatKernels formats[weight_formats];           ///< by `WeightFormat`
  AttentionKernels attentions[attention_formats];  ///< by `AttentionFormat`
  void (*layer_norm)(const LayerNormArguments<float>& arguments);

  /// Softmax down each of the sixteen columns of `scores [rows, 16]`, which are times log2(e).
  void (*softmax_columns)(float* scores, Stride rows);

  /// `out [16, width] = pᵀ x` for `p [rows, 16]`, `x [rows, width]`; `width` a multiple of 16.
  void (*weighted_sums)(const float* p, const float* x, Stride x_stride, Stride rows, Stride width,
                        float* out, Stride out_stride);

  /// `y[c] = factor · sum over r of x[r, c]`.
  void (*sum_rows)(const float* x, Stride rows, Stride x_stride, Stride width, float factor,
                   float* y);

  /// `y += x`.
  void (*add_row)(const float* x, Stride count, float* y);

  /// `y = [y +] Σ weights_i rows_i` of four rows of `count` values: a pixel between four others.
  void (*blend_rows)(const float* const* rows, const float* weights, Stride count, bool add,
                     float* y);

  /// Pixels of a row between those of two others.
  void (*blend_pixels)(const BlendArguments<float>& arguments);

  /// `y[i] = activation(a[i]) · b[i]`; `y` may be `a`, not `b`. A null `b` is ones.
  void (*gate)(Activation activation, const float* a, const float* b, Stride count, float* y);

  void (*rotate)(const RotationArguments<float>& arguments);

  /// `panel[i * 16 + o] = rows[o][i]` for sixteen rows of any places, and i < depth.
  void (*pack_panel)(const float* const* rows, Stride depth, float* panel);

  /// The same under another name, with kernels for one format more or better ones.
  constexpr KernelTable with(WeightFormat format, const FormatKernels& kernels,
                             const char* new_name) const noexcept {
    KernelTable result = *this;
    result.formats[static_cast<int>(format)] = kernels;
    result.name = new_name;
    return result;
  }

  /// The same with kernels for one format of attention more or better ones.
  constexpr KernelTable with(AttentionFormat format,
                             const AttentionKernels& kernels) const noexcept {
    KernelTable result = *this;
    result.attentions[static_cast<int>(format)] = kernels;
    return result;
  }

  constexpr const FormatKernels& format(WeightFormat format) const noexcept {
    return formats[static_cast<int>(format)];
  }
  constexpr const AttentionKernels& attention(AttentionFormat format) const noexcept {
    return attentions[static_cast<int>(format)];
  }
  constexpr bool has(WeightFormat format) const noexcept {
    return this->format(format).gemm != nullptr;
  }
};

}  // namespace kernels
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
