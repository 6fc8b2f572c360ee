/// Networks that estimate depth, of random weights.
#ifndef EIGENVIT_TESTS_UNIT_VARIED_DEPTH_HPP
#define EIGENVIT_TESTS_UNIT_VARIED_DEPTH_HPP

#include <cstddef>
#include <memory>
#include <utility>

#include <eigenvit/model/heads/depth_head.hpp>

#include "varied_vit.hpp"

namespace varied {

/// An encoder for depth heads, with a register token beside CLS.
inline VitConfig depth_encoder() {
  VitConfig c = configs().back();
  c.depth = 5;
  c.pos_embed = false;
  c.reg_tokens = 1;
  return c;
}

inline eigenvit::DepthConfig depth_config() {
  eigenvit::DepthConfig head;
  head.channels = 18;
  head.head_channels = 5;
  head.blocks = {0, 1, 3, 4};
  head.level_channels = {5, 17, 4, 3};
  head.factors = {3, -3, 1, 2};
  return head;
}

template <class Scalar>
eigenvit::detail::Convolution<Scalar> convolution(Index outputs, Index inputs, Index stride,
                                                  Layers<Scalar>& layers) {
  return {layers.linear(outputs, 9 * inputs), inputs, {3, stride, 1}};
}

/// A depth head whose layers fit the encoder.
template <class Scalar>
eigenvit::detail::DepthHead<Scalar> depth_head(const VitConfig& c,
                                               const eigenvit::DepthConfig& head) {
  Layers<Scalar> layers;
  const auto conv = [&](Index outputs, Index inputs, Index stride = 1) {
    return convolution(outputs, inputs, stride, layers);
  };
  const auto unit = [&] {
    auto first = conv(head.channels, head.channels);
    return eigenvit::detail::ResidualConvUnit<Scalar>{std::move(first),
                                                      conv(head.channels, head.channels)};
  };
  eigenvit::detail::DepthLayers<Scalar> made;
  for (std::size_t i = 0; i < eigenvit::DepthConfig::levels; ++i) {
    const Index size = head.level_channels[i];
    const Index factor = head.factors[i];
    eigenvit::detail::DepthLevel<Scalar> level;
    level.projection = layers.linear(size, c.embed_dim);
    if (factor > 1) level.enlarge.emplace(layers.linear(factor * factor * size, size), factor);
    if (factor < 0) level.reduce = conv(size, size, -factor);
    level.conv = conv(head.channels, size);
    if (i + 1 < eigenvit::DepthConfig::levels) level.unit1 = unit();
    level.unit2 = unit();
    level.fusion = layers.linear(head.channels, head.channels);
    made.levels.push_back(std::move(level));
  }
  if (head.add_projection) made.projection = conv(head.channels, head.channels);
  made.conv1 = conv(head.channels / 2, head.channels);
  made.conv2 = conv(head.head_channels, head.channels / 2);
  made.conv3 = layers.linear(1, head.head_channels);
  return {head, std::move(made)};
}

/// The encoder with that head.
template <class Scalar>
eigenvit::VisionTransformer<Scalar> depth_network(
    const eigenvit::DepthConfig& head = depth_config()) {
  const VitConfig c = depth_encoder();
  auto layers = network<Scalar>(c).layers();
  layers.dense_head =
      std::make_shared<eigenvit::detail::DepthHead<Scalar>>(depth_head<Scalar>(c, head));
  return {c, std::move(layers)};
}

}  // namespace varied

#endif
