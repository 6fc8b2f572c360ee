/// The slow twin of each kernel: plain loops over unpacked weights, written to be read, summed in
/// double. Tests hold the fast ones against these.
#ifndef EIGENVIT_KERNELS_REFERENCE_HPP
#define EIGENVIT_KERNELS_REFERENCE_HPP

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <vector>

#include <eigenvit/core/float_format.hpp>
#include <eigenvit/core/types.hpp>
#include <eigenvit/kernels/activation.hpp>
#include <eigenvit/kernels/arguments.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace reference {

/// `activation(x)`. Twin of what products and gates apply, for one value.
inline double activate(Activation activation, double x) {
  switch (activation) {
    case Activation::none:
      return x;
    case Activation::gelu:
      return 0.5 * x * (1 + std::erf(x / std::sqrt(2.0)));
    case Activation::gelu_tanh:
      return 0.5 * x * (1 + std::tanh(std::sqrt(2 / std::acos(-1.0)) * (x + 0.044715 * x * x * x)));
    case Activation::quick_gelu:
      return x / (1 + std::exp(-1.702 * x));
    case Activation::silu:
      return x / (1 + std::exp(-x));
    case Activation::relu:
      return std::max(x, 0.0);
    case Activation::tanh:
      return std::tanh(x);
  }
  return x;
}

/// What is done to a product before it is stored, in this order; null or false leaves a step out:
/// `y = [y +] scale ⊙ activation(product + bias)`.
template <class Scalar>
struct Epilogue {
  const Scalar* bias = nullptr;  ///< `[outputs]`
  Activation activation = Activation::none;
  const Scalar* scale = nullptr;  ///< `[outputs]`, LayerScale
  bool accumulate = false;        ///< add to what `y` holds: the residual connection
};

/// `y = epilogue(x Wᵀ)` with row-major `weight [outputs, inputs]`. Twin of `FormatKernels::gemm`
/// with weights in floats.
template <class Scalar>
void linear(const Scalar* x, Index rows, Index x_stride, const Scalar* weight, Index outputs,
            Index inputs, const Epilogue<Scalar>& epilogue, Scalar* y, Index y_stride) {
  for (Index r = 0; r < rows; ++r) {
    for (Index o = 0; o < outputs; ++o) {
      double value = epilogue.bias ? epilogue.bias[o] : 0;
      for (Index i = 0; i < inputs; ++i) {
        value += double(x[r * x_stride + i]) * double(weight[o * inputs + i]);
      }
      value = activate(epilogue.activation, value);
      if (epilogue.scale) value *= epilogue.scale[o];
      if (epilogue.accumulate) value += y[r * y_stride + o];
      y[r * y_stride + o] = static_cast<Scalar>(value);
    }
  }
}

/// The bfloat16 that is nearest to `x`, of two the even one.
inline float rounded_to_bfloat16(float x) {
  return detail::rounded(x, FloatFormat::bfloat16);
}

// Bit for bit what kernels compute, whatever arithmetic a test is compiled with.
EIGENVIT_STRICT_MATH_BEGIN

/// Weights of one output as int8 products have them: `w ≈ scale q`, the greatest `q` being ±127.
struct Int8Weights {
  std::vector<int> q;
  float scale;
};
inline Int8Weights int8_weights(const float* w, Index inputs) {
  float most = 0;
  for (Index i = 0; i < inputs; ++i) most = std::max(most, std::abs(w[i]));
  Int8Weights result{std::vector<int>(static_cast<std::size_t>(inputs)), most / 127.0f};
  const float reciprocal = most > 0 ? 127.0f / most : 0;
  for (Index i = 0; i < inputs; ++i) {
    result.q[static_cast<std::size_t>(i)] = static_cast<int>(std::nearbyint(w[i] * reciprocal));
  }
  return result;
}

/// A row of inputs as int8 products have it: `x ≈ scale (q - zero)`, `q - zero` being stored here.
inline Int8Weights int8_inputs(const float* x, Index size) {
  const float low = std::min(0.0f, *std::min_element(x, x + size));
  const float high = std::max(0.0f, *std::max_element(x, x + size));
  const float range = high - low;
  Int8Weights result{std::vector<int>(static_cast<std::size_t>(size)), range / 255.0f};
  const float reciprocal = range > 0 ? 255.0f / range : 0;
  const int zero = static_cast<int>(std::nearbyint(-low * reciprocal));
  for (Index i = 0; i < size; ++i) {
    const int q = static_cast<int>(std::nearbyint(x[i] * reciprocal)) + zero;
    result.q[static_cast<std::size_t>(i)] = std::clamp(q, 0, 255) - zero;
  }
  return result;
}

/// `a b + c`, rounded once. By sums in double whose last bit tells that the exact one goes on: the
/// C library of mingw rounds twice, and under -ffast-math clang makes two operations of `std::fma`.
/// Source: Boldo and Melquiond, "Emulation of FMA and correctly rounded sums", 2008.
inline float fused(float a, float b, float c) {
  const double product = double(a) * double(b);  // exact
  const double sum = product + double(c);
  const double part = sum - product;
  const double rest = (product - (sum - part)) + (double(c) - part);
  std::uint64_t bits = 0;
  std::memcpy(&bits, &sum, sizeof bits);
  if (rest != 0 && (bits & 1U) == 0) bits += (rest > 0) == (sum > 0) ? 1U : ~std::uint64_t{0};
  double odd = 0;
  std::memcpy(&odd, &bits, sizeof odd);
  return static_cast<float>(odd);
}

/// `y = x Wᵀ + bias` for a row and an output of int8, with the operations on floats that every
/// instruction set takes.
inline float int8_product(const Int8Weights& x, const Int8Weights& w, float bias) {
  long sum = 0;
  for (std::size_t i = 0; i < x.q.size(); ++i) sum += long{x.q[i]} * w.q[i];
  return fused(static_cast<float>(sum), w.scale * x.scale, bias);
}

EIGENVIT_STRICT_MATH_END

/// Twin of `KernelTable::layer_norm`, for one row.
template <class Scalar>
void layer_norm_row(const Scalar* x, Index size, const Scalar* gamma, const Scalar* beta,
                    double eps, Scalar* y) {
  double mean = 0;
  for (Index i = 0; i < size; ++i) mean += x[i];
  mean /= double(size);
  double variance = 0;
  for (Index i = 0; i < size; ++i) variance += (x[i] - mean) * (x[i] - mean);
  variance /= double(size);
  for (Index i = 0; i < size; ++i) {
    const double value = (x[i] - mean) / std::sqrt(variance + eps) * gamma[i];
    y[i] = static_cast<Scalar>(value + (beta ? beta[i] : 0));
  }
}

/// RMSNorm: `y = x / sqrt(mean of squares + eps) ⊙ gamma`. Twin of `KernelTable::layer_norm` where
/// it is not centered, for one row.
template <class Scalar>
void rms_norm_row(const Scalar* x, Index size, const Scalar* gamma, double eps, Scalar* y) {
  double squares = 0;
  for (Index i = 0; i < size; ++i) squares += double(x[i]) * double(x[i]);
  const double root = std::sqrt(squares / double(size) + eps);
  for (Index i = 0; i < size; ++i)
    y[i] = static_cast<Scalar>(double(x[i]) / root * double(gamma[i]));
}

/// Pairs of values, (0, 1), (2, 3), ... or (0, size/2), (1, size/2 + 1), ... where `halves`,
/// rotated by the angles `[size/2]`. Twin of `KernelTable::rotate`, for one row.
template <class Scalar>
void rotate_row(Scalar* x, Index size, const Scalar* angles, bool halves) {
  for (Index i = 0; i < size / 2; ++i) {
    Scalar& first = x[halves ? i : 2 * i];
    Scalar& second = x[halves ? i + size / 2 : 2 * i + 1];
    const double cos = std::cos(double(angles[i]));
    const double sin = std::sin(double(angles[i]));
    const double a = double(first);
    const double b = double(second);
    first = static_cast<Scalar>(a * cos - b * sin);
    second = static_cast<Scalar>(b * cos + a * sin);
  }
}

/// `y[i] = activation(a[i]) · b[i]`, of a null `b` without it. Twin of `KernelTable::gate`.
template <class Scalar>
void gate(Activation activation, const Scalar* a, const Scalar* b, Index count, Scalar* y) {
  for (Index i = 0; i < count; ++i) {
    y[i] = static_cast<Scalar>(activate(activation, double(a[i])) * (b ? double(b[i]) : 1.0));
  }
}

/// `row = exp(row - max row) / sum`, in place. Twin of `KernelTable::softmax_columns`, for one
/// column.
template <class Scalar>
void softmax_row(Scalar* row, Index size) {
  const double max = *std::max_element(row, row + size);
  double total = 0;
  for (Index i = 0; i < size; ++i) total += std::exp(row[i] - max);
  for (Index i = 0; i < size; ++i) row[i] = static_cast<Scalar>(std::exp(row[i] - max) / total);
}

/// Scaled dot-product attention of one head: `scores = softmax(q kᵀ · scale + bias)`,
/// `out = scores · v`, for `q [queries, d]`, `k, v [keys, d]` of one row stride and a bias
/// `[queries, keys]` or null. Twin of `KernelTable::attention`.
template <class Scalar>
void attention(const Scalar* q, Index queries, const Scalar* k, const Scalar* v, Index keys,
               Index head_dim, Index qkv_stride, double scale, Scalar* scores, Scalar* out,
               Index out_stride, const Scalar* bias = nullptr) {
  std::vector<double> row(static_cast<std::size_t>(keys));
  for (Index i = 0; i < queries; ++i) {
    for (Index j = 0; j < keys; ++j) {
      double dot = 0;
      for (Index c = 0; c < head_dim; ++c) {
        dot += double(q[i * qkv_stride + c]) * double(k[j * qkv_stride + c]);
      }
      row[static_cast<std::size_t>(j)] = dot * scale + (bias ? double(bias[i * keys + j]) : 0);
    }
    softmax_row(row.data(), keys);
    for (Index c = 0; c < head_dim; ++c) {
      double value = 0;
      for (Index j = 0; j < keys; ++j) {
        value += row[static_cast<std::size_t>(j)] * double(v[j * qkv_stride + c]);
      }
      out[i * out_stride + c] = static_cast<Scalar>(value);
    }
    for (Index j = 0; j < keys; ++j) {
      scores[i * keys + j] = static_cast<Scalar>(row[static_cast<std::size_t>(j)]);
    }
  }
}

/// `out [columns, width] = pᵀ x` for `p [rows, columns]`, `x [rows, width]`. Twin of
/// `KernelTable::weighted_sums`, which has sixteen columns.
template <class Scalar>
void weighted_sums(const Scalar* p, Index columns, const Scalar* x, Index x_stride, Index rows,
                   Index width, Scalar* out, Index out_stride) {
  for (Index r = 0; r < columns; ++r) {
    for (Index c = 0; c < width; ++c) {
      double value = 0;
      for (Index k = 0; k < rows; ++k) {
        value += double(p[k * columns + r]) * double(x[k * x_stride + c]);
      }
      out[r * out_stride + c] = static_cast<Scalar>(value);
    }
  }
}

/// `u = Wᵀ q` with row-major `weight [outputs, inputs]`. Twin of
/// `FormatKernels::transposed_product`.
template <class Scalar>
void transposed_product(const Scalar* weight, Index outputs, Index inputs, const Scalar* q,
                        Scalar* u, Index u_stride) {
  for (Index i = 0; i < inputs; ++i) {
    double value = 0;
    for (Index o = 0; o < outputs; ++o) value += double(weight[o * inputs + i]) * double(q[o]);
    u[i * u_stride] = static_cast<Scalar>(value);
  }
}

/// `y[c] = factor · sum over r of x[r, c]`. Twin of `KernelTable::sum_rows`.
template <class Scalar>
void sum_rows(const Scalar* x, Index rows, Index x_stride, Index width, Scalar factor, Scalar* y) {
  for (Index c = 0; c < width; ++c) {
    double value = 0;
    for (Index r = 0; r < rows; ++r) value += double(x[r * x_stride + c]);
    y[c] = static_cast<Scalar>(value * double(factor));
  }
}

/// `panel[i * 16 + o] = rows[o][i]` for i < depth. Twin of `KernelTable::pack_panel`.
template <class Scalar>
void pack_panel(const Scalar* const* rows, Index depth, Scalar* panel) {
  for (Index o = 0; o < 16; ++o) {
    for (Index i = 0; i < depth; ++i) panel[i * 16 + o] = rows[o][i];
  }
}

/// `y += x`. Twin of `KernelTable::add_row`.
template <class Scalar>
void add_row(const Scalar* x, Index count, Scalar* y) {
  for (Index i = 0; i < count; ++i) y[i] = static_cast<Scalar>(double(y[i]) + double(x[i]));
}

/// `y = [y +] Σ weights_i rows_i`. Twin of `KernelTable::blend_rows`.
template <class Scalar>
void blend_rows(const Scalar* const* rows, const Scalar* weights, Index count, bool add,
                Scalar* y) {
  for (Index i = 0; i < count; ++i) {
    double sum = add ? double(y[i]) : 0.0;
    for (int r = 0; r < 4; ++r) sum += double(weights[r]) * double(rows[r][i]);
    y[i] = static_cast<Scalar>(sum);
  }
}

/// Twin of `KernelTable::blend_pixels`.
template <class Scalar>
void blend_pixels(const kernels::BlendArguments<Scalar>& b) {
  for (Index i = 0; i < b.pixels; ++i) {
    const double down = double(b.weight), right = double(b.taps[i].weight);
    for (Index c = 0; c < b.channels; ++c) {
      const auto between = [&](const Scalar* row) {
        return (1 - right) * double(row[b.taps[i].first * b.channels + c]) +
               right * double(row[b.taps[i].second * b.channels + c]);
      };
      Scalar& y = b.y[i * b.channels + c];
      y = static_cast<Scalar>((b.add ? double(y) : 0.0) + (1 - down) * between(b.above) +
                              down * between(b.below));
    }
  }
}

}  // namespace reference
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
