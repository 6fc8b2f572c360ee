/// What layers may call: the few operations that all time is spent in. `float` goes through the
/// table of the instruction set that was picked (`kernels/dispatch.hpp`), `double` takes the plain
/// loops of `kernels/portable.hpp`.
///
/// All of them work on raw row-major memory and check nothing. Each has a slow twin in
/// `kernels/reference.hpp` that says what it computes. A number is computed the same way wherever
/// it is stored: results do not depend on how rows and outputs are cut into calls.
#ifndef EIGENVIT_KERNELS_OPS_HPP
#define EIGENVIT_KERNELS_OPS_HPP

#include <type_traits>

#include <eigenvit/core/types.hpp>
#include <eigenvit/kernels/dispatch.hpp>
#include <eigenvit/kernels/portable.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace ops {

/// See `kernels::GemmArguments`. Cost: `2 rows · outputs · depth` flops.
template <class Scalar>
void gemm(const kernels::GemmArguments<Scalar>& arguments) {
  if constexpr (std::is_same_v<Scalar, float>) {
    kernels::active_kernels().format(arguments.format).gemm(arguments);
  } else {
    kernels::portable::gemm(arguments);
  }
}

/// See `kernels::AttentionArguments`. Cost: `4 queries · keys · width` flops and `queries · keys`
/// exps; half as many flops again and as many exps where probabilities are asked for.
template <class Scalar>
void attention(const kernels::AttentionArguments<Scalar>& arguments) {
  if constexpr (std::is_same_v<Scalar, float>) {
    kernels::active_kernels().attention(arguments.format).attend(arguments);
  } else {
    kernels::portable::attention(arguments);
  }
}

/// Packs keys and values of a head for attention of this format, which is not native.
template <class Scalar>
void pack_head(kernels::AttentionFormat format, const Scalar* k, const Scalar* v, Index stride,
               Index keys, Index width, Scalar* packed) {
  if constexpr (std::is_same_v<Scalar, float>) {
    kernels::active_kernels().attention(format).pack(k, v, stride, keys, width, packed);
  }
}

/// See `kernels::LayerNormArguments`. Cost: about `8 rows · size` flops.
template <class Scalar>
void layer_norm(const kernels::LayerNormArguments<Scalar>& arguments) {
  if constexpr (std::is_same_v<Scalar, float>) {
    kernels::active_kernels().layer_norm(arguments);
  } else {
    kernels::portable::layer_norm(arguments);
  }
}

/// See `kernels::RotationArguments`. Cost: `3 rows · size` flops.
template <class Scalar>
void rotate(const kernels::RotationArguments<Scalar>& arguments) {
  if constexpr (std::is_same_v<Scalar, float>) {
    kernels::active_kernels().rotate(arguments);
  } else {
    kernels::portable::rotate(arguments);
  }
}

/// `y[i] = activation(a[i]) · b[i]`; `y` may be `a`, not `b`.
template <class Scalar>
void gate(Activation activation, const Scalar* a, const Scalar* b, Index count, Scalar* y) {
  if constexpr (std::is_same_v<Scalar, float>) {
    kernels::active_kernels().gate(activation, a, b, count, y);
  } else {
    kernels::portable::gate(activation, a, b, count, y);
  }
}

/// `y[i] = activation(x[i])`; `y` may be `x`.
template <class Scalar>
void activate(Activation activation, const Scalar* x, Index count, Scalar* y) {
  const Scalar* const ones = nullptr;
  gate(activation, x, ones, count, y);
}

/// `y += x`.
template <class Scalar>
void add_row(const Scalar* x, Index count, Scalar* y) {
  if constexpr (std::is_same_v<Scalar, float>) {
    kernels::active_kernels().add_row(x, count, y);
  } else {
    kernels::portable::add_row(x, count, y);
  }
}

/// `y = [y +] Σ weights_i rows_i` of four rows. Cost: `8 count` flops.
template <class Scalar>
void blend_rows(const Scalar* const* rows, const Scalar* weights, Index count, bool add,
                Scalar* y) {
  if constexpr (std::is_same_v<Scalar, float>) {
    kernels::active_kernels().blend_rows(rows, weights, count, add, y);
  } else {
    kernels::portable::blend_rows(rows, weights, count, add, y);
  }
}

/// See `kernels::BlendArguments`. Cost: `8 pixels · channels` flops.
template <class Scalar>
void blend_pixels(const kernels::BlendArguments<Scalar>& arguments) {
  if constexpr (std::is_same_v<Scalar, float>) {
    kernels::active_kernels().blend_pixels(arguments);
  } else {
    kernels::portable::blend_pixels(arguments);
  }
}

/// `y[c] = factor · sum over r of x[r, c]`, the rows in order.
template <class Scalar>
void sum_rows(const Scalar* x, Index rows, Index x_stride, Index width, Scalar factor, Scalar* y) {
  if constexpr (std::is_same_v<Scalar, float>) {
    kernels::active_kernels().sum_rows(x, rows, x_stride, width, factor, y);
  } else {
    kernels::portable::sum_rows(x, rows, x_stride, width, factor, y);
  }
}

/// The kernel that packs sixteen rows into a panel: `panel[i * 16 + o] = rows[o][i]` for i < depth.
/// The kernel and not a call of it: choosing one may throw, packing does not.
template <class Scalar>
auto panel_packer() -> void (*)(const Scalar* const* rows, Index depth, Scalar* panel) {
  if constexpr (std::is_same_v<Scalar, float>) {
    return kernels::active_kernels().pack_panel;
  } else {
    return kernels::portable::pack_panel;
  }
}

/// The kernels for a format of a float network's weights. Choosing may throw, calling them does
/// not.
inline const kernels::FormatKernels& format_kernels(kernels::WeightFormat format) {
  return kernels::active_kernels().format(format);
}

/// Whether products with weights of this format take inputs in runs (`kernels::GemmArguments`).
template <class Scalar>
bool takes_runs(kernels::WeightFormat format) {
  if constexpr (std::is_same_v<Scalar, float>) {
    return format_kernels(format).takes_runs;
  } else {
    return true;
  }
}

/// Makes of rows, in their place, what a product with weights of this format reads.
template <class Scalar>
void encode(kernels::WeightFormat format, Scalar* x, Index rows, Index x_stride, Index depth) {
  if constexpr (std::is_same_v<Scalar, float>) {
    const auto run = format_kernels(format).encode;
    if (run != nullptr) run(x, rows, x_stride, depth);
  }
}

/// Rows of x that a tile of the product spans: what rows are best cut into multiples of.
template <class Scalar>
Index tile_rows() {
  if constexpr (std::is_same_v<Scalar, float>) {
    return kernels::active_kernels().tile_rows;
  } else {
    return 4;
  }
}

}  // namespace ops
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
