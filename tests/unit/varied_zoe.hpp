/// Networks with ZoeDepth's head, of random weights.
#ifndef EIGENVIT_TESTS_UNIT_VARIED_ZOE_HPP
#define EIGENVIT_TESTS_UNIT_VARIED_ZOE_HPP

#include <cstddef>
#include <memory>
#include <utility>

#include <eigenvit/model/heads/zoe_depth_head.hpp>

#include "varied_depth.hpp"

namespace varied {

inline eigenvit::ZoeDepthConfig zoe_config(bool two_domains) {
  eigenvit::ZoeDepthConfig head;
  head.neck = depth_config().neck;
  head.neck.doubles = true;
  head.neck.factors = {4, 2, 1, -2};
  head.relative_channels = 5;
  head.embedding = 10;
  head.attractors = {3, 5, 2, 1};
  head.sums_attraction = head.bounded_bins = head.add_projection = !two_domains;
  head.domains[0] = {"near", 7, 0.5, 6};
  head.max_temperature = 3;
  if (two_domains) {
    head.domain_count = 2;
    head.domains[1] = {"far", 19, 1e-3, 80};
    head.router_heads = 8;
    head.router_hidden = 21;
  }
  return head;
}

template <class Scalar>
eigenvit::detail::PixelMlp<Scalar> pixel_mlp(Index in, Index hidden, Index out,
                                             Layers<Scalar>& layers) {
  auto first = layers.linear(hidden, in);
  return {std::move(first), layers.linear(out, hidden)};
}

template <class Scalar>
eigenvit::detail::ZoeDomainLayers<Scalar> zoe_domain(const eigenvit::ZoeDepthConfig& head,
                                                     std::size_t i, Layers<Scalar>& layers) {
  eigenvit::detail::ZoeDomainLayers<Scalar> domain;
  domain.seed = pixel_mlp(head.neck.channels, head.seed_hidden(), head.domains[i].bins, layers);
  for (std::size_t step = 0; step < domain.attractors.size(); ++step) {
    domain.attractors[step] =
        pixel_mlp(head.embedding, head.embedding,
                  head.attractors[step] * (head.bounded_bins ? 2 : 1), layers);
  }
  domain.last_features = layers.linear(head.last_hidden(), head.last_features());
  domain.last_embedding = layers.linear(head.last_hidden(), head.embedding);
  domain.last = layers.linear(4, head.last_hidden());
  return domain;
}

template <class Scalar>
eigenvit::detail::ZoeRouterLayers<Scalar> zoe_router(const eigenvit::ZoeDepthConfig& head,
                                                     Layers<Scalar>& layers) {
  VitConfig c;
  c.embed_dim = eigenvit::ZoeDepthConfig::router_width;
  c.num_heads = head.router_heads;
  c.mlp_hidden = head.router_hidden;
  c.block = eigenvit::BlockForm::sum_norm;
  c.act = eigenvit::Activation::relu;
  c.layer_scale = false;
  eigenvit::detail::ZoeRouterLayers<Scalar> router;
  router.embed = layers.linear(c.embed_dim, head.neck.channels);
  for (Index i = 0; i < eigenvit::ZoeDepthConfig::router_blocks; ++i) {
    router.blocks.push_back(block(c, WeightFormat::native, layers));
  }
  router.classifier = pixel_mlp(c.embed_dim, c.embed_dim, 2, layers);
  return router;
}

/// Layers that fit the encoder.
template <class Scalar>
eigenvit::detail::ZoeDepthLayers<Scalar> zoe_layers(const VitConfig& c,
                                                    const eigenvit::ZoeDepthConfig& head) {
  Layers<Scalar> layers;
  const Index channels = head.neck.channels;
  const auto conv = [&](Index outputs, Index inputs) {
    return convolution(outputs, inputs, 1, layers);
  };
  eigenvit::detail::ZoeDepthLayers<Scalar> made;
  made.levels = dpt_levels(c, head.neck, layers);
  if (head.add_projection) made.projection = conv(channels, channels);
  made.conv1 = conv(channels / 2, channels);
  made.conv2 = conv(head.relative_channels, channels / 2);
  if (!head.has_router()) made.relative_depth = layers.linear(1, head.relative_channels);
  made.bottleneck = layers.linear(channels, channels);
  made.seed_projector = pixel_mlp(channels, head.projector_hidden(), head.embedding, layers);
  for (auto& projector : made.projectors) {
    projector = pixel_mlp(channels, head.projector_hidden(), head.embedding, layers);
  }
  for (Index i = 0; i < head.domain_count; ++i) {
    made.domains.push_back(zoe_domain(head, std::size_t(i), layers));
  }
  if (head.has_router()) made.router = zoe_router(head, layers);
  return made;
}

/// The encoder with such a head.
template <class Scalar>
eigenvit::VisionTransformer<Scalar> zoe_network(const eigenvit::ZoeDepthConfig& head) {
  const VitConfig c = depth_encoder();
  auto layers = network<Scalar>(c).layers();
  layers.dense_head =
      std::make_shared<eigenvit::detail::ZoeDepthHead<Scalar>>(head, zoe_layers<Scalar>(c, head));
  return {c, std::move(layers)};
}

}  // namespace varied

#endif
