/// Networks with the parts that only some models have, and their tokens layer by layer.
#ifndef EIGENVIT_TESTS_UNIT_VARIED_VIT_HPP
#define EIGENVIT_TESTS_UNIT_VARIED_VIT_HPP

#include <cmath>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include <eigenvit/model/vision_transformer.hpp>

#include "support.hpp"

namespace varied {

using eigenvit::AlignedBuffer;
using eigenvit::Index;
using eigenvit::VitConfig;
using eigenvit::kernels::WeightFormat;

/// Layers of random weights, counted through so that no two are the same.
template <class Scalar>
class Layers {
 public:
  eigenvit::Linear<Scalar> linear(Index outputs, Index inputs,
                                  WeightFormat format = WeightFormat::native) {
    const auto weight =
        support::random_values<Scalar>(outputs * inputs, ++seed_, 2 / std::sqrt(double(inputs)));
    return eigenvit::Linear<Scalar>(
        eigenvit::detail::PackedMatrix<Scalar>(weight, outputs, inputs, nullptr, format),
        values(outputs));
  }
  eigenvit::LayerNorm<Scalar> norm(Index width, eigenvit::NormKind kind) {
    auto gamma = support::random_values<Scalar>(width, ++seed_, 0.5, 1);
    const bool rms = kind == eigenvit::NormKind::rms_norm;
    return {std::move(gamma), rms ? AlignedBuffer<Scalar>() : values(width), Scalar(1e-6), kind};
  }
  AlignedBuffer<Scalar> values(Index count) {
    return support::random_values<Scalar>(count, ++seed_);
  }

 private:
  std::uint64_t seed_ = 0;
};

template <class Scalar>
eigenvit::EncoderBlock<Scalar> block(const VitConfig& c, WeightFormat format,
                                     Layers<Scalar>& layers) {
  const Index width = c.embed_dim;
  eigenvit::AttentionExtras<Scalar> extras;
  if (c.qk_norm) extras.q_norm = layers.norm(c.head_dim(), c.norm);
  if (c.qk_norm) extras.k_norm = layers.norm(c.head_dim(), c.norm);
  if (c.attn_norm) extras.norm = layers.norm(width, c.norm);
  if (c.diff_attention) {
    extras.differential = {Scalar(0.4),
                           layers.norm(2 * c.head_dim(), eigenvit::NormKind::rms_norm)};
  }
  if (c.rel_pos_bias) {
    const Index entries =
        eigenvit::RelativePositionBias<Scalar>::entries(c.grid_height(), c.grid_width());
    extras.rel_pos_bias.emplace(layers.values(entries * c.num_heads), c.num_heads, c.grid_height(),
                                c.grid_width());
  }
  std::optional<eigenvit::LayerNorm<Scalar>> mlp_norm;
  if (c.mlp_norm) mlp_norm = layers.norm(c.mlp_hidden, c.norm);
  auto norm1 = layers.norm(width, c.norm);
  auto qkv = layers.linear(3 * width, width, format);
  auto proj = layers.linear(width, width, format);
  auto ls1 = layers.values(c.layer_scale ? width : 0);
  auto norm2 = c.block == eigenvit::BlockForm::parallel ? eigenvit::LayerNorm<Scalar>()
                                                        : layers.norm(width, c.norm);
  auto fc1 = layers.linear(c.fc1_outputs(), width, format);
  auto fc2 = layers.linear(width, c.mlp_hidden, format);
  return {
      std::move(norm1),
      eigenvit::MultiHeadSelfAttention<Scalar>(std::move(qkv), std::move(proj), c.attention_heads(),
                                               std::move(extras)),
      std::move(ls1),
      std::move(norm2),
      eigenvit::Mlp<Scalar>(std::move(fc1), std::move(fc2), c.act, c.mlp_gate, std::move(mlp_norm)),
      layers.values(c.layer_scale ? width : 0),
      c.block};
}

/// The linear layers of its blocks are in a format.
template <class Scalar>
eigenvit::VisionTransformer<Scalar> network(const VitConfig& c,
                                            WeightFormat format = WeightFormat::native) {
  Layers<Scalar> layers;
  eigenvit::VitLayers<Scalar> l;
  const Index patch = c.in_chans * c.patch_height * c.patch_width;
  l.patch_embed = eigenvit::PatchEmbedding<Scalar>(
      eigenvit::detail::PackedMatrix<Scalar>(layers.values(c.embed_dim * patch), c.embed_dim,
                                             patch),
      layers.values(c.embed_dim), c.in_chans, c.patch_height, c.patch_width);
  l.prefix_tokens = layers.values(c.prefix_tokens() * c.embed_dim);
  if (c.patch_norm) l.patch_norm = layers.norm(c.embed_dim, c.norm);
  if (c.pos_embed) {
    const Index rows = 1 + c.grid_height() * c.grid_width() + c.det_tokens;
    l.pos_embed.emplace(layers.values(rows * c.embed_dim), c.embed_dim, 1, c.grid_height(),
                        c.grid_width(), eigenvit::GridInterpolation(), c.det_tokens);
  }
  l.det_tokens = layers.values(c.det_tokens * c.embed_dim);
  l.query_tokens = layers.values(c.query_tokens * c.embed_dim);
  for (Index i = 0; c.mid_pos_embed && i + 1 < c.depth; ++i) {
    l.mid_pos_embed.emplace_back(layers.values(c.tokens() * c.embed_dim), c.embed_dim,
                                 c.prefix_tokens(), c.grid_height(), c.grid_width(),
                                 eigenvit::GridInterpolation(), c.det_tokens);
  }
  if (c.rope.kind != eigenvit::RopeKind::none) {
    const bool mixed = c.rope.kind == eigenvit::RopeKind::mixed;
    l.rope.emplace(
        c.rope, c.depth, c.num_heads, c.head_dim(),
        support::random_values<float>(mixed ? c.depth * c.num_heads * c.head_dim() : 0, 77));
  }
  for (Index i = 0; i < c.depth * c.num_parallel; ++i) l.blocks.push_back(block(c, format, layers));
  l.norm = layers.norm(c.embed_dim, c.norm);
  if (c.detects()) {
    for (const Index outputs : {c.embed_dim, c.embed_dim, c.num_classes}) {
      l.class_head.push_back(layers.linear(outputs, c.embed_dim));
    }
    for (const Index outputs : {c.embed_dim, c.embed_dim, Index{4}}) {
      l.box_head.push_back(layers.linear(outputs, c.embed_dim));
    }
  } else if (c.num_classes > 0) {
    l.head = layers.linear(c.num_classes, c.head_inputs());
  }
  if (c.projection_dim > 0) l.projection = layers.linear(c.projection_dim, c.head_inputs());
  return {c, std::move(l)};
}

/// The tokens of one image, by the layers' own operators.
template <class Scalar>
eigenvit::Matrix<Scalar> tokens(const eigenvit::VisionTransformer<Scalar>& network,
                                const Scalar* pixels, Index height, Index width) {
  using Matrix = eigenvit::Matrix<Scalar>;
  const VitConfig& c = network.config();
  const eigenvit::VitLayers<Scalar>& l = network.layers();
  const Index rows = height / c.patch_height;
  const Index cols = width / c.patch_width;
  Matrix patches = l.patch_embed(
      eigenvit::ConstMatrixView<Scalar>(pixels, c.in_chans * height, width), height, width);
  if (l.patch_norm) patches = (*l.patch_norm)(patches);
  Matrix x(c.prefix_tokens() + rows * cols + c.det_tokens, c.embed_dim);
  x << eigenvit::ConstMatrixView<Scalar>(l.prefix_tokens.data(), c.prefix_tokens(), c.embed_dim),
      patches, eigenvit::ConstMatrixView<Scalar>(l.det_tokens.data(), c.det_tokens, c.embed_dim);
  if (l.pos_embed) x = (*l.pos_embed)(x, rows, cols);
  if (c.sine_positions) {
    Matrix positions(rows * cols, c.embed_dim);
    eigenvit::detail::fill_sine_positions(rows, cols, c.embed_dim, positions.data());
    x.middleRows(c.prefix_tokens(), rows * cols) += positions;
  }
  AlignedBuffer<Scalar> angles(eigenvit::RotaryEmbedding<Scalar>::table_size(
      c.rope, c.depth, c.num_heads, c.head_dim(), rows, cols));
  if (l.rope) l.rope->fill(rows, cols, angles.data());
  for (Index i = 0; i < c.depth; ++i) {
    const auto part = [&](Index branch) -> const eigenvit::EncoderBlock<Scalar>& {
      return l.blocks[static_cast<std::size_t>(i * c.num_parallel + branch)];
    };
    eigenvit::AttentionPositions<Scalar> positions;
    positions.prefix = c.prefix_tokens();
    positions.grid_height = rows;
    positions.grid_width = cols;
    if (i == c.query_block) {
      Matrix joined(x.rows() + c.query_tokens, c.embed_dim);
      joined << x,
          eigenvit::ConstMatrixView<Scalar>(l.query_tokens.data(), c.query_tokens, c.embed_dim);
      x = joined;
    }
    positions.suffix = x.rows() - c.prefix_tokens() - rows * cols;
    if (l.rope) positions.rope = l.rope->table(angles.data(), i, rows, cols);
    AlignedBuffer<Scalar> biases;
    if (c.rel_pos_bias) {
      const auto& bias = *part(0).attn().extras().rel_pos_bias;
      biases.resize(static_cast<std::size_t>(bias.entries(rows, cols) * c.num_heads));
      positions.rel_pos_bias = bias.table(rows, cols, biases.data());
    }
    if (c.num_parallel == 1) {
      x = part(0)(x, nullptr, positions);
      if (c.mid_pos_embed && i + 1 < c.depth) {
        x = l.mid_pos_embed[static_cast<std::size_t>(i)](x, rows, cols);
      }
      continue;
    }
    Matrix y = x;
    for (Index j = 0; j < c.num_parallel; ++j) {
      part(j).attn().add_to(part(j).norm1()(x), y, part(j).ls1(), true, nullptr, positions);
    }
    x = y;
    for (Index j = 0; j < c.num_parallel; ++j) {
      part(j).mlp().add_to(part(j).norm2()(y), x, part(j).ls2(), true);
    }
  }
  return (*l.norm)(x);
}

/// Some of everything, in sizes that are odd, of which the last taken alone is plain.
inline std::vector<VitConfig> configs() {
  VitConfig plain;
  plain.in_chans = 2;
  plain.image_height = 20;
  plain.image_width = 21;
  plain.patch_height = 2;
  plain.patch_width = 3;
  plain.embed_dim = 24;
  plain.depth = 3;
  plain.num_heads = 3;
  plain.mlp_hidden = 50;
  plain.num_classes = 7;
  std::vector<VitConfig> all;
  const auto add = [&](const auto& change) {
    VitConfig config = plain;
    change(config);
    all.push_back(config);
  };
  add([](VitConfig& c) {
    c.qk_norm = c.attn_norm = c.mlp_norm = true;
    c.norm = eigenvit::NormKind::rms_norm;
  });
  add([](VitConfig& c) {
    c.patch_norm = c.mlp_gate = c.layer_scale = true;
    c.rope.kind = eigenvit::RopeKind::axial;
  });
  add([](VitConfig& c) {
    c.pos_embed = false;
    c.mlp_gate = c.mlp_norm = c.attn_norm = true;
    c.rope.kind = eigenvit::RopeKind::mixed;
    c.reg_tokens = 3;
  });
  add([](VitConfig& c) {
    c.rope.kind = eigenvit::RopeKind::centered;
    c.rope.rotate_half = c.qk_norm = true;
    c.block = eigenvit::BlockForm::post_norm;
  });
  add([](VitConfig& c) {
    c.rel_pos_bias = c.layer_scale = true;
    c.global_pool = eigenvit::Pool::avg;
  });
  add([](VitConfig& c) {
    c.block = eigenvit::BlockForm::sum_norm;
    c.layer_scale = true;
  });
  add([](VitConfig& c) {
    c.block = eigenvit::BlockForm::parallel;
    c.qk_norm = c.layer_scale = c.diff_attention = true;
  });
  add([](VitConfig& c) {
    c.num_parallel = 2;
    c.layer_scale = c.mlp_gate = c.qk_norm = true;
    c.rel_pos_bias = false;
  });
  add([](VitConfig& c) { c.diff_attention = true; });
  add([](VitConfig& c) {
    c.det_tokens = 5;
    c.mid_pos_embed = true;
  });
  add([](VitConfig& c) {
    c.query_tokens = 5;
    c.query_block = 2;
  });
  add([](VitConfig& c) {
    c.pos_embed = false;
    c.query_tokens = 4;
    c.query_block = 1;
    c.rope.kind = eigenvit::RopeKind::centered;
    c.rope.rotate_half = c.layer_scale = true;
    c.reg_tokens = 2;
  });
  add([](VitConfig& c) {
    c.global_pool = eigenvit::Pool::token_avg;
    c.image_embeds = c.normalize_embeds = c.pooled_is_pooler_output = true;
    c.projection_dim = 11;
  });
  add([](VitConfig& c) {
    c.pos_embed = false;
    c.sine_positions = true;
  });
  add([](VitConfig&) {});
  return all;
}

}  // namespace varied

#endif
