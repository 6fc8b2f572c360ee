/// What layers may call: the few operations that all time is spent in. This is the seam behind
/// which kernels for each instruction set can stand; here Eigen's products serve.
///
/// All of them work on raw row-major memory and check nothing but by assertion. Each has a slow
/// twin in `kernels/reference.hpp` that says what it computes.
#ifndef EIGENVIT_KERNELS_OPS_HPP
#define EIGENVIT_KERNELS_OPS_HPP

#include <algorithm>
#include <cmath>

#include <eigenvit/kernels/activation.hpp>
#include <eigenvit/kernels/lanes.hpp>
#include <eigenvit/kernels/packed_matrix.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace ops {

/// What is done to a product before it is stored, in this order; null or false leaves a step out:
/// `y = [y +] scale ⊙ activation(product + bias)`.
template <class Scalar>
struct Epilogue {
  const Scalar* bias = nullptr;  ///< `[outputs]`
  Activation activation = Activation::none;
  const Scalar* scale = nullptr;  ///< `[outputs]`, LayerScale
  bool accumulate = false;        ///< add to what `y` holds: the residual connection
};

namespace detail {

template <class Scalar>
using StridedView = Eigen::Map<Matrix<Scalar>, Eigen::Unaligned, Eigen::OuterStride<>>;
template <class Scalar>
using ConstStridedView = Eigen::Map<const Matrix<Scalar>, Eigen::Unaligned, Eigen::OuterStride<>>;

/// `row = scale ⊙ activation(row + bias)`, in place, on `size` values.
template <class Scalar>
void finish_row(const Epilogue<Scalar>& epilogue, Index size, Scalar* row) {
  const Scalar* const bias = epilogue.bias;
  const Scalar* const scale = epilogue.scale;
  eigenvit::detail::with_activation(epilogue.activation, [&](auto activation) {
    for_each_lanes(size, [&](Index first, auto count) {
      Lanes<Scalar> value = load_piece(row + first, count, Scalar(0));
      if (bias) value += load_piece(bias + first, count, Scalar(0));
      value = eigenvit::detail::activate<activation()>(value);
      if (scale) value *= load_piece(scale + first, count, Scalar(0));
      store_piece(value, count, row + first);
    });
  });
}

/// `y[rows, cols] += alpha · a[rows, inner] · b[cols, inner]ᵀ`. The one place from which Eigen's
/// product of this form is called: each further one would cost its users a second of compile time.
template <class Scalar>
void add_product(Scalar alpha, const Scalar* a, Index rows, Index inner, Index a_stride,
                 const Scalar* b, Index cols, Index b_stride, Scalar* y, Index y_stride) {
  const ConstStridedView<Scalar> left(a, rows, inner, Eigen::OuterStride<>(a_stride));
  const ConstStridedView<Scalar> right(b, cols, inner, Eigen::OuterStride<>(b_stride));
  StridedView<Scalar> out(y, rows, cols, Eigen::OuterStride<>(y_stride));
  out.noalias() += alpha * left * right.transpose();
}

template <class Scalar>
void set_zero(Scalar* y, Index rows, Index cols, Index y_stride) {
  for (Index r = 0; r < rows; ++r) std::fill_n(y + r * y_stride, cols, Scalar(0));
}

/// `out[r] = sum over j of p[r, j] v[j]`, for dense `p [rows, keys]`.
template <class Scalar>
void weighted_sums(const Scalar* p, Index rows, Index keys, const Scalar* v, Index v_stride,
                   Index width, Scalar* out, Index out_stride) {
  for (Index r = 0; r < rows; ++r) {
    for_each_lanes(width, [&](Index first, auto count) {
      Lanes<Scalar> total = Lanes<Scalar>::Zero();
      for (Index j = 0; j < keys; ++j) {
        total += p[r * keys + j] * load_piece(v + j * v_stride + first, count, Scalar(0));
      }
      store_piece(total, count, out + r * out_stride + first);
    });
  }
}

}  // namespace detail

/// `y[rows, count] = epilogue(x[rows, inputs] · W[first : first + count, inputs]ᵀ)`; `y`, the bias
/// and the scale begin at output `first`. `x` and `y` must not overlap. Cost: `2 rows · count ·
/// inputs` flops.
template <class Scalar>
void linear(const Scalar* x, Index rows, Index x_stride, const PackedMatrix<Scalar>& weight,
            Index first, Index count, const Epilogue<Scalar>& epilogue, Scalar* y, Index y_stride) {
  eigen_assert(first >= 0 && first + count <= weight.outputs());
  const auto add_product = [&](Scalar* into, Index stride) {
    detail::add_product(Scalar(1), x, rows, weight.inputs(), x_stride,
                        weight.rows(first, count).data(), count, weight.inputs(), into, stride);
  };
  if (epilogue.accumulate && (epilogue.scale || epilogue.activation != Activation::none)) {
    Matrix<Scalar> product = Matrix<Scalar>::Zero(rows, count);
    add_product(product.data(), count);
    for (Index r = 0; r < rows; ++r) {
      detail::finish_row(epilogue, count, product.row(r).data());
      for (Index c = 0; c < count; ++c) y[r * y_stride + c] += product(r, c);
    }
    return;
  }
  if (!epilogue.accumulate) detail::set_zero(y, rows, count, y_stride);
  add_product(y, y_stride);
  if (epilogue.bias || epilogue.scale || epilogue.activation != Activation::none) {
    for (Index r = 0; r < rows; ++r) detail::finish_row(epilogue, count, y + r * y_stride);
  }
}

/// `y = (x - mean) / sqrt(variance + eps) ⊙ gamma + beta` for one row of `size` values, with the
/// biased variance, in two passes. `beta` may be null, and `y` may be `x`.
template <class Scalar>
void layer_norm_row(const Scalar* x, Index size, const Scalar* gamma, const Scalar* beta,
                    Scalar eps, Scalar* y) {
  Lanes<Scalar> total = Lanes<Scalar>::Zero();
  for_each_lanes(
      size, [&](Index first, auto count) { total += load_piece(x + first, count, Scalar(0)); });
  const Scalar mean = sum(total) / static_cast<Scalar>(size);
  Lanes<Scalar> squares = Lanes<Scalar>::Zero();
  for_each_lanes(size, [&](Index first, auto count) {
    squares += (load_piece(x + first, count, mean) - mean).square();
  });
  const Scalar scale = Scalar(1) / std::sqrt(sum(squares) / static_cast<Scalar>(size) + eps);
  for_each_lanes(size, [&](Index first, auto count) {
    Lanes<Scalar> value = (load_piece(x + first, count, mean) - mean) * scale;
    value *= load_piece(gamma + first, count, Scalar(0));
    if (beta) value += load_piece(beta + first, count, Scalar(0));
    store_piece(value, count, y + first);
  });
}

/// `row = exp(row - max row) / sum`, in place, over `size >= 1` values.
template <class Scalar>
void softmax_row(Scalar* row, Index size) {
  // The tail is read and written once, not in each of the three passes. It is padded with a value
  // of the row and the padding taken out after the exp: what would vanish by itself would do so as
  // subnormal numbers, and one of them takes longer than the rest of the row.
  const Index whole = size / lane_count * lane_count;
  Lanes<Scalar> tail = load_tail(row + whole, size - whole, row[0]);
  Lanes<Scalar> greatest = tail;
  for (Index i = 0; i < whole; i += lane_count) greatest = greatest.max(load_lanes(row + i));
  const Scalar max = greatest.maxCoeff();
  tail = (tail - max).exp();
  tail = load_tail(tail.data(), size - whole, Scalar(0));
  Lanes<Scalar> total = tail;
  for (Index i = 0; i < whole; i += lane_count) {
    const Lanes<Scalar> value = (load_lanes(row + i) - max).exp();
    total += value;
    store_lanes(value, row + i);
  }
  const Scalar scale = Scalar(1) / sum(total);
  for (Index i = 0; i < whole; i += lane_count) {
    store_lanes<Scalar>(load_lanes(row + i) * scale, row + i);
  }
  store_piece<Scalar>(tail * scale, size - whole, row + whole);
}

/// Scaled dot-product attention of one head for `queries` queries against `keys` keys:
/// `scores = softmax(q kᵀ · scale)`, `out = scores · v`. Shapes: `q [queries, d]`, `k, v [keys,
/// d]`, each with its row stride; `scores [queries, keys]` is scratch that holds the probabilities
/// afterwards; `out [queries, d]`. Cost: `4 queries · keys · d` flops and `queries · keys` exps.
/// Source: Vaswani et al., arXiv:1706.03762, section 3.2.1.
template <class Scalar>
void attention(const Scalar* q, Index queries, const Scalar* k, const Scalar* v, Index keys,
               Index head_dim, Index qkv_stride, Scalar scale, Scalar* scores, Scalar* out,
               Index out_stride) {
  detail::set_zero(scores, queries, keys, keys);
  detail::add_product(scale, q, queries, head_dim, qkv_stride, k, keys, qkv_stride, scores, keys);
  for (Index r = 0; r < queries; ++r) softmax_row(scores + r * keys, keys);
  // For such a product of row-major matrices Eigen has plain loops, which peel by the alignment of
  // the result; its own bound is 20.
  constexpr Index small_sizes = 32;
  if (queries + keys + head_dim < small_sizes) {
    detail::weighted_sums(scores, queries, keys, v, qkv_stride, head_dim, out, out_stride);
    return;
  }
  const detail::ConstStridedView<Scalar> value(v, keys, head_dim, Eigen::OuterStride<>(qkv_stride));
  detail::StridedView<Scalar> target(out, queries, head_dim, Eigen::OuterStride<>(out_stride));
  target.noalias() = ConstMatrixView<Scalar>(scores, queries, keys) * value;
}

}  // namespace ops
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
