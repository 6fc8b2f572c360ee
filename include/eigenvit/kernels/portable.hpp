/// The kernels in plain loops, for `double`: the reference path, written to be read. They take the
/// same arguments as the kernels of the instruction sets, which are for `float` only.
#ifndef EIGENVIT_KERNELS_PORTABLE_HPP
#define EIGENVIT_KERNELS_PORTABLE_HPP

#include <algorithm>
#include <cmath>
#include <limits>

#include <eigenvit/kernels/arguments.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace kernels {
namespace portable {

template <class Scalar>
Scalar activate(Activation activation, Scalar x) {
  switch (activation) {
    case Activation::none:
      return x;
    case Activation::gelu:
      return x / 2 * (1 + std::erf(x * Scalar(0.70710678118654752440)));
    case Activation::gelu_tanh:
      return x / 2 *
             (1 + std::tanh(Scalar(0.79788456080286535588) * (x + Scalar(0.044715) * x * x * x)));
    case Activation::quick_gelu:
      return x / (1 + std::exp(Scalar(-1.702) * x));
    case Activation::silu:
      return x / (1 + std::exp(-x));
    case Activation::relu:
      // NaN is kept: it is not below 0.
      return x < 0 ? Scalar(0) : x;
    case Activation::tanh:
      return std::tanh(x);
  }
  return x;
}

template <class Scalar>
void gemm(const GemmArguments<Scalar>& g) {
  const Stride run = g.depth / g.runs;
  for (Stride first = 0; first < g.outputs; first += panel_width) {
    const Scalar* const panel = static_cast<const Scalar*>(g.panels) + first * g.depth;
    const Stride count = std::min(panel_width, g.outputs - first);
    Scalar* y = g.y + first;
    if (g.group_panels > 0) {
      const Stride place = g.group_offset + first / panel_width;
      y = g.y + place / g.group_panels * g.group_stride + place % g.group_panels * panel_width;
    }
    for (Stride r = 0; r < g.rows; ++r) {
      Scalar sums[panel_width] = {};
      for (Stride k = 0; k < g.depth; ++k) {
        const Stride place = g.runs == 1 ? k : k / run * g.run_stride + k % run;
        const Scalar x = g.x[r * g.x_stride + place];
        for (Stride o = 0; o < panel_width; ++o) sums[o] += x * panel[k * panel_width + o];
      }
      for (Stride o = 0; o < count; ++o) {
        Scalar value = sums[o] + (g.bias ? g.bias[first + o] : Scalar(0));
        value = activate(g.activation, value);
        if (g.scale) value *= g.scale[first + o];
        Scalar& place = y[r * g.y_stride + o];
        place = g.accumulate ? place + value : value;
      }
    }
  }
}

template <class Scalar>
void attention(const AttentionArguments<Scalar>& a) {
  for (Stride i = 0; i < a.queries; ++i) {
    const Scalar* const q = a.q + i * a.q_stride;
    Scalar* const out = a.out + i * a.out_stride;
    const auto score = [&](Stride j) {
      const Scalar* const k = a.k + j * a.kv_stride;
      Scalar sum = 0;
      for (Stride c = 0; c < a.width; ++c) sum += q[c] * k[c];
      return sum * a.scale + (a.bias ? a.bias[j * attention_queries + i] : Scalar(0));
    };
    Scalar greatest = -std::numeric_limits<Scalar>::infinity();
    for (Stride j = 0; j < a.keys; ++j) greatest = std::max(greatest, score(j));
    Scalar total = 0;
    for (Stride j = 0; j < a.keys; ++j) total += std::exp(score(j) - greatest);
    std::fill_n(out, a.out_width, Scalar(0));
    for (Stride j = 0; j < a.keys; ++j) {
      const Scalar p = std::exp(score(j) - greatest) / total;
      for (Stride c = 0; c < a.out_width; ++c) out[c] += p * a.v[j * a.kv_stride + c];
      if (a.probabilities) a.probabilities[i * a.keys + j] = p;
    }
  }
}

template <class Scalar>
void layer_norm(const LayerNormArguments<Scalar>& n) {
  for (Stride r = 0; r < n.rows; ++r) {
    const Scalar* const x = n.x + r * n.x_stride;
    Scalar* const y = n.y + r * n.y_stride;
    Scalar mean = 0;
    for (Stride i = 0; n.centered && i < n.size; ++i) mean += x[i];
    mean /= static_cast<Scalar>(n.size);
    Scalar variance = 0;
    for (Stride i = 0; i < n.size; ++i) variance += (x[i] - mean) * (x[i] - mean);
    variance /= static_cast<Scalar>(n.size);
    const Scalar scale = 1 / std::sqrt(variance + n.eps);
    for (Stride i = 0; i < n.size; ++i) {
      y[i] = (x[i] - mean) * scale * n.gamma[i] + (n.beta ? n.beta[i] : Scalar(0));
    }
  }
}

template <class Scalar>
void rotate(const RotationArguments<Scalar>& r) {
  const Stride distance = r.halves ? r.size / 2 : 1;
  for (Stride row = 0; row < r.rows; ++row) {
    Scalar* const x = r.x + row * r.x_stride;
    const Scalar* const cos = r.cos + row * r.table_stride;
    const Scalar* const sin = r.sin + row * r.table_stride;
    for (Stride i = 0; i < r.size / 2; ++i) {
      const Stride first = r.halves ? i : 2 * i;
      const Stride second = first + distance;
      const Scalar a = x[first];
      const Scalar b = x[second];
      x[first] = a * cos[first] + b * sin[first];
      x[second] = b * cos[second] + a * sin[second];
    }
  }
}

template <class Scalar>
void gate(Activation activation, const Scalar* a, const Scalar* b, Stride count, Scalar* y) {
  for (Stride i = 0; i < count; ++i) {
    const Scalar value = activate(activation, a[i]);
    y[i] = b ? value * b[i] : value;
  }
}

template <class Scalar>
void add_row(const Scalar* x, Stride count, Scalar* y) {
  for (Stride i = 0; i < count; ++i) y[i] += x[i];
}

template <class Scalar>
void blend_rows(const Scalar* const* rows, const Scalar* weights, Stride count, bool add,
                Scalar* y) {
  for (Stride i = 0; i < count; ++i) {
    const Scalar sum = rows[0][i] * weights[0] + rows[1][i] * weights[1] + rows[2][i] * weights[2] +
                       rows[3][i] * weights[3];
    y[i] = add ? y[i] + sum : sum;
  }
}

template <class Scalar>
void blend_pixels(const BlendArguments<Scalar>& b) {
  const Scalar down = b.weight, up = 1 - down;
  for (Stride i = 0; i < b.pixels; ++i) {
    const Stride left = b.taps[i].first * b.channels, right = b.taps[i].second * b.channels;
    const Scalar weight = b.taps[i].weight, rest = 1 - weight;
    const Scalar* const pixels[4] = {b.above + left, b.above + right, b.below + left,
                                     b.below + right};
    const Scalar weights[4] = {up * rest, up * weight, down * rest, down * weight};
    blend_rows(pixels, weights, b.channels, b.add, b.y + i * b.channels);
  }
}

template <class Scalar>
void sum_rows(const Scalar* x, Stride rows, Stride x_stride, Stride width, Scalar factor,
              Scalar* y) {
  for (Stride c = 0; c < width; ++c) {
    Scalar total = 0;
    for (Stride r = 0; r < rows; ++r) total += x[r * x_stride + c];
    y[c] = total * factor;
  }
}

template <class Scalar>
void pack_panel(const Scalar* const* rows, Stride depth, Scalar* panel) {
  for (Stride i = 0; i < depth; ++i) {
    for (Stride o = 0; o < panel_width; ++o) *panel++ = rows[o][i];
  }
}

}  // namespace portable
}  // namespace kernels
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
