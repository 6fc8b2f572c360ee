/// The head that estimates depth.
#ifndef EIGENVIT_MODEL_HEADS_DEPTH_HEAD_HPP
#define EIGENVIT_MODEL_HEADS_DEPTH_HEAD_HPP

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <eigenvit/core/ceil_div.hpp>
#include <eigenvit/layers/linear.hpp>
#include <eigenvit/layers/residual_conv_unit.hpp>
#include <eigenvit/model/heads/dense_head.hpp>
#include <eigenvit/model/heads/depth_config.hpp>
#include <eigenvit/model/layer_check.hpp>
#include <eigenvit/model/pass/map_stages.hpp>
#include <eigenvit/model/pass/token_map.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// The layers of one level of a `DepthHead`.
template <class Scalar>
struct DepthLevel {
  Linear<Scalar> projection;
  std::optional<TransposedConvolution<Scalar>> enlarge;
  std::optional<Convolution<Scalar>> reduce;
  Convolution<Scalar> conv;
  ResidualConvUnit<Scalar> unit1;  ///< not of the last level, which has no map to add to
  ResidualConvUnit<Scalar> unit2;
  Linear<Scalar> fusion;

  Index parameters() const noexcept {
    return projection.parameters() + (enlarge ? enlarge->parameters() : 0) +
           (reduce ? reduce->parameters() : 0) + conv.parameters() + unit1.parameters() +
           unit2.parameters() + fusion.parameters();
  }
};

template <class Scalar>
struct DepthLayers {
  std::vector<DepthLevel<Scalar>> levels;
  Convolution<Scalar> conv1;
  Convolution<Scalar> conv2;
  Linear<Scalar> conv3;
};

/// From the patches after four blocks to a map of depths, one for each pixel of the patch grid's
/// image:
///
///     m_i = resize_i(proj_i(norm(x_i)))             maps of 4, 2, 1 and 1/2 times the grid
///     f_i = conv_i(m_i)
///     y_4 = f_4,   y_i = unit1(f_i) + enlarged(y_i+1)
///     y_i = proj(unit2(y_i))                        then enlarged to the next level's size
///     depth = act(conv3(relu(conv2(enlarged(conv1(enlarged(y_1)))))))
///
/// A 1 x 1 convolution and the bilinear enlargement before it change places, which is the same
/// sum: it then reads a quarter of the pixels.
///
/// Source: Yang et al., arXiv:2401.10891; Ranftl et al., arXiv:2103.13413; transformers'
/// `DepthAnythingForDepthEstimation`.
template <class Scalar>
class DepthHead : public DenseHead<Scalar> {
 public:
  static constexpr int levels = DepthConfig::levels;

  DepthHead(const DepthConfig& config, DepthLayers<Scalar> layers)
      : config_(config), layers_(std::move(layers)) {}

  const DepthConfig& config() const noexcept { return config_; }
  const DepthLayers<Scalar>& layers() const noexcept { return layers_; }

  void check(const VitConfig& encoder) const override {
    const std::string source = "vision transformer";
    validate(config_, encoder, ConfigCheck{source});
    require_size("levels of a depth head", levels, static_cast<Index>(layers_.levels.size()));
    for (std::size_t i = 0; i < levels; ++i) {
      const auto& level = layers_.levels[i];
      const Index channels = config_.level_channels[i];
      require_size("inputs of a depth level", encoder.embed_dim, level.projection.in_features());
      require_size("channels of a depth level", channels, level.projection.out_features());
      require_part("transposed convolution of a depth level", config_.factors[i] > 1,
                   level.enlarge.has_value());
      require_part("reduction of a depth level", config_.factors[i] < 0, level.reduce.has_value());
      if (level.enlarge) check_map(channels, channels, *level.enlarge);
      if (level.reduce) check_map(channels, channels, *level.reduce);
      check_map(channels, config_.channels, level.conv);
      for (const auto* const unit : {&level.unit1, &level.unit2}) {
        if (unit == &level.unit1 && i + 1 == levels) continue;
        check_map(config_.channels, config_.channels, unit->conv1);
        check_map(config_.channels, config_.channels, unit->conv2);
      }
      require_size("inputs of a fusion", config_.channels, level.fusion.in_features());
      require_size("outputs of a fusion", config_.channels, level.fusion.out_features());
    }
    check_map(config_.channels, config_.channels / 2, layers_.conv1);
    check_map(config_.channels / 2, config_.head_channels, layers_.conv2);
    require_size("inputs of a depth", config_.head_channels, layers_.conv3.in_features());
    require_size("values of a depth", 1, layers_.conv3.out_features());
  }

  Index parameters() const override {
    Index count =
        layers_.conv1.parameters() + layers_.conv2.parameters() + layers_.conv3.parameters();
    for (const auto& level : layers_.levels) count += level.parameters();
    return count;
  }

  Index flops(const VitConfig& encoder, Index height, Index width) const override {
    const MapSize grid{height / encoder.patch_height, width / encoder.patch_width};
    const auto conv = [](const MapSize& size, Index in, Index out) {
      return 2 * 9 * size.pixels() * in * out;
    };
    Index sum = 0;
    for (std::size_t i = 0; i < levels; ++i) {
      const Index channels = config_.level_channels[i];
      const Index factor = config_.factors[i];
      const MapSize size = level_size(grid, factor);
      const Index convolutions = i + 1 < levels ? 4 : 2;
      sum += 2 * grid.pixels() * encoder.embed_dim * channels;
      if (factor > 1) sum += 2 * size.pixels() * channels * channels;
      if (factor < 0) sum += conv(size, channels, channels);
      sum += conv(size, channels, config_.channels) +
             convolutions * conv(size, config_.channels, config_.channels) +
             2 * size.pixels() * config_.channels * config_.channels;
    }
    const MapSize first = level_size(grid, config_.factors[0]);
    const MapSize image = image_size(encoder, grid);
    return sum + conv({2 * first.height, 2 * first.width}, config_.channels, config_.channels / 2) +
           conv(image, config_.channels / 2, config_.head_channels) +
           2 * image.pixels() * config_.head_channels;
  }

  bool reads(Index block) const override { return level_of(block) < levels; }

  Index scratch_values(const VitConfig& encoder, const ForwardPlan& plan) const override {
    return Scratch(config_, encoder, plan, nullptr).values;
  }

  Index worker_values(const VitConfig& encoder, const ForwardPlan& plan) const override {
    Index widest = config_.channels;
    for (const Index channels : config_.level_channels) widest = std::max(widest, channels);
    const Index first = 2 * level_size(grid_of(plan), config_.factors[0]).width;
    using Stages = MapStages<Scalar>;
    return Stages::window_scratch(9 * widest) +
           std::max(Stages::band_scratch(first, config_.channels, config_.channels / 2),
                    Stages::band_scratch(plan.grid_width * encoder.patch_width,
                                         config_.channels / 2, config_.head_channels));
  }

  void prepare(const VitConfig& encoder, const ForwardPlan& plan,
               DenseOutput<Scalar>& output) const override {
    const MapSize image = image_size(encoder, grid_of(plan));
    output.resize(plan.images, image.height, image.width, 1);
  }

  /// Norms the patches for their level.
  Stage add_block(TaskGraph& graph, const DensePass<Scalar>& pass, Index block,
                  const Sequence<Scalar>& x, Stage stage) const override {
    const Scratch scratch(config_, pass.config, pass.plan, pass.scratch);
    return add_token_map(graph, x, stage, pass.plan.prefix, &*pass.norm,
                         scratch.tokens[static_cast<std::size_t>(level_of(block))]);
  }

  void add_stages(TaskGraph& graph, const DensePass<Scalar>& pass, Stage stage) const override {
    const Scratch scratch(config_, pass.config, pass.plan, pass.scratch);
    MapStages<Scalar> stages(graph, pass.workers, pass.plan.images);
    for (std::size_t i = 0; i < levels; ++i) {
      const auto& level = layers_.levels[i];
      stage = stages.multiply(stage, level.projection, scratch.tokens[i], scratch.projected[i]);
      if (level.enlarge) {
        stage = stages.enlarge(stage, *level.enlarge, scratch.projected[i], scratch.resized[i]);
      } else if (level.reduce) {
        stage = stages.convolve(stage, *level.reduce, scratch.projected[i], scratch.resized[i]);
      }
      stage = stages.convolve(stage, level.conv, scratch.resized[i], scratch.maps[i]);
    }
    for (std::size_t i = levels; i-- > 0;) {
      const auto& map = scratch.maps[i];
      // Each image keeps its place: one may be at this level while another is at the next.
      MapBuffer<Scalar> hidden = scratch.hidden;
      hidden.size = map.size;
      const auto add_unit = [&](const ResidualConvUnit<Scalar>& unit) {
        stage = stages.convolve(stage, unit.conv1, map, hidden, {true});
        stage = stages.convolve(stage, unit.conv2, hidden, map, {true, true});
      };
      if (i + 1 < levels) {
        add_unit(layers_.levels[i].unit1);
        stage = stages.add_upsampled(stage, scratch.fused[i + 1], map);
      }
      add_unit(layers_.levels[i].unit2);
      stage = stages.multiply(stage, layers_.levels[i].fusion, map, scratch.fused[i]);
    }
    stage = stages.convolve_upsampled(stage, layers_.conv1, scratch.fused[0], scratch.features);
    const MapSize image = image_size(pass.config, grid_of(pass.plan));
    const MapBuffer<Scalar> depth{pass.output.maps.data(), image, 1, image.pixels()};
    stages.convolve_upsampled(stage, layers_.conv2, scratch.features, depth,
                              ConvolutionUse{false, false, Activation::relu},
                              [this](const Scalar* features, Index pixels, Scalar* depths) {
                                const Linear<Scalar>& last = layers_.conv3;
                                multiply(last, 1, 0, features, pixels, last.in_features(), depths,
                                         1);
                                for (Index i = 0; i < pixels; ++i) depths[i] = finished(depths[i]);
                              });
  }

 private:
  template <class T>
  using OfLevels = std::array<T, levels>;

  /// Where the maps of a pass are.
  struct Scratch {
    OfLevels<MapBuffer<Scalar>> tokens;  ///< normed patches
    OfLevels<MapBuffer<Scalar>> projected;
    OfLevels<MapBuffer<Scalar>> resized;
    OfLevels<MapBuffer<Scalar>> maps;
    OfLevels<MapBuffer<Scalar>> fused;
    MapBuffer<Scalar> hidden;  ///< inside a unit, of the largest level
    MapBuffer<Scalar> features;
    Index values = 0;  ///< of all

    Scratch(const DepthConfig& head, const VitConfig& encoder, const ForwardPlan& plan,
            Scalar* memory) {
      MapMemory<Scalar> maps_of(plan.images, memory);
      const MapSize grid = grid_of(plan);
      MapSize largest;
      for (std::size_t i = 0; i < levels; ++i) {
        const MapSize size = level_size(grid, head.factors[i]);
        if (size.pixels() > largest.pixels()) largest = size;
        tokens[i] = maps_of.take(grid, encoder.embed_dim);
        projected[i] = maps_of.take(grid, head.level_channels[i]);
        resized[i] =
            head.factors[i] == 1 ? projected[i] : maps_of.take(size, head.level_channels[i]);
        maps[i] = maps_of.take(size, head.channels);
        fused[i] = maps_of.take(size, head.channels);
      }
      hidden = maps_of.take(largest, head.channels);
      const MapSize first = fused[0].size;
      features = maps_of.take({2 * first.height, 2 * first.width}, head.channels / 2);
      values = maps_of.used();
    }
  };

  /// Past the last level where it reads none after that block.
  Index level_of(Index block) const noexcept {
    return std::find(config_.blocks.begin(), config_.blocks.end(), block) - config_.blocks.begin();
  }

  static MapSize grid_of(const ForwardPlan& plan) noexcept {
    return {plan.grid_height, plan.grid_width};
  }

  /// Of the patches, without what of the image is left over.
  static MapSize image_size(const VitConfig& encoder, const MapSize& grid) noexcept {
    return {grid.height * encoder.patch_height, grid.width * encoder.patch_width};
  }

  static MapSize level_size(const MapSize& grid, Index factor) noexcept {
    if (factor > 0) return {grid.height * factor, grid.width * factor};
    return {ceil_div(grid.height, -factor), ceil_div(grid.width, -factor)};
  }

  template <class Layer>
  static void check_map(Index in, Index out, const Layer& layer) {
    require_size("inputs of a depth convolution", in, layer.in_channels());
    require_size("outputs of a depth convolution", out, layer.out_channels());
  }

  Scalar finished(Scalar value) const noexcept {
    const auto scale = static_cast<Scalar>(config_.max_depth);
    if (config_.is_metric) return scale / (Scalar(1) + std::exp(-value));
    return std::max(value, Scalar(0)) * scale;
  }

  DepthConfig config_;
  DepthLayers<Scalar> layers_;
};

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
