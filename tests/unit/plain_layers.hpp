/// Layers in plain loops over double, composed of `kernels/reference.hpp`, with random weights that
/// float holds exactly, and the library's layers of the same weights.
#ifndef EIGENVIT_TESTS_UNIT_PLAIN_LAYERS_HPP
#define EIGENVIT_TESTS_UNIT_PLAIN_LAYERS_HPP

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include <eigenvit/kernels/reference.hpp>
#include <eigenvit/layers/encoder_block.hpp>
#include <eigenvit/layers/feature_map.hpp>

#include "support.hpp"

namespace plain {

using eigenvit::Activation;
using eigenvit::AlignedBuffer;
using eigenvit::Index;
using Values = std::vector<double>;

inline Values random(Index count, std::uint64_t seed, double spread = 1, double center = 0) {
  const auto values = support::random_values<float>(count, seed, spread, center);
  return Values(values.begin(), values.end());
}

template <class Scalar>
AlignedBuffer<Scalar> buffer(const Values& values) {
  AlignedBuffer<Scalar> result(values.size());
  for (std::size_t i = 0; i < values.size(); ++i) result[i] = static_cast<Scalar>(values[i]);
  return result;
}

/// Where pixel `i` of `out` lies among `in`, by PyTorch's rules.
inline double place_of(Index in, Index out, Index i, bool align_corners) {
  if (!align_corners) return std::max(0.0, (double(i) + 0.5) * double(in) / double(out) - 0.5);
  return out > 1 ? double(i) * double(in - 1) / double(out - 1) : 0.0;
}

/// A value of a map `[h, w, C]` that is enlarged bilinearly.
inline double upsampled(const Values& x, const eigenvit::detail::MapSize& from, Index channels,
                        const eigenvit::detail::MapSize& to, Index row, Index column, Index channel,
                        bool align_corners) {
  const auto at = [&](Index y, Index z) {
    const Index pixel = std::min(y, from.height - 1) * from.width + std::min(z, from.width - 1);
    return x[static_cast<std::size_t>(pixel * channels + channel)];
  };
  const double y = place_of(from.height, to.height, row, align_corners);
  const double z = place_of(from.width, to.width, column, align_corners);
  const auto top = static_cast<Index>(y);
  const auto left = static_cast<Index>(z);
  const double down = y - double(top);
  const double right = z - double(left);
  return (1 - down) * ((1 - right) * at(top, left) + right * at(top, left + 1)) +
         down * ((1 - right) * at(top + 1, left) + right * at(top + 1, left + 1));
}

struct Linear {
  Index outputs;
  Index inputs;
  Values weight;
  Values bias;

  Linear(Index outputs_, Index inputs_, std::uint64_t seed, bool with_bias = true)
      : outputs(outputs_),
        inputs(inputs_),
        weight(random(outputs_ * inputs_, seed, 2 / std::sqrt(static_cast<double>(inputs_)))),
        bias(random(with_bias ? outputs_ : 0, seed + 1)) {}

  Values operator()(const Values& x, Activation activation = Activation::none) const {
    const Index rows = static_cast<Index>(x.size()) / inputs;
    Values y(static_cast<std::size_t>(rows * outputs));
    eigenvit::reference::Epilogue<double> epilogue;
    epilogue.bias = bias.empty() ? nullptr : bias.data();
    epilogue.activation = activation;
    eigenvit::reference::linear(x.data(), rows, inputs, weight.data(), outputs, inputs, epilogue,
                                y.data(), outputs);
    return y;
  }

  template <class Scalar>
  eigenvit::Linear<Scalar> layer() const {
    return eigenvit::Linear<Scalar>(
        eigenvit::detail::PackedMatrix<Scalar>(buffer<Scalar>(weight), outputs, inputs),
        buffer<Scalar>(bias));
  }
};

struct Norm {
  Values gamma;
  Values beta;
  double eps = 1e-6;

  Norm(Index width, std::uint64_t seed)
      : gamma(random(width, seed, 0.5, 1)), beta(random(width, seed + 1)) {}

  Values operator()(const Values& x) const {
    Values y(x.size());
    const auto width = static_cast<Index>(gamma.size());
    for (std::size_t at = 0; at < x.size(); at += gamma.size()) {
      eigenvit::reference::layer_norm_row(x.data() + at, width, gamma.data(), beta.data(), eps,
                                          y.data() + at);
    }
    return y;
  }

  template <class Scalar>
  eigenvit::LayerNorm<Scalar> layer() const {
    return {buffer<Scalar>(gamma), buffer<Scalar>(beta), static_cast<Scalar>(eps)};
  }
};

struct Attention {
  Linear qkv;
  Linear proj;
  Index heads;

  Attention(Index width, Index head_count, std::uint64_t seed, bool qkv_bias = true)
      : qkv(3 * width, width, seed, qkv_bias), proj(width, width, seed + 2), heads(head_count) {}

  /// `probabilities` becomes `[H, T, T]`.
  Values operator()(const Values& x, Values& probabilities) const {
    const Index width = proj.inputs;
    const Index tokens = static_cast<Index>(x.size()) / width;
    const Index head_dim = width / heads;
    const Values mixed = qkv(x);
    Values attended(x.size());
    probabilities.resize(static_cast<std::size_t>(heads * tokens * tokens));
    for (Index head = 0; head < heads; ++head) {
      const double* const q = mixed.data() + head * head_dim;
      eigenvit::reference::attention(q, tokens, q + width, q + 2 * width, tokens, head_dim,
                                     3 * width, 1 / std::sqrt(static_cast<double>(head_dim)),
                                     probabilities.data() + head * tokens * tokens,
                                     attended.data() + head * head_dim, width);
    }
    return proj(attended);
  }

  template <class Scalar>
  eigenvit::MultiHeadSelfAttention<Scalar> layer() const {
    return {qkv.layer<Scalar>(), proj.layer<Scalar>(), heads};
  }
};

struct Block {
  Norm norm1;
  Attention attn;
  Values ls1;
  Norm norm2;
  Linear fc1;
  Linear fc2;
  Values ls2;
  Activation activation;

  Block(Index width, Index heads, Index hidden, bool layer_scale, Activation act,
        std::uint64_t seed, bool qkv_bias = true)
      : norm1(width, seed),
        attn(width, heads, seed + 2, qkv_bias),
        ls1(random(layer_scale ? width : 0, seed + 6)),
        norm2(width, seed + 7),
        fc1(hidden, width, seed + 9),
        fc2(width, hidden, seed + 11),
        ls2(random(layer_scale ? width : 0, seed + 13)),
        activation(act) {}

  Values operator()(Values x, Values& probabilities) const {
    add(attn(norm1(x), probabilities), ls1, x);
    add(fc2(fc1(norm2(x), activation)), ls2, x);
    return x;
  }

  template <class Scalar>
  eigenvit::EncoderBlock<Scalar> layer() const {
    return {norm1.layer<Scalar>(),
            attn.layer<Scalar>(),
            buffer<Scalar>(ls1),
            norm2.layer<Scalar>(),
            eigenvit::Mlp<Scalar>(fc1.layer<Scalar>(), fc2.layer<Scalar>(), activation),
            buffer<Scalar>(ls2)};
  }

 private:
  static void add(const Values& branch, const Values& scale, Values& x) {
    for (std::size_t i = 0; i < x.size(); ++i) {
      x[i] += scale.empty() ? branch[i] : scale[i % scale.size()] * branch[i];
    }
  }
};

}  // namespace plain

#endif
