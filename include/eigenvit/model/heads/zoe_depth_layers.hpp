/// The layers of ZoeDepth's head.
#ifndef EIGENVIT_MODEL_HEADS_ZOE_DEPTH_LAYERS_HPP
#define EIGENVIT_MODEL_HEADS_ZOE_DEPTH_LAYERS_HPP

#include <array>
#include <optional>
#include <vector>

#include <eigenvit/layers/convolution.hpp>
#include <eigenvit/layers/encoder_block.hpp>
#include <eigenvit/layers/linear.hpp>
#include <eigenvit/model/heads/dpt_neck.hpp>
#include <eigenvit/model/heads/zoe_depth_config.hpp>
#include <eigenvit/model/layer_check.hpp>
#include <eigenvit/model/pass/linear_share.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// Two linear layers of each pixel, `W2 relu(W1 x + b1) + b2`.
template <class Scalar>
struct PixelMlp {
  Linear<Scalar> first;
  Linear<Scalar> second;

  Index parameters() const noexcept { return first.parameters() + second.parameters(); }

  /// Throws `ShapeError` unless it has such a width at each place.
  void check(Index in, Index hidden, Index out) const {
    require_size("inputs of a layer of pixels", in, first.in_features());
    require_size("hidden channels of pixels", hidden, first.out_features());
    require_size("inputs of a layer of hidden channels", hidden, second.in_features());
    require_size("outputs of a layer of hidden channels", out, second.out_features());
  }
};

/// A `PixelMlp` as the work of one task, whose weights stay packed for as long as this is there.
template <class Scalar>
class PixelMlpShare {
 public:
  explicit PixelMlpShare(const PixelMlp<Scalar>& mlp)
      : inputs_(mlp.first.in_features()),
        hidden_(mlp.first.out_features()),
        first_(mlp.first, 1, 0, {Activation::relu, nullptr, false}),
        second_(mlp.second) {}

  /// Of the pixels `x [pixels, in]`, by way of `hidden [pixels, hidden]`.
  void multiply(const Scalar* x, Index pixels, Scalar* hidden, Scalar* y, Index y_stride) {
    first_.multiply(x, pixels, inputs_, hidden, hidden_);
    second_.multiply(hidden, pixels, hidden_, y, y_stride);
  }

 private:
  Index inputs_;
  Index hidden_;
  LayerShare<Scalar> first_;
  LayerShare<Scalar> second_;
};

/// The layers of one domain.
template <class Scalar>
struct ZoeDomainLayers {
  PixelMlp<Scalar> seed;  ///< the first bins
  std::array<PixelMlp<Scalar>, ZoeDepthConfig::levels> attractors;
  /// `W [features; embedding] + b` as one part of each, the former with the bias.
  Linear<Scalar> last_features;
  Linear<Scalar> last_embedding;
  Linear<Scalar> last;  ///< two numbers of the probability, two of the temperature

  Index parameters() const noexcept {
    Index count = seed.parameters() + last_features.parameters() + last_embedding.parameters() +
                  last.parameters();
    for (const auto& layer : attractors) count += layer.parameters();
    return count;
  }

  /// Throws `ShapeError` unless the layers fit the configuration.
  void check(const ZoeDepthConfig& head, const ZoeDomain& domain) const {
    seed.check(head.neck.channels, head.seed_hidden(), domain.bins);
    for (std::size_t i = 0; i < attractors.size(); ++i) {
      attractors[i].check(head.embedding, head.embedding,
                          head.attractors[i] * (head.bounded_bins ? 2 : 1));
    }
    require_size("features of a last layer", head.last_features(), last_features.in_features());
    require_size("outputs of a last layer", head.last_hidden(), last_features.out_features());
    require_size("embedding of a last layer", head.embedding, last_embedding.in_features());
    require_size("outputs of a last layer", head.last_hidden(), last_embedding.out_features());
    require_size("hidden channels of a last layer", head.last_hidden(), last.in_features());
    require_size("numbers of a distribution", 4, last.out_features());
  }
};

/// The layers that choose the domain of an image.
template <class Scalar>
struct ZoeRouterLayers {
  Linear<Scalar> embed;
  std::vector<EncoderBlock<Scalar>> blocks;
  PixelMlp<Scalar> classifier;

  Index parameters() const noexcept {
    Index count = embed.parameters() + classifier.parameters();
    for (const auto& block : blocks) count += block.parameters();
    return count;
  }

  /// Throws `ShapeError` unless the layers fit the configuration.
  void check(const ZoeDepthConfig& head) const {
    constexpr Index width = ZoeDepthConfig::router_width;
    require_size("inputs of the tokens of a domain", head.neck.channels, embed.in_features());
    require_size("width of the tokens of a domain", width, embed.out_features());
    require_size("blocks that choose a domain", ZoeDepthConfig::router_blocks,
                 static_cast<Index>(blocks.size()));
    EncoderConfig config;
    config.embed_dim = width;
    config.num_heads = head.router_heads;
    config.mlp_hidden = head.router_hidden;
    config.block = BlockForm::sum_norm;
    for (const auto& block : blocks) {
      check_block(LayerCheck{"vision transformer"}, config, block);
    }
    classifier.check(width, width, static_cast<Index>(ZoeDepthConfig::most_domains));
  }
};

/// The layers of a `ZoeDepthHead`.
template <class Scalar>
struct ZoeDepthLayers {
  std::vector<DptLevel<Scalar>> levels;  ///< of the neck
  std::optional<Convolution<Scalar>> projection;
  Convolution<Scalar> conv1;
  Convolution<Scalar> conv2;
  std::optional<Linear<Scalar>> relative_depth;  ///< with one domain
  Linear<Scalar> bottleneck;
  PixelMlp<Scalar> seed_projector;
  std::array<PixelMlp<Scalar>, ZoeDepthConfig::levels> projectors;  ///< as the attractors
  std::vector<ZoeDomainLayers<Scalar>> domains;
  std::optional<ZoeRouterLayers<Scalar>> router;

  /// Without the neck's.
  Index parameters() const noexcept {
    Index count = conv1.parameters() + conv2.parameters() + bottleneck.parameters() +
                  seed_projector.parameters();
    if (projection) count += projection->parameters();
    if (relative_depth) count += relative_depth->parameters();
    for (const auto& layer : projectors) count += layer.parameters();
    for (const auto& domain : domains) count += domain.parameters();
    if (router) count += router->parameters();
    return count;
  }

  /// Throws `ShapeError` unless the layers fit the configuration; those of the neck are checked by
  /// it.
  void check(const ZoeDepthConfig& head) const {
    const Index channels = head.neck.channels;
    require_part("projection of a depth head", head.add_projection, projection.has_value());
    if (projection) check_map_layer(channels, channels, *projection);
    check_map_layer(channels, channels / 2, conv1);
    check_map_layer(channels / 2, head.relative_channels, conv2);
    require_part("layer of relative depth", !head.has_router(), relative_depth.has_value());
    if (relative_depth) {
      require_size("inputs of a relative depth", head.relative_channels,
                   relative_depth->in_features());
      require_size("values of a relative depth", 1, relative_depth->out_features());
    }
    require_size("inputs of a bottleneck", channels, bottleneck.in_features());
    require_size("outputs of a bottleneck", channels, bottleneck.out_features());
    seed_projector.check(channels, head.projector_hidden(), head.embedding);
    for (const auto& layer : projectors) {
      layer.check(channels, head.projector_hidden(), head.embedding);
    }
    require_size("domains", head.domain_count, static_cast<Index>(domains.size()));
    for (std::size_t i = 0; i < domains.size(); ++i) domains[i].check(head, head.domains[i]);
    require_part("choice of a domain", head.has_router(), router.has_value());
    if (router) router->check(head);
  }
};

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
