/// A whole vision transformer in plain loops over double, and the library's layers of its weights.
#ifndef EIGENVIT_TESTS_UNIT_PLAIN_VIT_HPP
#define EIGENVIT_TESTS_UNIT_PLAIN_VIT_HPP

#include <vector>

#include <eigenvit/model/vit_layers.hpp>

#include "plain_layers.hpp"

namespace plain {

using eigenvit::Pool;
using eigenvit::VitConfig;
using eigenvit::VitLayers;

struct Vit {
  VitConfig config;
  Linear patch_embed;
  Values prefix;
  Index position_prefix_rows;
  Values positions;
  Norm norm_pre;
  std::vector<Block> blocks;
  Norm norm;
  Norm fc_norm;
  Linear head;
  Linear head_dist;
  Linear pooler;

  explicit Vit(const VitConfig& c)
      : config(c),
        patch_embed(c.embed_dim, c.in_chans * c.patch_height * c.patch_width, 100, c.patch_bias),
        prefix(random(c.prefix_tokens() * c.embed_dim, 102)),
        position_prefix_rows(c.no_embed_class ? 0
                             : c.class_token  ? 1
                                              : 0),
        positions(
            random((position_prefix_rows + c.grid_height() * c.grid_width()) * c.embed_dim, 103)),
        norm_pre(c.embed_dim, 104),
        norm(c.embed_dim, 106),
        fc_norm(c.embed_dim, 108),
        head(c.num_classes, c.embed_dim, 110),
        head_dist(c.num_classes, c.embed_dim, 112),
        pooler(c.pooler_hidden, c.embed_dim, 114) {
    for (Index i = 0; i < c.depth; ++i) {
      blocks.emplace_back(c.embed_dim, c.num_heads, c.mlp_hidden, c.layer_scale, c.act,
                          static_cast<std::uint64_t>(200 + 20 * i), c.qkv_bias);
    }
  }

  template <class Scalar>
  VitLayers<Scalar> layers() const {
    VitLayers<Scalar> l;
    l.patch_embed = eigenvit::PatchEmbedding<Scalar>(
        eigenvit::detail::PackedMatrix<Scalar>(buffer<Scalar>(patch_embed.weight),
                                               patch_embed.outputs, patch_embed.inputs),
        buffer<Scalar>(patch_embed.bias), config.in_chans, config.patch_height, config.patch_width);
    l.prefix_tokens = buffer<Scalar>(prefix);
    l.pos_embed.emplace(buffer<Scalar>(positions), config.embed_dim, position_prefix_rows,
                        config.grid_height(), config.grid_width(), config.pos_interpolation);
    for (const Block& block : blocks) l.blocks.push_back(block.layer<Scalar>());
    if (config.pre_norm) l.norm_pre = norm_pre.layer<Scalar>();
    if (config.final_norm) l.norm = norm.layer<Scalar>();
    if (config.fc_norm) l.fc_norm = fc_norm.layer<Scalar>();
    if (config.num_classes > 0) l.head = head.layer<Scalar>();
    if (config.dist_head) l.head_dist = head_dist.layer<Scalar>();
    if (config.pooler_hidden > 0) l.pooler = pooler.layer<Scalar>();
    return l;
  }

  struct Result {
    std::vector<Values> hidden;
    std::vector<Values> attention;
    Values tokens, pooled, logits, pooler_output;
  };

  /// Of one image `[in_chans, height, width]`.
  Result operator()(const float* pixels, Index height, Index width) const {
    const Index rows = height / config.patch_height;
    const Index cols = width / config.patch_width;
    const Index dim = config.embed_dim;
    const Index prefix_count = config.prefix_tokens();
    Values flat;
    for (Index patch = 0; patch < rows * cols; ++patch) {
      for (Index i = 0; i < patch_embed.inputs; ++i) {
        const Index channel = i / (config.patch_height * config.patch_width);
        const Index y =
            patch / cols * config.patch_height + i / config.patch_width % config.patch_height;
        const Index x = patch % cols * config.patch_width + i % config.patch_width;
        flat.push_back(static_cast<double>(pixels[(channel * height + y) * width + x]));
      }
    }
    const Values patches = patch_embed(flat);
    Values grid(patches.size());
    eigenvit::resample_grid(config.pos_interpolation, positions.data() + position_prefix_rows * dim,
                            config.grid_height(), config.grid_width(), dim, rows, cols,
                            grid.data());
    Values x = prefix;
    for (Index i = 0; i < position_prefix_rows * dim; ++i) {
      x[static_cast<std::size_t>(i)] += positions[static_cast<std::size_t>(i)];
    }
    for (std::size_t i = 0; i < patches.size(); ++i) x.push_back(patches[i] + grid[i]);
    if (config.pre_norm) x = norm_pre(x);

    Result result;
    for (const Block& block : blocks) {
      result.attention.emplace_back();
      x = block(x, result.attention.back());
      result.hidden.push_back(x);
    }
    result.tokens = config.final_norm ? norm(x) : x;
    const auto token = [&](Index t) {
      return Values(result.tokens.begin() + t * dim, result.tokens.begin() + (t + 1) * dim);
    };
    Values pooled(static_cast<std::size_t>(dim));
    const Index first = config.global_pool == Pool::avg ? prefix_count : 0;
    const Index last = config.global_pool == Pool::avg     ? prefix_count + rows * cols
                       : config.global_pool == Pool::token ? 1
                                                           : 2;
    for (Index t = first; t < last; ++t) {
      const Values one = token(t);
      for (std::size_t i = 0; i < one.size(); ++i) {
        pooled[i] += one[i] / static_cast<double>(last - first);
      }
    }
    if (config.fc_norm) pooled = fc_norm(pooled);
    if (config.pooler_hidden > 0) result.pooler_output = pooler(pooled, config.pooler_act);
    const bool pooler_is_pooled = config.pooler_hidden > 0 && config.num_classes == 0;
    result.pooled = pooler_is_pooled ? result.pooler_output : pooled;
    if (config.num_classes == 0) return result;
    if (!config.dist_head) {
      result.logits = head(pooled);
      return result;
    }
    result.logits = head(token(0));
    const Values other = head_dist(token(1));
    for (std::size_t i = 0; i < other.size(); ++i) {
      result.logits[i] = (result.logits[i] + other[i]) / 2;
    }
    return result;
  }
};

/// A small configuration that is odd in every number.
inline VitConfig odd_config() {
  VitConfig c;
  c.in_chans = 2;
  c.image_height = 15;
  c.image_width = 21;
  c.patch_height = 5;
  c.patch_width = 3;
  c.embed_dim = 18;
  c.depth = 3;
  c.num_heads = 3;
  c.mlp_hidden = 50;
  c.num_classes = 7;
  return c;
}

}  // namespace plain

#endif
