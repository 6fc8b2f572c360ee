/// Layers and whole models with random weights: speed does not depend on what a model has learnt.
#ifndef EIGENVIT_BENCH_RANDOM_MODEL_HPP
#define EIGENVIT_BENCH_RANDOM_MODEL_HPP

#include <cmath>
#include <cstddef>
#include <map>
#include <random>
#include <utility>

#include <eigenvit/model/vision_transformer.hpp>

namespace bench {

using eigenvit::AlignedBuffer;
using eigenvit::Index;
using eigenvit::Matrix;
using eigenvit::kernels::WeightFormat;

/// The tokens of ViT-Ti, S and B at 224 x 224 with patches of 16 x 16.
constexpr Index vit_tokens = 197;

/// ViT-Ti/16 (192), S/16 (384), B/16 (768) at 224 x 224; other widths likewise, with heads of 64.
inline eigenvit::VitConfig vit_config(Index width) {
  eigenvit::VitConfig config;
  config.embed_dim = width;
  config.num_heads = width / 64;
  config.mlp_hidden = 4 * width;
  return config;
}

/// Makes weights of the spread that trained ones have, the same ones for the same calls. Those of
/// blocks are of the given format, which the kernels in use have.
class RandomWeights {
 public:
  explicit RandomWeights(WeightFormat format = WeightFormat::native) : format_(format) {}

  AlignedBuffer<float> values(Index count, float low, float high) {
    AlignedBuffer<float> result(static_cast<std::size_t>(count));
    std::uniform_real_distribution<float> uniform(low, high);
    for (float& value : result) value = uniform(generator_);
    return result;
  }

  Matrix<float> matrix(Index rows, Index cols, float spread = 1) {
    Matrix<float> result(rows, cols);
    std::uniform_real_distribution<float> uniform(-spread, spread);
    for (Index i = 0; i < result.size(); ++i) result.data()[i] = uniform(generator_);
    return result;
  }

  eigenvit::detail::PackedMatrix<float> packed(Index outputs, Index inputs,
                                               WeightFormat format = WeightFormat::native) {
    const float spread = std::sqrt(3.0f / static_cast<float>(inputs));
    return eigenvit::detail::PackedMatrix<float>(values(outputs * inputs, -spread, spread), outputs,
                                                 inputs, &arena_, format);
  }

  /// Of a block.
  eigenvit::Linear<float> linear(Index outputs, Index inputs) {
    auto weight = packed(outputs, inputs, format_);
    return eigenvit::Linear<float>(std::move(weight), values(outputs, -0.1f, 0.1f));
  }
  eigenvit::Linear<float> native_linear(Index outputs, Index inputs) {
    auto weight = packed(outputs, inputs);
    return eigenvit::Linear<float>(std::move(weight), values(outputs, -0.1f, 0.1f));
  }

  eigenvit::LayerNorm<float> layer_norm(Index width) {
    auto gamma = values(width, 0.5f, 1.5f);
    return {std::move(gamma), values(width, -0.1f, 0.1f), 1e-6f};
  }

  eigenvit::PatchEmbedding<float> patch_embedding(const eigenvit::VitConfig& config) {
    auto weight =
        packed(config.embed_dim, config.in_chans * config.patch_height * config.patch_width);
    return {std::move(weight), values(config.embed_dim, -0.1f, 0.1f), config.in_chans,
            config.patch_height, config.patch_width};
  }

  eigenvit::PositionEmbedding<float> position_embedding(const eigenvit::VitConfig& config) {
    return {values(config.tokens() * config.embed_dim, -0.1f, 0.1f),
            config.embed_dim,
            config.prefix_tokens(),
            config.grid_height(),
            config.grid_width(),
            config.pos_interpolation};
  }

  eigenvit::MultiHeadSelfAttention<float> attention(const eigenvit::VitConfig& config) {
    auto qkv = linear(3 * config.embed_dim, config.embed_dim);
    return {std::move(qkv), linear(config.embed_dim, config.embed_dim), config.num_heads};
  }

  eigenvit::Mlp<float> mlp(const eigenvit::VitConfig& config) {
    auto fc1 = linear(config.mlp_hidden, config.embed_dim);
    return {std::move(fc1), linear(config.embed_dim, config.mlp_hidden), config.act};
  }

  eigenvit::EncoderBlock<float> block(const eigenvit::VitConfig& config) {
    auto norm1 = layer_norm(config.embed_dim);
    auto attn = attention(config);
    auto norm2 = layer_norm(config.embed_dim);
    return {std::move(norm1), std::move(attn), {}, std::move(norm2), mlp(config), {}};
  }

 private:
  WeightFormat format_;
  std::minstd_rand generator_{1};
  eigenvit::detail::HugePageArena arena_;  ///< of matrices, as loading has one
};

/// A whole model. Only parts that every ViT has: class token, position embeddings, blocks, final
/// norm and a head.
inline eigenvit::VisionTransformer<float> random_model(const eigenvit::VitConfig& config,
                                                       WeightFormat format = WeightFormat::native) {
  RandomWeights random(format);
  eigenvit::VitLayers<float> layers;
  layers.patch_embed = random.patch_embedding(config);
  layers.prefix_tokens = random.values(config.prefix_tokens() * config.embed_dim, -0.1f, 0.1f);
  layers.pos_embed = random.position_embedding(config);
  for (Index i = 0; i < config.depth; ++i) layers.blocks.push_back(random.block(config));
  layers.norm = random.layer_norm(config.embed_dim);
  if (config.num_classes > 0)
    layers.head = random.native_linear(config.num_classes, config.embed_dim);
  return {config, std::move(layers)};
}

/// The network of this width with 1000 classes, made when it is first asked for: that takes longer
/// than a pass.
inline const eigenvit::VisionTransformer<float>& model_of_width(
    Index width, WeightFormat format = WeightFormat::native) {
  static std::map<std::pair<Index, WeightFormat>, eigenvit::VisionTransformer<float>> models;
  const std::pair<Index, WeightFormat> key(width, format);
  const auto found = models.find(key);
  if (found != models.end()) return found->second;
  return models.emplace(key, random_model(vit_config(width), format)).first->second;
}

}  // namespace bench

#endif
