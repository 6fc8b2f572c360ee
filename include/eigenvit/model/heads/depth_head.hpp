/// The head that estimates depth.
#ifndef EIGENVIT_MODEL_HEADS_DEPTH_HEAD_HPP
#define EIGENVIT_MODEL_HEADS_DEPTH_HEAD_HPP

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <string>
#include <type_traits>
#include <vector>

#include <eigenvit/core/aligned_buffer.hpp>
#include <eigenvit/core/ceil_div.hpp>
#include <eigenvit/core/task_graph.hpp>
#include <eigenvit/layers/linear.hpp>
#include <eigenvit/layers/residual_conv_unit.hpp>
#include <eigenvit/model/heads/head_list.hpp>
#include <eigenvit/model/layer_check.hpp>
#include <eigenvit/model/pass/map_stages.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {

/// What a depth head is made of.
struct DepthConfig {
  static constexpr int levels = 4;

  Index channels = 0;  ///< of the maps that are fused; 0 for a model without the head
  Index head_channels = 32;
  std::array<Index, levels> blocks = {};  ///< whose tokens are read, from 0, in rising order
  std::array<Index, levels> level_channels = {};
  /// By how much each level enlarges the patch grid, or, negative, makes it smaller.
  std::array<Index, levels> factors = {4, 2, 1, -2};
  bool is_metric = false;  ///< metres up to `max_depth`; else relative, larger is nearer
  float max_depth = 1;
};

namespace detail {

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
struct DepthHead {
  static constexpr int levels = DepthConfig::levels;

  struct Config {
    DepthConfig depth_head;
  };
  struct Taps {
    bool depth = false;  ///< depths `[B, H, W]`
  };
  template <class Scalar>
  struct Level {
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
  struct Layers {
    std::vector<Level<Scalar>> depth_levels;
    Convolution<Scalar> depth_conv1;
    Convolution<Scalar> depth_conv2;
    Linear<Scalar> depth_conv3;
  };
  template <class Scalar>
  struct Output {
    Index depth_height = 0;
    Index depth_width = 0;
    AlignedBuffer<Scalar> depth;

    /// Depths of one image, `[H, W]`.
    ConstMatrixView<Scalar> depth_of(Index image) const {
      return ConstMatrixView<Scalar>(depth.data() + image * depth_height * depth_width,
                                     depth_height, depth_width);
    }
  };
  template <class Scalar>
  struct Scratch {
    std::array<MapBuffer<Scalar>, levels> depth_tokens;  ///< normed patches
    std::array<MapBuffer<Scalar>, levels> depth_projected;
    std::array<MapBuffer<Scalar>, levels> depth_resized;
    std::array<MapBuffer<Scalar>, levels> depth_maps;
    MapBuffer<Scalar> depth_hidden;  ///< inside a unit, of the largest level
    std::array<MapBuffer<Scalar>, levels> depth_fused;
    MapBuffer<Scalar> depth_features;
  };

  template <class ModelConfig>
  static void validate(const ModelConfig& config, const ConfigCheck& check) {
    const DepthConfig& head = config.depth_head;
    check.within("channels of fused maps", head.channels, 0, 1 << 14);
    if (head.channels == 0) return;
    check.require(head.channels % 2 == 0, "an even number of channels of fused maps",
                  std::to_string(head.channels));
    check.within("channels of the depth head", head.head_channels, 1, 1 << 14);
    for (std::size_t i = 0; i < levels; ++i) {
      check.within("block of a depth level", head.blocks[i], i == 0 ? 0 : head.blocks[i - 1] + 1,
                   config.depth - 1);
      check.within("channels of a depth level", head.level_channels[i], 1, 1 << 14);
      const Index factor = head.factors[i];
      check.require(factor != 0 && factor >= -8 && factor <= 8,
                    "a factor of a depth level from 1/8 to 8", std::to_string(factor));
    }
    check.require(config.final_norm, "a final norm, which the depth head has before it", "none");
    check.require(head.max_depth > 0 && head.max_depth <= 1e6F, "a largest depth from 0 to 1e6",
                  std::to_string(head.max_depth));
  }

  template <class ModelConfig, class ModelLayers>
  static void check_layers(const ModelConfig& config, const ModelLayers& layers) {
    const DepthConfig& head = config.depth_head;
    require_size("levels of a depth head", head.channels > 0 ? levels : 0,
                 static_cast<Index>(layers.depth_levels.size()));
    if (head.channels == 0) return;
    for (std::size_t i = 0; i < levels; ++i) {
      const auto& level = layers.depth_levels[i];
      const Index channels = head.level_channels[i];
      require_size("inputs of a depth level", config.embed_dim, level.projection.in_features());
      require_size("channels of a depth level", channels, level.projection.out_features());
      require_part("transposed convolution of a depth level", head.factors[i] > 1,
                   level.enlarge.has_value());
      require_part("reduction of a depth level", head.factors[i] < 0, level.reduce.has_value());
      if (level.enlarge) check_map(channels, channels, *level.enlarge);
      if (level.reduce) check_map(channels, channels, *level.reduce);
      check_map(channels, head.channels, level.conv);
      for (const auto* const unit : {&level.unit1, &level.unit2}) {
        if (unit == &level.unit1 && i + 1 == levels) continue;
        check_map(head.channels, head.channels, unit->conv1);
        check_map(head.channels, head.channels, unit->conv2);
      }
      require_size("inputs of a fusion", head.channels, level.fusion.in_features());
      require_size("outputs of a fusion", head.channels, level.fusion.out_features());
    }
    check_map(head.channels, head.channels / 2, layers.depth_conv1);
    check_map(head.channels / 2, head.head_channels, layers.depth_conv2);
    require_size("inputs of a depth", head.head_channels, layers.depth_conv3.in_features());
    require_size("values of a depth", 1, layers.depth_conv3.out_features());
  }

  template <class ModelConfig>
  static void check_taps(const ModelConfig& config, const Taps& taps) {
    if (taps.depth && config.depth_head.channels == 0) {
      raise<UnsupportedError>(
          {"taps: expected a model that estimates depth for depth, found another"});
    }
  }

  template <class Scalar>
  static Index parameters(const Layers<Scalar>& layers) noexcept {
    if (layers.depth_levels.empty()) return 0;
    Index count = layers.depth_conv1.parameters() + layers.depth_conv2.parameters() +
                  layers.depth_conv3.parameters();
    for (const auto& level : layers.depth_levels) count += level.parameters();
    return count;
  }

  template <class ModelConfig>
  static Index flops(const ModelConfig& config, Index height, Index width) noexcept {
    const DepthConfig& head = config.depth_head;
    if (head.channels == 0) return 0;
    const MapSize grid{height / config.patch_height, width / config.patch_width};
    const auto conv = [](const MapSize& size, Index in, Index out) {
      return 2 * 9 * size.pixels() * in * out;
    };
    Index sum = 0;
    for (std::size_t i = 0; i < levels; ++i) {
      const Index channels = head.level_channels[i];
      const Index factor = head.factors[i];
      const MapSize size = level_size(grid, factor);
      const Index convolutions = i + 1 < levels ? 4 : 2;
      sum += 2 * grid.pixels() * config.embed_dim * channels;
      if (factor > 1) sum += 2 * size.pixels() * channels * channels;
      if (factor < 0) sum += conv(size, channels, channels);
      sum += conv(size, channels, head.channels) +
             convolutions * conv(size, head.channels, head.channels) +
             2 * size.pixels() * head.channels * head.channels;
    }
    const MapSize first = level_size(grid, head.factors[0]);
    const MapSize image{grid.height * config.patch_height, grid.width * config.patch_width};
    return sum + conv({2 * first.height, 2 * first.width}, head.channels, head.channels / 2) +
           conv(image, head.channels / 2, head.head_channels) +
           2 * image.pixels() * head.head_channels;
  }
  static bool is_wanted(const Taps& taps) noexcept { return taps.depth; }
  /// Whether the head reads the residual stream after a block.
  template <class ModelConfig>
  static bool reads(const ModelConfig& config, const Taps& taps, Index block) noexcept {
    return taps.depth && level_of(config, block) >= 0;
  }

  /// Memory of a pass that is asked for depths.
  template <class Scalar, class ModelConfig, class Plan, class Take>
  static void lay_out(const ModelConfig& config, const Plan& plan, const Taps& taps,
                      const Take& take, Scratch<Scalar>& scratch) {
    if (!taps.depth) return;
    const DepthConfig& head = config.depth_head;
    const MapSize grid{plan.grid_height, plan.grid_width};
    const auto map = [&](const MapSize& size, Index channels) {
      const Index values = size.pixels() * channels;
      return MapBuffer<Scalar>{take(plan.images * values), size, channels, values};
    };
    MapSize largest;
    for (std::size_t i = 0; i < levels; ++i) {
      const MapSize size = level_size(grid, head.factors[i]);
      if (size.pixels() > largest.pixels()) largest = size;
      scratch.depth_tokens[i] = map(grid, config.embed_dim);
      scratch.depth_projected[i] = map(grid, head.level_channels[i]);
      scratch.depth_resized[i] =
          head.factors[i] == 1 ? scratch.depth_projected[i] : map(size, head.level_channels[i]);
      scratch.depth_maps[i] = map(size, head.channels);
      scratch.depth_fused[i] = map(size, head.channels);
    }
    scratch.depth_hidden = map(largest, head.channels);
    const MapSize first = scratch.depth_fused[0].size;
    scratch.depth_features = map({2 * first.height, 2 * first.width}, head.channels / 2);
  }

  template <class ModelConfig, class Plan>
  static Index worker_values(const ModelConfig& config, const Plan& plan,
                             const Taps& taps) noexcept {
    if (!taps.depth) return 0;
    const DepthConfig& head = config.depth_head;
    Index widest = head.channels;
    for (const Index channels : head.level_channels) widest = std::max(widest, channels);
    const Index first = 2 * level_size({plan.grid_height, plan.grid_width}, head.factors[0]).width;
    using Stages = MapStages<float>;
    return Stages::window_scratch(9 * widest) +
           std::max(Stages::band_scratch(first, head.channels, head.channels / 2),
                    Stages::band_scratch(plan.grid_width * config.patch_width, head.channels / 2,
                                         head.head_channels));
  }

  template <class ModelConfig, class ModelTaps, class ModelOutput>
  static void prepare(const ModelConfig& config, const ModelTaps& taps, Index images,
                      ModelOutput& output) {
    output.depth_height = taps.depth ? output.grid_height * config.patch_height : 0;
    output.depth_width = taps.depth ? output.grid_width * config.patch_width : 0;
    output.depth.resize(
        static_cast<std::size_t>(images * output.depth_height * output.depth_width));
  }

  /// Norms the patches after a block for its level; returns the stage that the next block needs.
  template <class Context, class ModelSequence>
  static Stage add_block(TaskGraph& graph, const Context& context, Index block,
                         const ModelSequence& x, Stage stage) {
    if (!reads(context.config, context.taps, block)) return stage;
    const auto tokens =
        context.scratch.heads
            .depth_tokens[static_cast<std::size_t>(level_of(context.config, block))];
    return graph.add(x.cut(), {part_of(stage)}, [&context, x, tokens](const Task& task) {
      const auto r = x.rows(task);
      const Index prefix = context.plan.prefix;
      const Index first = std::max(r.first, prefix);
      const Index last = std::min(r.first + r.count, prefix + context.plan.patches);
      if (first >= last) return;
      auto* const to = tokens.row(task.image, 0) + (first - prefix) * x.width;
      context.layers.norm->forward(x.stream_row(r.row + first - r.first), last - first, x.width, to,
                                   x.width);
    });
  }

  template <class Context>
  static void add_stages(TaskGraph& graph, const Context& context, const HeadInputs& inputs) {
    if (!context.taps.depth) return;
    using Scalar = std::decay_t<decltype(*context.output.depth.data())>;
    const DepthConfig& head = context.config.depth_head;
    const auto& scratch = context.scratch.heads;
    const auto& blocks = context.scratch.blocks;
    MapStages<Scalar> stages(graph, {blocks.attention_scratch, blocks.worker_size},
                             context.plan.images);
    Stage stage = inputs.blocks;
    const auto& layers = context.layers.depth_levels;
    for (std::size_t i = 0; i < levels; ++i) {
      const auto& level = layers[i];
      stage = stages.multiply(stage, level.projection, scratch.depth_tokens[i],
                              scratch.depth_projected[i]);
      if (level.enlarge) {
        stage = stages.enlarge(stage, *level.enlarge, scratch.depth_projected[i],
                               scratch.depth_resized[i]);
      } else if (level.reduce) {
        stage = stages.convolve(stage, *level.reduce, scratch.depth_projected[i],
                                scratch.depth_resized[i]);
      }
      stage = stages.convolve(stage, level.conv, scratch.depth_resized[i], scratch.depth_maps[i]);
    }
    for (std::size_t i = levels; i-- > 0;) {
      const auto& map = scratch.depth_maps[i];
      // Each image keeps its place: one may be at this level while another is at the next.
      MapBuffer<Scalar> hidden = scratch.depth_hidden;
      hidden.size = map.size;
      const auto add_unit = [&](const ResidualConvUnit<Scalar>& unit) {
        stage = stages.convolve(stage, unit.conv1, map, hidden, {true});
        stage = stages.convolve(stage, unit.conv2, hidden, map, {true, true});
      };
      if (i + 1 < levels) {
        add_unit(layers[i].unit1);
        stage = stages.add_upsampled(stage, scratch.depth_fused[i + 1], map);
      }
      add_unit(layers[i].unit2);
      stage = stages.multiply(stage, layers[i].fusion, map, scratch.depth_fused[i]);
    }
    stage = stages.convolve_upsampled(stage, context.layers.depth_conv1, scratch.depth_fused[0],
                                      scratch.depth_features);
    const MapSize image{context.plan.grid_height * context.config.patch_height,
                        context.plan.grid_width * context.config.patch_width};
    const MapBuffer<Scalar> depth{context.output.depth.data(), image, 1, image.pixels()};
    stages.convolve_upsampled(stage, context.layers.depth_conv2, scratch.depth_features, depth,
                              ConvolutionUse{false, false, Activation::relu},
                              [&last = context.layers.depth_conv3, &head](
                                  const Scalar* features, Index pixels, Scalar* depths) {
                                multiply(last, 1, 0, features, pixels, last.in_features(), depths,
                                         1);
                                for (Index i = 0; i < pixels; ++i)
                                  depths[i] = finished(head, depths[i]);
                              });
  }

 private:
  template <class ModelConfig>
  static int level_of(const ModelConfig& config, Index block) noexcept {
    const auto& blocks = config.depth_head.blocks;
    const auto found = std::find(blocks.begin(), blocks.end(), block);
    return found == blocks.end() ? -1 : static_cast<int>(found - blocks.begin());
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

  template <class Scalar>
  static Scalar finished(const DepthConfig& head, Scalar value) noexcept {
    const auto scale = static_cast<Scalar>(head.max_depth);
    if (head.is_metric) return scale / (Scalar(1) + std::exp(-value));
    return std::max(value, Scalar(0)) * scale;
  }
};

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
