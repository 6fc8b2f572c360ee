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

  std::optional<Linear<Scalar>> readout_patch;  ///< `W [x; cls] + b` as one part of each
  std::optional<Linear<Scalar>> readout_cls;    ///< with the bias

  Index parameters() const noexcept {
    return (readout_patch ? readout_patch->parameters() + readout_cls->parameters() : 0) +
           projection.parameters() + (enlarge ? enlarge->parameters() : 0) +
           (reduce ? reduce->parameters() : 0) + conv.parameters() + unit1.parameters() +
           unit2.parameters() + fusion.parameters();
  }
};

template <class Scalar>
struct DepthLayers {
  std::vector<DepthLevel<Scalar>> levels;
  std::optional<Convolution<Scalar>> projection;
  Convolution<Scalar> conv1;
  Convolution<Scalar> conv2;
  Linear<Scalar> conv3;
};

/// From the patches after four blocks to a map of depths, one for each pixel of the patch grid's
/// image:
///
///     r_i = norm(x_i), and what the configuration makes of it and of CLS
///     m_i = resize_i(proj_i(r_i))                   maps of 4, 2, 1 and 1/2 times the grid
///     f_i = conv_i(m_i)
///     y_4 = f_4,   y_i = unit1(f_i) + enlarged(y_i+1)
///     y_i = proj(unit2(y_i))                        then enlarged to the next level's size
///     depth = act(conv3(relu(conv2(enlarged(conv1(p(enlarged(y_1))))))))    p: none, or a
///     convolution
///
/// A 1 x 1 convolution and the bilinear enlargement before it change places, which is the same
/// sum: it then reads a quarter of the pixels.
///
/// Source: Yang et al., arXiv:2401.10891; Ranftl et al., arXiv:2103.13413; transformers'
/// `DepthAnythingForDepthEstimation` and `DPTForDepthEstimation`.
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
      const bool projects = config_.readout == Readout::project;
      require_part("readout of patches", projects, level.readout_patch.has_value());
      require_part("readout of the class token", projects, level.readout_cls.has_value());
      for (const auto* const part : {&level.readout_patch, &level.readout_cls}) {
        if (!*part) continue;
        require_size("inputs of a readout", encoder.embed_dim, (*part)->in_features());
        require_size("outputs of a readout", encoder.embed_dim, (*part)->out_features());
      }
      require_size("inputs of a fusion", config_.channels, level.fusion.in_features());
      require_size("outputs of a fusion", config_.channels, level.fusion.out_features());
    }
    require_part("projection of a depth head", config_.add_projection,
                 layers_.projection.has_value());
    if (layers_.projection) check_map(config_.channels, config_.channels, *layers_.projection);
    check_map(config_.channels, config_.channels / 2, layers_.conv1);
    check_map(config_.channels / 2, config_.head_channels, layers_.conv2);
    require_size("inputs of a depth", config_.head_channels, layers_.conv3.in_features());
    require_size("values of a depth", 1, layers_.conv3.out_features());
  }

  Index parameters() const override {
    Index count =
        layers_.conv1.parameters() + layers_.conv2.parameters() + layers_.conv3.parameters();
    if (layers_.projection) count += layers_.projection->parameters();
    for (const auto& level : layers_.levels) count += level.parameters();
    return count;
  }

  Index flops(const VitConfig& encoder, Index height, Index width) const override {
    const MapSize grid{height / encoder.patch_height, width / encoder.patch_width};
    const auto conv = [](const MapSize& size, Index in, Index out) {
      return 2 * 9 * size.pixels() * in * out;
    };
    const Sizes sizes(config_, encoder, grid);
    Index sum = 0;
    for (std::size_t i = 0; i < levels; ++i) {
      const Index channels = config_.level_channels[i];
      const Index factor = config_.factors[i];
      const MapSize& made = sizes.levels_made[i];
      const MapSize& size = sizes.levels_fused[i];
      if (config_.readout == Readout::project) {
        sum += 2 * (grid.pixels() + 1) * encoder.embed_dim * encoder.embed_dim;
      }
      const Index convolutions = i + 1 < levels ? 4 : 2;
      sum += 2 * grid.pixels() * encoder.embed_dim * channels;
      if (factor > 1) sum += 2 * made.pixels() * channels * channels;
      if (factor < 0) sum += conv(made, channels, channels);
      sum += conv(made, channels, config_.channels) +
             convolutions * conv(size, config_.channels, config_.channels) +
             2 * size.pixels() * config_.channels * config_.channels;
    }
    if (config_.add_projection) sum += conv(sizes.features, config_.channels, config_.channels);
    return sum + conv(sizes.features, config_.channels, config_.channels / 2) +
           conv(sizes.result, config_.channels / 2, config_.head_channels) +
           2 * sizes.result.pixels() * config_.head_channels;
  }

  bool reads(Index block) const override { return level_of(block) < levels; }

  Index scratch_values(const VitConfig& encoder, const ForwardPlan& plan) const override {
    return Scratch(config_, encoder, plan, nullptr).values;
  }

  Index worker_values(const VitConfig& encoder, const ForwardPlan& plan) const override {
    Index widest = config_.channels;
    for (const Index channels : config_.level_channels) widest = std::max(widest, channels);
    const Sizes sizes(config_, encoder, grid_of(plan));
    const Index features = config_.add_projection ? config_.channels : config_.channels / 2;
    using Stages = MapStages<Scalar>;
    return Stages::window_scratch(9 * widest) +
           std::max(Stages::band_scratch(sizes.features.width, config_.channels, features),
                    Stages::band_scratch(sizes.result.width, config_.channels / 2,
                                         config_.head_channels));
  }

  void prepare(const VitConfig& encoder, const ForwardPlan& plan,
               DenseOutput<Scalar>& output) const override {
    const MapSize size = Sizes(config_, encoder, grid_of(plan)).result;
    output.resize(plan.images, size.height, size.width, 1);
  }

  /// Copies the patches, and CLS where it is read, for their level.
  Stage add_block(TaskGraph& graph, const DensePass<Scalar>& pass, Index block,
                  const Sequence<Scalar>& x, Stage stage) const override {
    const Scratch scratch(config_, pass.config, pass.plan, pass.scratch);
    const auto level = static_cast<std::size_t>(level_of(block));
    const LayerNorm<Scalar>* const norm = config_.normed_tokens ? &*pass.norm : nullptr;
    if (config_.readout != Readout::ignore) {
      stage = add_token_map(graph, x, stage, 0, norm, scratch.cls[level]);
    }
    return add_token_map(graph, x, stage, pass.plan.prefix, norm, scratch.tokens[level]);
  }

  void add_stages(TaskGraph& graph, const DensePass<Scalar>& pass, Stage stage) const override {
    const Scratch scratch(config_, pass.config, pass.plan, pass.scratch);
    MapStages<Scalar> stages(graph, pass.workers, pass.plan.images);
    for (std::size_t i = 0; i < levels; ++i) {
      const auto& level = layers_.levels[i];
      stage = add_readout(graph, level, stage, pass.plan, scratch, i);
      stage = stages.multiply(stage, level.projection, scratch.read[i], scratch.projected[i]);
      if (level.enlarge) {
        stage = stages.enlarge(stage, *level.enlarge, scratch.projected[i], scratch.resized[i]);
      } else if (level.reduce) {
        stage = stages.convolve(stage, *level.reduce, scratch.projected[i], scratch.resized[i]);
      }
      stage = stages.convolve(stage, level.conv, scratch.resized[i], scratch.made[i]);
      if (!(scratch.made[i].size == scratch.maps[i].size)) {
        stage = stages.resize(stage, scratch.made[i], scratch.maps[i]);
      }
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
    if (layers_.projection) {
      stage =
          stages.convolve_upsampled(stage, *layers_.projection, scratch.fused[0],
                                    scratch.projected_features, {false, false, Activation::relu});
      stage = stages.convolve(stage, layers_.conv1, scratch.projected_features, scratch.features);
    } else {
      stage = stages.convolve_upsampled(stage, layers_.conv1, scratch.fused[0], scratch.features);
    }
    const MapSize size = Sizes(config_, pass.config, grid_of(pass.plan)).result;
    const MapBuffer<Scalar> depth{pass.output.maps.data(), size, 1, size.pixels()};
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

  /// Of the maps of an image.
  struct Sizes {
    OfLevels<MapSize> levels_made;   ///< by the levels' own layers
    OfLevels<MapSize> levels_fused;  ///< as they are fused
    MapSize features;                ///< of the maps between the last convolutions
    MapSize result;

    Sizes(const DepthConfig& head, const VitConfig& encoder, const MapSize& grid) {
      for (std::size_t i = levels; i-- > 0;) {
        levels_made[i] = level_size(grid, head.factors[i]);
        levels_fused[i] =
            head.doubles && i + 1 < levels ? doubled(levels_fused[i + 1]) : levels_made[i];
      }
      features = doubled(levels_fused[0]);
      result = head.doubles
                   ? doubled(features)
                   : MapSize{grid.height * encoder.patch_height, grid.width * encoder.patch_width};
    }
  };

  /// Where the maps of a pass are.
  struct Scratch {
    OfLevels<MapBuffer<Scalar>> tokens;  ///< patches, normed where the head reads them so
    OfLevels<MapBuffer<Scalar>> cls;     ///< CLS, where it is read
    OfLevels<MapBuffer<Scalar>> shift;   ///< what CLS adds to each patch before the activation
    OfLevels<MapBuffer<Scalar>> read;    ///< patches after the readout
    OfLevels<MapBuffer<Scalar>> projected;
    OfLevels<MapBuffer<Scalar>> resized;
    OfLevels<MapBuffer<Scalar>> made;
    OfLevels<MapBuffer<Scalar>> maps;  ///< at the sizes at which they are fused
    OfLevels<MapBuffer<Scalar>> fused;
    MapBuffer<Scalar> hidden;  ///< inside a unit, of the largest level
    MapBuffer<Scalar> projected_features;
    MapBuffer<Scalar> features;
    Index values = 0;  ///< of all

    Scratch(const DepthConfig& head, const VitConfig& encoder, const ForwardPlan& plan,
            Scalar* memory) {
      MapMemory<Scalar> maps_of(plan.images, memory);
      const MapSize grid = grid_of(plan);
      const Sizes sizes(head, encoder, grid);
      const Index width = encoder.embed_dim;
      MapSize largest;
      for (std::size_t i = 0; i < levels; ++i) {
        const MapSize size = sizes.levels_fused[i];
        if (size.pixels() > largest.pixels()) largest = size;
        tokens[i] = read[i] = maps_of.take(grid, width);
        if (head.readout != Readout::ignore) cls[i] = maps_of.take({1, 1}, width);
        if (head.readout == Readout::project) {
          shift[i] = maps_of.take({1, 1}, kernels::padded_width(width));
          read[i] = maps_of.take(grid, width);
        }
        projected[i] = maps_of.take(grid, head.level_channels[i]);
        resized[i] = head.factors[i] == 1
                         ? projected[i]
                         : maps_of.take(sizes.levels_made[i], head.level_channels[i]);
        made[i] = maps[i] = maps_of.take(size, head.channels);
        if (!(sizes.levels_made[i] == size)) {
          made[i] = maps_of.take(sizes.levels_made[i], head.channels);
        }
        fused[i] = maps_of.take(size, head.channels);
      }
      hidden = maps_of.take(largest, head.channels);
      if (head.add_projection) projected_features = maps_of.take(sizes.features, head.channels);
      features = maps_of.take(sizes.features, head.channels / 2);
      values = maps_of.used();
    }
  };

  /// Adds what the level makes of its patches and CLS.
  Stage add_readout(TaskGraph& graph, const DepthLevel<Scalar>& level, Stage stage,
                    const ForwardPlan& plan, const Scratch& scratch, std::size_t i) const {
    const auto &tokens = scratch.tokens[i], &cls = scratch.cls[i], &shift = scratch.shift[i],
               &read = scratch.read[i];
    if (config_.readout == Readout::add) {
      return graph.add({plan.images}, {image_of(stage)}, [tokens, cls](const Task& task) {
        for (Index pixel = 0; pixel < tokens.size.pixels(); ++pixel) {
          ops::add_row(cls.row(task.image, 0), cls.channels,
                       tokens.row(task.image, 0) + pixel * tokens.channels);
        }
      });
    }
    if (config_.readout == Readout::ignore) return stage;
    stage = graph.add({plan.images}, {image_of(stage)}, [&level, cls, shift](const Task& task) {
      std::fill_n(shift.row(task.image, 0), shift.channels, Scalar(0));
      multiply(*level.readout_cls, 1, 0, cls.row(task.image, 0), 1, cls.channels,
               shift.row(task.image, 0), shift.channels);
    });
    return graph.add({plan.images, tokens.size.height, tokens.size.height}, {image_of(stage)},
                     [&level, tokens, shift, read, act = config_.readout_act](const Task& task) {
                       const Linear<Scalar>& layer = *level.readout_patch;
                       auto product = layer.share(0, layer.weight().panels());
                       product.x = tokens.row(task.image, task.part);
                       product.rows = tokens.size.width;
                       product.x_stride = tokens.channels;
                       // The same for all patches of the image, as a bias is.
                       product.bias = shift.row(task.image, 0);
                       product.y = read.row(task.image, task.part);
                       product.y_stride = read.channels;
                       product.activation = act;
                       ops::gemm(product);
                     });
  }

  /// Past the last level where it reads none after that block.
  Index level_of(Index block) const noexcept {
    return std::find(config_.blocks.begin(), config_.blocks.end(), block) - config_.blocks.begin();
  }

  static MapSize grid_of(const ForwardPlan& plan) noexcept {
    return {plan.grid_height, plan.grid_width};
  }

  static MapSize doubled(const MapSize& size) noexcept { return {2 * size.height, 2 * size.width}; }

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
