/// The slow twin of each operation in `kernels/ops.hpp`: plain loops, written to be read, summed in
/// double. Tests hold the fast ones against these.
#ifndef EIGENVIT_KERNELS_REFERENCE_HPP
#define EIGENVIT_KERNELS_REFERENCE_HPP

#include <algorithm>
#include <cmath>
#include <vector>

#include <eigenvit/kernels/activation.hpp>
#include <eigenvit/kernels/ops.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace reference {

/// `activation(x)` of one value.
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

/// As `ops::linear`, with row-major `weight [outputs, inputs]`, for all outputs.
template <class Scalar>
void linear(const Scalar* x, Index rows, Index x_stride, const Scalar* weight, Index outputs,
            Index inputs, const ops::Epilogue<Scalar>& epilogue, Scalar* y, Index y_stride) {
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

/// As `ops::layer_norm_row`.
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

/// As `ops::softmax_row`.
template <class Scalar>
void softmax_row(Scalar* row, Index size) {
  const double max = *std::max_element(row, row + size);
  double total = 0;
  for (Index i = 0; i < size; ++i) total += std::exp(row[i] - max);
  for (Index i = 0; i < size; ++i) row[i] = static_cast<Scalar>(std::exp(row[i] - max) / total);
}

/// As `ops::attention`.
template <class Scalar>
void attention(const Scalar* q, Index queries, const Scalar* k, const Scalar* v, Index keys,
               Index head_dim, Index qkv_stride, double scale, Scalar* scores, Scalar* out,
               Index out_stride) {
  std::vector<double> row(static_cast<std::size_t>(keys));
  for (Index i = 0; i < queries; ++i) {
    for (Index j = 0; j < keys; ++j) {
      double dot = 0;
      for (Index c = 0; c < head_dim; ++c) {
        dot += double(q[i * qkv_stride + c]) * double(k[j * qkv_stride + c]);
      }
      row[static_cast<std::size_t>(j)] = dot * scale;
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

}  // namespace reference
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
