/// The head that gives queries their classes and masks.
#ifndef EIGENVIT_MODEL_HEADS_EOMT_HEAD_HPP
#define EIGENVIT_MODEL_HEADS_EOMT_HEAD_HPP

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include <eigenvit/core/ceil_div.hpp>
#include <eigenvit/core/task_graph.hpp>
#include <eigenvit/layers/depthwise_convolution.hpp>
#include <eigenvit/layers/layer_norm.hpp>
#include <eigenvit/layers/linear.hpp>
#include <eigenvit/layers/transposed_convolution.hpp>
#include <eigenvit/model/heads/dense_head.hpp>
#include <eigenvit/model/heads/eomt_config.hpp>
#include <eigenvit/model/layer_check.hpp>
#include <eigenvit/model/pass/map_stages.hpp>
#include <eigenvit/model/pass/token_map.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// What doubles a map: `norm(smooth(act(enlarge(x))))`.
template <class Scalar>
struct EomtEnlargement {
  TransposedConvolution<Scalar> enlarge;
  DepthwiseConvolution<Scalar> smooth;
  LayerNorm<Scalar> norm;
};

/// The layers of an `EomtHead`.
template <class Scalar>
struct EomtLayers {
  Linear<Scalar> classifier;
  std::array<Linear<Scalar>, 3> mask;  ///< of the queries
  std::vector<EomtEnlargement<Scalar>> enlargements;
};

/// From the tokens after the last block and the final norm, patches `x` and queries `q`, to
///
///     classes = q W_c,   masks = y (act(act(q W_1) W_2) W_3)ᵀ,   y = x enlarged
///
/// for maps of the patch grid, doubled a few times. The last map is smoothed, normed and multiplied
/// for some pixels at a time, so that of the largest maps only one is in memory.
///
/// Source: Kerssies et al., arXiv:2503.19108; transformers' `EomtForUniversalSegmentation`.
template <class Scalar>
class EomtHead final : public DenseHead<Scalar> {
 public:
  EomtHead(const EomtConfig& config, EomtLayers<Scalar> layers)
      : config_(config), layers_(std::move(layers)) {}

  const EomtConfig& config() const noexcept { return config_; }
  const EomtLayers<Scalar>& layers() const noexcept { return layers_; }

  void check(const VitConfig& encoder) const override {
    const std::string source = "vision transformer";
    validate(config_, encoder, ConfigCheck{source});
    const Index width = encoder.embed_dim;
    require_size("inputs of a classifier of queries", width, layers_.classifier.in_features());
    require_size("classes of queries", config_.classes + 1, layers_.classifier.out_features());
    for (const auto& layer : layers_.mask) {
      require_size("inputs of a mask layer", width, layer.in_features());
      require_size("outputs of a mask layer", width, layer.out_features());
    }
    require_size("enlargements of the patch grid", config_.enlargements,
                 static_cast<Index>(layers_.enlargements.size()));
    for (const auto& layer : layers_.enlargements) {
      require_size("inputs of an enlargement", width, layer.enlarge.in_channels());
      require_size("outputs of an enlargement", width, layer.enlarge.out_channels());
      require_size("factor of an enlargement", 2, layer.enlarge.factor());
      require_size("channels of a depthwise convolution", width, layer.smooth.channels());
      require_size("norm width", width, layer.norm.features());
    }
  }

  Index parameters() const override {
    Index count = layers_.classifier.parameters();
    for (const auto& layer : layers_.mask) count += layer.parameters();
    for (const auto& layer : layers_.enlargements) {
      count += layer.enlarge.parameters() + layer.smooth.parameters() + layer.norm.parameters();
    }
    return count;
  }

  double flops(const VitConfig& encoder, Index height, Index width) const override {
    const auto dim = static_cast<double>(encoder.embed_dim);
    const auto queries = static_cast<double>(encoder.query_tokens);
    MapSize size{height / encoder.patch_height, width / encoder.patch_width};
    double sum = 2 * queries * dim * (static_cast<double>(config_.classes + 1) + 3 * dim);
    for (const auto& layer : layers_.enlargements) {
      size = doubled(size);
      const auto places = static_cast<double>(layer.smooth.kernel() * layer.smooth.kernel());
      sum += 2 * static_cast<double>(size.pixels()) * dim * (dim + places);
    }
    return sum + 2 * static_cast<double>(size.pixels()) * dim * queries;
  }

  bool reads(Index block) const override { return block == config_.block; }

  Index scratch_values(const VitConfig& encoder, const ForwardPlan& plan) const override {
    return Maps(config_, encoder, plan, {}).memory.used();
  }

  Index late_values(const VitConfig& encoder, const ForwardPlan& plan) const override {
    return plan.images * Maps(config_, encoder, plan, {}).late.most();
  }

  /// Some pixels of the last map, and what a product of a pixel takes.
  Index worker_values(const VitConfig& encoder, const ForwardPlan&) const override {
    return pixels_at_once * kernels::spread_rows(encoder.embed_dim) + encoder.embed_dim;
  }

  DenseShape shape(const VitConfig& encoder, const ForwardPlan& plan) const override {
    const MapSize size = map_size(plan);
    return {size.height, size.width, encoder.query_tokens, config_.classes + 1};
  }

  Stage add_block(TaskGraph& graph, const DensePass<Scalar>& pass, Index, const Sequence<Scalar>& x,
                  Stage stage) const override {
    const Maps maps = maps_of(pass);
    const ForwardPlan& plan = pass.plan;
    stage = add_token_map(graph, x, stage, plan.prefix, &*pass.norm, maps.patches);
    return add_token_map(graph, x, stage, plan.prefix + plan.patches, &*pass.norm, maps.queries);
  }

  void add_stages(TaskGraph& graph, const DensePass<Scalar>& pass, Stage stage) const override {
    const Maps maps = maps_of(pass);
    MapStages<Scalar> stages(graph, pass.workers, pass.plan.images);
    const Index queries = pass.config.query_tokens;
    const Index logits = config_.classes + 1;
    const auto& [fc1, fc2, fc3] = layers_.mask;
    stage = stages.multiply(stage, layers_.classifier, maps.queries,
                            {pass.class_logits, {queries, 1}, logits, queries * logits});
    stage = stages.multiply(stage, fc1, maps.queries, maps.hidden, config_.act);
    stage = stages.multiply(stage, fc2, maps.hidden, maps.queries, config_.act);
    stage = stages.multiply(stage, fc3, maps.queries, maps.hidden);
    stage = add_packing(graph, stage, pass.plan.images, maps);

    MapBuffer<Scalar> map = maps.patches;
    for (std::size_t i = 0; i < layers_.enlargements.size(); ++i) {
      const EomtEnlargement<Scalar>& layer = layers_.enlargements[i];
      stage = stages.enlarge(stage, layer.enlarge, map, maps.enlarged[i], config_.act);
      if (i + 1 == layers_.enlargements.size()) {
        add_masks(graph, pass, stage, &layer, maps.enlarged[i], maps.panels);
        return;
      }
      map = maps.smoothed[i];
      stage = add_smoothing(graph, pass, stage, layer, maps.enlarged[i], map);
    }
    add_masks(graph, pass, stage, nullptr, map, maps.panels);
  }

 private:
  /// Pixels of a map that are smoothed and multiplied together: whole tiles of rows, and at the
  /// widths of the models no more than a cache has.
  static constexpr Index pixels_at_once = 48;
  static constexpr std::size_t most_enlargements = 6;

  /// The maps of a pass. Once one that was enlarged is smoothed, the next one has its place.
  struct Maps {
    MapMemory<Scalar> memory;      ///< of the tokens
    ReusedMapMemory<Scalar> late;  ///< of what is made of them
    MapBuffer<Scalar> patches;
    MapBuffer<Scalar> queries;
    MapBuffer<Scalar> hidden;  ///< inside of the layers of the queries
    MapBuffer<Scalar> panels;  ///< the masks' queries as the weights of a product
    std::array<MapBuffer<Scalar>, most_enlargements> enlarged;
    std::array<MapBuffer<Scalar>, most_enlargements> smoothed;  ///< but for the last one

    Maps(const EomtConfig& head, const VitConfig& encoder, const ForwardPlan& plan,
         const MapPlaces<Scalar>& places)
        : memory(plan.images, places.tokens), late(places.late, places.late_values) {
      const Index width = encoder.embed_dim;
      MapSize size{plan.grid_height, plan.grid_width};
      patches = memory.take_rows(size, width);
      queries = memory.take_rows({encoder.query_tokens, 1}, width);
      hidden = late.take_rows({encoder.query_tokens, 1}, width);
      panels = late.take({ceil_div(encoder.query_tokens, kernels::panel_width), 1},
                         kernels::panel_width * width);
      const auto count = static_cast<std::size_t>(head.enlargements);
      std::array<MapSize, most_enlargements> sizes;
      for (std::size_t i = 0; i < count; ++i) sizes[i] = size = doubled(size);
      for (std::size_t i = 0; i + 1 < count; ++i) smoothed[i] = late.take_rows(sizes[i], width);
      const Index kept = late.used();
      for (std::size_t i = 0; i < count; ++i) {
        late.go_to(kept);
        enlarged[i] = late.take(sizes[i], width);
      }
    }
  };

  Maps maps_of(const DensePass<Scalar>& pass) const {
    const Index image_values = Maps(config_, pass.config, pass.plan, {}).late.most();
    return Maps(config_, pass.config, pass.plan, {pass.scratch, pass.late, image_values});
  }

  MapSize map_size(const ForwardPlan& plan) const noexcept {
    MapSize size{plan.grid_height, plan.grid_width};
    for (Index i = 0; i < config_.enlargements; ++i) size = doubled(size);
    return size;
  }

  /// Makes panels of sixteen queries of what the layers of the queries gave.
  static Stage add_packing(TaskGraph& graph, Stage stage, Index images, const Maps& maps) {
    const auto pack = ops::panel_packer<Scalar>();
    return graph.add({images, maps.panels.size.height}, {image_of(stage)},
                     [pack, from = maps.hidden, panels = maps.panels](const Task& task) {
                       std::array<const Scalar*, kernels::panel_width> rows;
                       const Index first = task.part * kernels::panel_width;
                       // Of the last panel, what is past the queries is computed and not written.
                       for (Index i = 0; i < kernels::panel_width; ++i) {
                         rows[static_cast<std::size_t>(i)] =
                             from.row(task.image, std::min(first + i, from.size.height - 1));
                       }
                       pack(rows.data(), from.channels, panels.row(task.image, task.part));
                     });
  }

  /// Smooths and norms pixels of a row of `x`.
  static void smooth(const EomtEnlargement<Scalar>& layer, const FeatureMap<Scalar>& x, Index row,
                     Index first, Index count, Scalar* y, Index y_stride, Scalar* product) {
    layer.smooth.forward(x, row, first, count, y, y_stride, product);
    layer.norm.forward(y, count, y_stride, y, y_stride);
  }

  static Stage add_smoothing(TaskGraph& graph, const DensePass<Scalar>& pass, Stage stage,
                             const EomtEnlargement<Scalar>& layer, const MapBuffer<Scalar>& x,
                             const MapBuffer<Scalar>& y) {
    return graph.add({pass.plan.images, x.size.height, x.size.height}, {image_of(stage)},
                     [&layer, x, y, workers = pass.workers](const Task& task) {
                       smooth(layer, x.of(task.image), task.part, 0, x.size.width,
                              y.row(task.image, task.part), y.pixel_stride,
                              workers.of(task.worker));
                     });
  }

  /// The products of pixels and queries: of pixels of `x`, which `layer` smooths where it is not
  /// null.
  static void add_masks(TaskGraph& graph, const DensePass<Scalar>& pass, Stage stage,
                        const EomtEnlargement<Scalar>* layer, const MapBuffer<Scalar>& x,
                        const MapBuffer<Scalar>& panels) {
    const Index queries = pass.config.query_tokens;
    const MapBuffer<Scalar> masks{pass.maps, x.size, queries, x.size.pixels() * queries};
    graph.add({pass.plan.images, x.size.height, x.size.height}, {image_of(stage)},
              [layer, x, panels, masks, workers = pass.workers](const Task& task) {
                Scalar* const scratch = workers.of(task.worker);
                for (Index first = 0; first < x.size.width; first += pixels_at_once) {
                  kernels::GemmArguments<Scalar> product;
                  product.rows = std::min(pixels_at_once, x.size.width - first);
                  product.x = x.row(task.image, task.part) + first * x.pixel_stride;
                  product.x_stride = x.pixel_stride;
                  product.depth = x.channels;
                  if (layer != nullptr) {
                    product.x = scratch;
                    product.x_stride = kernels::spread_rows(x.channels);
                    smooth(*layer, x.of(task.image), task.part, first, product.rows, scratch,
                           product.x_stride, scratch + pixels_at_once * product.x_stride);
                  }
                  product.panels = panels.row(task.image, 0);
                  product.outputs = masks.channels;
                  product.y = masks.row(task.image, task.part) + first * masks.channels;
                  product.y_stride = masks.channels;
                  ops::gemm(product);
                }
              });
  }

  EomtConfig config_;
  EomtLayers<Scalar> layers_;
};

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
