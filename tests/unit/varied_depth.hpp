/// Networks that estimate depth, of random weights.
#ifndef EIGENVIT_TESTS_UNIT_VARIED_DEPTH_HPP
#define EIGENVIT_TESTS_UNIT_VARIED_DEPTH_HPP

#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

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
  head.neck.channels = 18;
  head.neck.blocks = {0, 1, 3, 4};
  head.neck.level_channels = {5, 17, 4, 3};
  head.neck.factors = {3, -3, 1, 2};
  head.head_channels = 5;
  return head;
}

template <class Scalar>
eigenvit::detail::Convolution<Scalar> convolution(Index outputs, Index inputs, Index stride,
                                                  Layers<Scalar>& layers) {
  return {layers.linear(outputs, 9 * inputs), inputs, {3, stride, 1}};
}

/// Levels of a decoder that fit the encoder.
template <class Scalar>
std::vector<eigenvit::detail::DptLevel<Scalar>> dpt_levels(const VitConfig& c,
                                                           const eigenvit::DptNeckConfig& neck,
                                                           Layers<Scalar>& layers) {
  const auto conv = [&](Index outputs, Index inputs, Index stride = 1) {
    return convolution(outputs, inputs, stride, layers);
  };
  const auto unit = [&] {
    auto first = conv(neck.channels, neck.channels);
    return eigenvit::detail::ResidualConvUnit<Scalar>{std::move(first),
                                                      conv(neck.channels, neck.channels)};
  };
  std::vector<eigenvit::detail::DptLevel<Scalar>> levels;
  for (std::size_t i = 0; i < eigenvit::DptNeckConfig::levels; ++i) {
    const Index size = neck.level_channels[i];
    const Index factor = neck.factors[i];
    eigenvit::detail::DptLevel<Scalar> level;
    level.projection = layers.linear(size, c.embed_dim);
    if (factor > 1) level.enlarge.emplace(layers.linear(factor * factor * size, size), factor);
    if (factor < 0) level.reduce = conv(size, size, -factor);
    level.conv = conv(neck.channels, size);
    if (i + 1 < eigenvit::DptNeckConfig::levels) level.unit1 = unit();
    level.unit2 = unit();
    level.fusion = layers.linear(neck.channels, neck.channels);
    if (neck.readout == eigenvit::Readout::project) {
      level.readout_patch = layers.linear(c.embed_dim, c.embed_dim);
      level.readout_cls = layers.linear(c.embed_dim, c.embed_dim);
    }
    levels.push_back(std::move(level));
  }
  return levels;
}

/// A depth head whose layers fit the encoder.
template <class Scalar>
eigenvit::detail::DepthHead<Scalar> depth_head(const VitConfig& c,
                                               const eigenvit::DepthConfig& head) {
  Layers<Scalar> layers;
  const Index channels = head.neck.channels;
  const auto conv = [&](Index outputs, Index inputs) {
    return convolution(outputs, inputs, 1, layers);
  };
  eigenvit::detail::DepthLayers<Scalar> made;
  made.levels = dpt_levels(c, head.neck, layers);
  if (head.add_projection) made.projection = conv(channels, channels);
  made.conv1 = conv(channels / 2, channels);
  made.conv2 = conv(head.head_channels, channels / 2);
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
