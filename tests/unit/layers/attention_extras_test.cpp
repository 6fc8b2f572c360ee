#include <cmath>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <eigenvit/layers/multi_head_self_attention.hpp>

#include "../plain_layers.hpp"

using eigenvit::AttentionExtras;
using eigenvit::AttentionPositions;
using eigenvit::Index;
using eigenvit::LayerNorm;
using eigenvit::Matrix;
using eigenvit::MultiHeadSelfAttention;
using eigenvit::NormKind;
using plain::Values;

namespace {

constexpr Index width = 24, heads = 2, head_dim = 12, tokens = 41, prefix = 1;

struct Parts {
  Values q_gamma = plain::random(head_dim, 11, 0.5, 1);
  Values k_gamma = plain::random(head_dim, 12, 0.5, 1);
  Values gamma = plain::random(width, 13, 0.5, 1);
  Values sub_gamma = plain::random(2 * head_dim, 14, 0.5, 1);
  Values angles = plain::random((tokens - prefix) * head_dim / 2, 15, 3);
  Values biases = plain::random(RelativeEntries() * heads, 16, 2);

  static constexpr Index RelativeEntries() {
    return eigenvit::RelativePositionBias<double>::entries(5, 8);
  }
};

template <class Scalar>
LayerNorm<Scalar> norm_of(const Values& gamma) {
  return {plain::buffer<Scalar>(gamma), {}, Scalar(1e-6), NormKind::rms_norm};
}

/// Attention in plain loops, with the parts that are asked for.
struct Expected {
  bool norms, rope, bias, differential;
  bool halves = false;

  Values operator()(const plain::Attention& attention, const Parts& parts, const Values& x,
                    Values& probabilities) const {
    Values qkv = attention.qkv(x);
    for (Index t = 0; t < tokens; ++t) {
      for (Index head = 0; head < 2 * heads; ++head) {
        double* const row = qkv.data() + t * 3 * width + head * head_dim;
        const Values& gamma = head < heads ? parts.q_gamma : parts.k_gamma;
        if (norms) eigenvit::reference::rms_norm_row(row, head_dim, gamma.data(), 1e-6, row);
        if (rope && t >= prefix) {
          eigenvit::reference::rotate_row(
              row, head_dim, parts.angles.data() + (t - prefix) * head_dim / 2, halves);
        }
      }
    }
    Values attended(static_cast<std::size_t>(tokens * width));
    probabilities.resize(static_cast<std::size_t>(heads * tokens * tokens));
    for (Index head = 0; head < heads; ++head) {
      const double* const q = qkv.data() + head * head_dim;
      eigenvit::AlignedBuffer<double> scores(static_cast<std::size_t>(tokens * tokens));
      for (Index i = 0; bias && i < tokens; ++i) {
        for (Index j = 0; j < tokens; ++j)
          scores[std::size_t(i * tokens + j)] = bias_of(parts, head, i, j);
      }
      eigenvit::reference::attention(
          q, tokens, q + width, q + 2 * width, tokens, head_dim, 3 * width,
          1 / std::sqrt(double(head_dim)), probabilities.data() + head * tokens * tokens,
          attended.data() + head * head_dim, width, bias ? scores.data() : nullptr);
    }
    if (differential) {
      for (Index t = 0; t < tokens; ++t) {
        Values row(std::size_t(2 * head_dim));
        for (Index c = 0; c < 2 * head_dim; ++c) {
          for (Index j = 0; j < tokens; ++j) {
            const double p = probabilities[std::size_t(t * tokens + j)] -
                             0.3 * probabilities[std::size_t((tokens + t) * tokens + j)];
            row[std::size_t(c)] += p * qkv[std::size_t(j * 3 * width + 2 * width + c)];
          }
        }
        eigenvit::reference::rms_norm_row(row.data(), 2 * head_dim, parts.sub_gamma.data(), 1e-5,
                                          attended.data() + t * width);
      }
    }
    for (Index t = 0; norms && t < tokens; ++t) {
      double* const row = attended.data() + t * width;
      eigenvit::reference::rms_norm_row(row, width, parts.gamma.data(), 1e-6, row);
    }
    return attention.proj(attended);
  }

  static double bias_of(const Parts& parts, Index head, Index i, Index j) {
    const Index n = Parts::RelativeEntries();
    Index entry = (i - 1) / 8 - (j - 1) / 8 + 4;
    entry = entry * 15 + (i - 1) % 8 - (j - 1) % 8 + 7;
    if (i == 0) entry = j == 0 ? n - 1 : n - 3;
    if (i > 0 && j == 0) entry = n - 2;
    return parts.biases[std::size_t(entry * heads + head)];
  }
};

template <class Scalar>
void check(const Expected& expected, double bound) {
  const Parts parts;
  const plain::Attention attention(width, heads, 1);
  AttentionExtras<Scalar> extras;
  AttentionPositions<Scalar> positions;
  positions.prefix = prefix;
  positions.grid_height = 5;
  positions.grid_width = 8;
  if (expected.norms) {
    extras.q_norm = norm_of<Scalar>(parts.q_gamma);
    extras.k_norm = norm_of<Scalar>(parts.k_gamma);
    extras.norm = norm_of<Scalar>(parts.gamma);
  }
  if (expected.differential) {
    extras.differential = {Scalar(0.3), LayerNorm<Scalar>(plain::buffer<Scalar>(parts.sub_gamma),
                                                          {}, Scalar(1e-5), NormKind::rms_norm)};
  }
  if (expected.bias) {
    extras.rel_pos_bias.emplace(plain::buffer<Scalar>(parts.biases), heads, Index{5}, Index{8});
    positions.rel_pos_bias = extras.rel_pos_bias->table(5, 8, nullptr);
  }
  eigenvit::AlignedBuffer<Scalar> cos(std::size_t((tokens - prefix) * 16)), sin(cos.size());
  for (Index t = 0; t < tokens - prefix; ++t) {
    for (Index i = 0; i < head_dim / 2; ++i) {
      const Index first = t * 16 + (expected.halves ? i : 2 * i);
      const Index second = t * 16 + (expected.halves ? i + head_dim / 2 : 2 * i + 1);
      const double angle = parts.angles[std::size_t(t * head_dim / 2 + i)];
      cos[std::size_t(first)] = cos[std::size_t(second)] = Scalar(std::cos(angle));
      sin[std::size_t(second)] = Scalar(std::sin(angle));
      sin[std::size_t(first)] = -sin[std::size_t(second)];
    }
  }
  if (expected.rope) {
    positions.rope.cos = cos.data();
    positions.rope.sin = sin.data();
    positions.rope.row_stride = 16;
    positions.rope.halves = expected.halves;
  }
  const auto x = plain::random(tokens * width, 5);
  Values weights;
  const Values y = expected(attention, parts, x, weights);
  const MultiHeadSelfAttention<Scalar> layer(attention.qkv.layer<Scalar>(),
                                             attention.proj.layer<Scalar>(), heads, extras);
  CHECK(layer.units() == (expected.differential ? 1 : 2));
  const auto values = plain::buffer<Scalar>(x);
  Matrix<Scalar> probabilities;
  const Matrix<Scalar> found = layer(
      eigenvit::ConstMatrixView<Scalar>(values.data(), tokens, width), &probabilities, positions);
  CHECK(support::worst_error(found.data(), y.data(), found.size()) < bound);
  CHECK(support::worst_error(probabilities.data(), weights.data(), probabilities.size()) < bound);
}

}  // namespace

TEST_CASE("attention with norms, rotation, biases and pairs of heads is the formula") {
  for (const bool norms : {false, true}) {
    for (const bool rope : {false, true}) {
      for (const bool bias : {false, true}) {
        for (const bool differential : {false, true}) {
          if (bias && differential) continue;
          for (const bool halves : {false, true}) {
            if (halves && !rope) continue;
            CAPTURE(norms);
            CAPTURE(rope);
            CAPTURE(bias);
            CAPTURE(differential);
            const Expected expected{norms, rope, bias, differential, halves};
            check<float>(expected, 6e-6);
            check<double>(expected, 1e-13);
          }
        }
      }
    }
  }
}

TEST_CASE("attention says which of its parts does not fit") {
  const plain::Attention attention(width, heads, 1);
  const auto message = [&](AttentionExtras<float> extras) {
    return support::message_of<eigenvit::ShapeError>([&] {
      MultiHeadSelfAttention<float> wrong(attention.qkv.layer<float>(),
                                          attention.proj.layer<float>(), heads, std::move(extras));
    });
  };
  AttentionExtras<float> extras;
  extras.q_norm = norm_of<float>(Values(11, 1.0));
  CHECK(message(extras) == "attention: expected a norm of queries of 12, found 11");
  extras = {};
  extras.norm = norm_of<float>(Values(11, 1.0));
  CHECK(message(extras) == "attention: expected a norm of the heads of 24, found 11");
  extras = {};
  extras.rel_pos_bias.emplace(eigenvit::AlignedBuffer<float>(12 * 3), Index{3}, Index{2}, Index{2});
  CHECK(message(extras) == "attention: expected relative biases of 2, found 3");
  extras = {};
  extras.differential = {0.5f, norm_of<float>(Values(12, 1.0))};
  CHECK(message(extras) == "attention: expected a norm of pairs of heads of 24, found 12");
}
