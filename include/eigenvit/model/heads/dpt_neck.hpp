/// The part of a DPT decoder up to its head.
#ifndef EIGENVIT_MODEL_HEADS_DPT_NECK_HPP
#define EIGENVIT_MODEL_HEADS_DPT_NECK_HPP

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <vector>

#include <eigenvit/core/ceil_div.hpp>
#include <eigenvit/layers/linear.hpp>
#include <eigenvit/layers/residual_conv_unit.hpp>
#include <eigenvit/model/heads/dense_head.hpp>
#include <eigenvit/model/heads/dpt_neck_config.hpp>
#include <eigenvit/model/layer_check.hpp>
#include <eigenvit/model/pass/map_stages.hpp>
#include <eigenvit/model/pass/token_map.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// The layers of one level of a `DptNeck`.
template <class Scalar>
struct DptLevel {
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

/// Throws `ShapeError` unless a layer of maps has so many channels.
template <class Layer>
void check_map_layer(Index in, Index out, const Layer& layer) {
  require_size("inputs of a decoder's convolution", in, layer.in_channels());
  require_size("outputs of a decoder's convolution", out, layer.out_channels());
}

/// Operations of a convolution of 3 x 3 to a map of that size.
inline double convolution_flops(const MapSize& size, Index in, Index out) noexcept {
  return 2 * 9 * static_cast<double>(size.pixels()) * static_cast<double>(in * out);
}

/// Size of the patch grid of an image.
inline MapSize grid_of(const ForwardPlan& plan) noexcept {
  return {plan.grid_height, plan.grid_width};
}
inline MapSize grid_of(const VitConfig& encoder, Index height, Index width) noexcept {
  return {height / encoder.patch_height, width / encoder.patch_width};
}

/// Sizes of the maps of an image.
struct DptSizes {
  static constexpr std::size_t levels = DptNeckConfig::levels;

  std::array<MapSize, levels> made;   ///< by the levels' own layers
  std::array<MapSize, levels> fused;  ///< as they are fused
  MapSize result;                     ///< of the last of them, doubled

  DptSizes(const DptNeckConfig& neck, const MapSize& grid) {
    for (std::size_t i = levels; i-- > 0;) {
      made[i] = level_size(grid, neck.factors[i]);
      fused[i] = neck.doubles && i + 1 < levels ? doubled(fused[i + 1]) : made[i];
    }
    result = doubled(fused[0]);
  }

 private:
  static MapSize level_size(const MapSize& grid, Index factor) noexcept {
    if (factor > 0) return {grid.height * factor, grid.width * factor};
    return {ceil_div(grid.height, -factor), ceil_div(grid.width, -factor)};
  }
};

/// Where the maps of a pass are. A level's are needed until its fused map is there, which the next
/// level reads.
template <class Scalar>
struct DptScratch {
  template <class T>
  using OfLevels = std::array<T, DptNeckConfig::levels>;

  OfLevels<MapBuffer<Scalar>> sequence;   ///< CLS to patches, copied of a block, where CLS is read
  OfLevels<MapBuffer<Scalar>> tokens;     ///< the patches of these, normed where they are read so
  OfLevels<MapBuffer<Scalar>> cls;        ///< CLS, where it is read
  OfLevels<MapBuffer<Scalar>> shift;      ///< what CLS adds to each patch before the activation
  OfLevels<MapBuffer<Scalar>> read;       ///< patches after the readout
  OfLevels<MapBuffer<Scalar>> projected;  ///< as soon as a block has its tokens, without CLS
  OfLevels<MapBuffer<Scalar>> resized;
  OfLevels<MapBuffer<Scalar>> made;
  OfLevels<MapBuffer<Scalar>> maps;    ///< at the sizes at which they are fused
  OfLevels<MapBuffer<Scalar>> hidden;  ///< inside a unit
  OfLevels<MapBuffer<Scalar>> fused;

  /// Takes of `late` what is needed after the blocks; the two places of the fused maps stay taken.
  DptScratch(const DptNeckConfig& neck, const VitConfig& encoder, const ForwardPlan& plan,
             MapMemory<Scalar>& memory, ReusedMapMemory<Scalar>& late)
      : DptScratch(neck, encoder, plan, memory, late, [] {}) {}

  /// The same with what else is needed beside the maps of the levels: `take_more()` takes it of
  /// `late`, where it stays taken.
  template <class TakeMore>
  DptScratch(const DptNeckConfig& neck, const VitConfig& encoder, const ForwardPlan& plan,
             MapMemory<Scalar>& memory, ReusedMapMemory<Scalar>& late, const TakeMore& take_more) {
    const MapSize grid = grid_of(plan);
    const DptSizes sizes(neck, grid);
    const Index width = encoder.embed_dim;
    // From level to level in turns.
    std::array<MapSize, 2> largest;
    for (std::size_t i = 0; i < DptNeckConfig::levels; ++i) {
      if (sizes.fused[i].pixels() > largest[i % 2].pixels()) largest[i % 2] = sizes.fused[i];
    }
    const MapBuffer<Scalar> fused_of[2] = {late.take(largest[0], neck.channels),
                                           late.take(largest[1], neck.channels)};
    take_more();
    const Index before = late.used();
    for (std::size_t i = 0; i < DptNeckConfig::levels; ++i) {
      late.go_to(before);
      const MapSize size = sizes.fused[i];
      fused[i] = fused_of[i % 2];
      fused[i].size = size;
      maps[i] = late.take(size, neck.channels);
      const Index inside = late.used();
      if (neck.readout == Readout::ignore) {
        projected[i] = memory.take(grid, neck.level_channels[i]);
      } else {
        sequence[i] = memory.take_rows({1, plan.prefix + grid.pixels()}, width);
        cls[i] = part_of_map(sequence[i], 0, {1, 1});
        read[i] = tokens[i] = part_of_map(sequence[i], plan.prefix, grid);
        if (neck.readout == Readout::project) {
          shift[i] = late.take({1, 1}, kernels::padded_width(width));
          read[i] = late.take_rows(grid, width);
        }
        projected[i] = late.take(grid, neck.level_channels[i]);
      }
      resized[i] =
          neck.factors[i] == 1 ? projected[i] : late.take(sizes.made[i], neck.level_channels[i]);
      made[i] = sizes.made[i] == size ? maps[i] : late.take(sizes.made[i], neck.channels);
      late.go_to(inside);
      hidden[i] = late.take(size, neck.channels);
    }
    late.go_to(before);
  }

 private:
  /// The pixels of a map from `first` on, as a map of another size.
  static MapBuffer<Scalar> part_of_map(const MapBuffer<Scalar>& map, Index first,
                                       const MapSize& size) noexcept {
    Scalar* const data = map.data == nullptr ? nullptr : map.data + first * map.pixel_stride;
    return {data, size, map.channels, map.image_stride, map.pixel_stride};
  }
};

/// From the patches after four blocks to one map of features:
///
///     r_i = norm(x_i), and what the configuration makes of it and of CLS
///     m_i = resize_i(proj_i(r_i))                   maps of 4, 2, 1 and 1/2 times the grid
///     f_i = conv_i(m_i)
///     y_4 = f_4,   y_i = unit1(f_i) + enlarged(y_i+1)
///     y_i = proj(unit2(y_i))                        then enlarged to the next level's size
///
/// A 1 x 1 convolution and the bilinear enlargement before it change places, which is the same
/// sum: it then reads a quarter of the pixels. A head reads `y_1`, which it enlarges.
///
/// Source: Ranftl et al., arXiv:2103.13413; transformers' `DPTNeck`.
template <class Scalar>
class DptNeck {
 public:
  static constexpr std::size_t levels = DptNeckConfig::levels;
  using Scratch = DptScratch<Scalar>;

  /// Keeps references: the head that has both outlives the neck and what it adds to a graph.
  DptNeck(const DptNeckConfig& config, const std::vector<DptLevel<Scalar>>& levels_of)
      : config_(config), levels_(levels_of) {}

  /// Throws `ShapeError` unless the layers fit the configuration, which is valid.
  void check(const VitConfig& encoder) const {
    require_size("levels of a decoder", DptNeckConfig::levels, static_cast<Index>(levels_.size()));
    for (std::size_t i = 0; i < levels; ++i) {
      const auto& level = levels_[i];
      const Index channels = config_.level_channels[i];
      require_size("inputs of a level", encoder.embed_dim, level.projection.in_features());
      require_size("channels of a level", channels, level.projection.out_features());
      require_part("transposed convolution of a level", config_.factors[i] > 1,
                   level.enlarge.has_value());
      require_part("reduction of a level", config_.factors[i] < 0, level.reduce.has_value());
      if (level.enlarge) check_map_layer(channels, channels, *level.enlarge);
      if (level.reduce) check_map_layer(channels, channels, *level.reduce);
      check_map_layer(channels, config_.channels, level.conv);
      for (const auto* const unit : {&level.unit1, &level.unit2}) {
        if (unit == &level.unit1 && i + 1 == levels) continue;
        check_map_layer(config_.channels, config_.channels, unit->conv1);
        check_map_layer(config_.channels, config_.channels, unit->conv2);
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
  }

  /// As a checkpoint has them: of each batch norm two vectors, of which the convolution before it,
  /// where it has no bias, has one.
  Index parameters() const noexcept {
    constexpr Index convolutions = 2 * (2 * Index{DptNeckConfig::levels} - 1);
    Index count = 0;
    if (config_.batch_norm) count += convolutions * config_.channels * (config_.unit_bias ? 2 : 1);
    for (const auto& level : levels_) count += level.parameters();
    return count;
  }

  /// As `DenseHead::flops`.
  double flops(const VitConfig& encoder, const MapSize& grid) const {
    const DptSizes sizes(config_, grid);
    const auto width = static_cast<double>(encoder.embed_dim);
    double sum = 0;
    for (std::size_t i = 0; i < levels; ++i) {
      const Index channels = config_.level_channels[i];
      const Index factor = config_.factors[i];
      const auto made = static_cast<double>(sizes.made[i].pixels());
      if (config_.readout == Readout::project) {
        sum += 2 * static_cast<double>(grid.pixels() + 1) * width * width;
      }
      sum += 2 * static_cast<double>(grid.pixels()) * width * static_cast<double>(channels);
      if (factor > 1) sum += 2 * made * static_cast<double>(channels * channels);
      if (factor < 0) sum += convolution_flops(sizes.made[i], channels, channels);
      const double convolutions = i + 1 < levels ? 4 : 2;
      sum += convolution_flops(sizes.made[i], channels, config_.channels) +
             convolutions * convolution_flops(sizes.fused[i], config_.channels, config_.channels) +
             2 * static_cast<double>(sizes.fused[i].pixels()) *
                 static_cast<double>(config_.channels * config_.channels);
    }
    return sum;
  }

  bool reads(Index block) const { return level_of(block) < levels; }

  /// Values of a worker's scratch.
  Index worker_values(const VitConfig& encoder) const noexcept {
    Index widest = config_.channels;
    for (const Index channels : config_.level_channels) widest = std::max(widest, channels);
    return std::max(MapStages<Scalar>::convolution_scratch(9 * widest),
                    rows_at_once * kernels::spread_rows(encoder.embed_dim));
  }

  /// Projects the patches for their level, which are fewer numbers to keep; where CLS is read too,
  /// copies both.
  Stage add_block(TaskGraph& graph, const DensePass<Scalar>& pass, Index block,
                  const Sequence<Scalar>& x, Stage stage, const Scratch& scratch) const {
    const std::size_t i = level_of(block);
    const LayerNorm<Scalar>* const norm = config_.normed_tokens ? &*pass.norm : nullptr;
    if (config_.readout != Readout::ignore) {
      return add_token_map(graph, x, stage, 0, norm, scratch.sequence[i]);
    }
    return graph.add(x.cut(), {part_of(stage)},
                     [x, first = pass.plan.prefix, norm, &layer = levels_[i].projection,
                      map = scratch.projected[i], workers = pass.workers](const Task& task) {
                       project(x, task, first, norm, layer, map, workers.of(task.worker));
                     });
  }

  /// Adds the rest up to `scratch.fused[0]`, which the returned stage gives.
  Stage add_stages(TaskGraph& graph, MapStages<Scalar>& stages, const ForwardPlan& plan,
                   Stage stage, const Scratch& scratch) const {
    const auto nothing = [](std::size_t, Stage given) { return given; };
    return add_stages(graph, stages, plan, stage, scratch, nothing, nothing);
  }

  /// The same with stages of a head between them: `add_to_map(i, stage)` once level i's map `f_i`
  /// is in `scratch.maps[i]`, `add_to_fused(i, stage)` once `y_i`, before it is enlarged, is in
  /// `scratch.fused[i]`. Each returns the last stage. Level i - 1 overwrites the one, level i - 2
  /// the other.
  template <class AddToMap, class AddToFused>
  Stage add_stages(TaskGraph& graph, MapStages<Scalar>& stages, const ForwardPlan& plan,
                   Stage stage, const Scratch& scratch, const AddToMap& add_to_map,
                   const AddToFused& add_to_fused) const {
    for (std::size_t i = levels; i-- > 0;) {
      const auto& level = levels_[i];
      const auto &map = scratch.maps[i], &hidden = scratch.hidden[i];
      if (config_.readout != Readout::ignore) {
        stage = add_readout(graph, level, stage, plan, scratch, i);
        stage = stages.multiply(stage, level.projection, scratch.read[i], scratch.projected[i]);
      }
      if (level.enlarge) {
        stage = stages.enlarge(stage, *level.enlarge, scratch.projected[i], scratch.resized[i]);
      } else if (level.reduce) {
        stage = stages.convolve(stage, *level.reduce, scratch.projected[i], scratch.resized[i]);
      }
      stage = stages.convolve(stage, level.conv, scratch.resized[i], scratch.made[i]);
      if (!(scratch.made[i].size == map.size)) {
        stage = stages.resize(stage, scratch.made[i], map);
      }
      stage = add_to_map(i, stage);
      const auto add_unit = [&](const ResidualConvUnit<Scalar>& unit) {
        stage = stages.convolve(stage, unit.conv1, map, hidden, {true, false, Activation::relu});
        stage = stages.convolve(stage, unit.conv2, hidden, map, {false, true});
      };
      if (i + 1 < levels) {
        add_unit(level.unit1);
        stage = stages.add_upsampled(stage, scratch.fused[i + 1], map);
      }
      add_unit(level.unit2);
      stage = stages.multiply(stage, level.fusion, map, scratch.fused[i]);
      stage = add_to_fused(i, stage);
    }
    return stage;
  }

 private:
  /// Tokens that are normed and projected together: those of a part of usual size.
  static constexpr Index rows_at_once = RowParts::usual_rows;

  /// Projects those of a task's tokens that are patches, of which token `first` is the first.
  static void project(const Sequence<Scalar>& x, const Task& task, Index first,
                      const LayerNorm<Scalar>* norm, const Linear<Scalar>& layer,
                      const MapBuffer<Scalar>& map, Scalar* scratch) {
    const Rows r = x.rows(task);
    const Index end = std::min(r.first + r.count, first + map.size.pixels());
    LayerShare<Scalar> weights(layer);
    for (Index i = std::max(r.first, first); i < end; i += rows_at_once) {
      const Index count = std::min(rows_at_once, end - i);
      const Scalar* tokens = x.stream_row(r.row + i - r.first);
      Index stride = x.width;
      if (norm) {
        stride = kernels::spread_rows(x.width);
        norm->forward(tokens, count, x.width, scratch, stride);
        tokens = scratch;
      }
      weights.multiply(tokens, count, stride, map.row(task.image, 0) + (i - first) * map.channels,
                       map.channels);
    }
  }

  /// Adds what the level makes of its patches and CLS.
  Stage add_readout(TaskGraph& graph, const DptLevel<Scalar>& level, Stage stage,
                    const ForwardPlan& plan, const DptScratch<Scalar>& scratch,
                    std::size_t i) const {
    const auto &tokens = scratch.tokens[i], &cls = scratch.cls[i], &shift = scratch.shift[i],
               &read = scratch.read[i];
    if (config_.readout == Readout::add) {
      return graph.add({plan.images}, {image_of(stage)}, [tokens, cls](const Task& task) {
        for (Index pixel = 0; pixel < tokens.size.pixels(); ++pixel) {
          ops::add_row(cls.row(task.image, 0), cls.channels,
                       tokens.row(task.image, 0) + pixel * tokens.pixel_stride);
        }
      });
    }
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
                       product.x_stride = tokens.pixel_stride;
                       // The same for all patches of the image, as a bias is.
                       product.bias = shift.row(task.image, 0);
                       product.y = read.row(task.image, task.part);
                       product.y_stride = read.pixel_stride;
                       product.activation = act;
                       ops::gemm(product);
                     });
  }

  /// Past the last level where it reads none after that block.
  std::size_t level_of(Index block) const noexcept {
    return static_cast<std::size_t>(std::find(config_.blocks.begin(), config_.blocks.end(), block) -
                                    config_.blocks.begin());
  }

  const DptNeckConfig& config_;
  const std::vector<DptLevel<Scalar>>& levels_;
};

/// Adds the map that the last convolution of a depth head reads: `conv1` of the neck's map
/// enlarged, or of what the projection makes of that, where there is one.
template <class Scalar>
Stage add_depth_features(MapStages<Scalar>& stages, Stage stage, const MapBuffer<Scalar>& fused,
                         const std::optional<Convolution<Scalar>>& projection,
                         const MapBuffer<Scalar>& projected, const Convolution<Scalar>& conv1,
                         const MapBuffer<Scalar>& features) {
  if (!projection) return stages.convolve_upsampled(stage, conv1, fused, features);
  stage = stages.convolve_upsampled(stage, *projection, fused, projected,
                                    {false, false, Activation::relu});
  return stages.convolve(stage, conv1, projected, features);
}

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
