/// ZoeDepth's head, which estimates depth in metres.
#ifndef EIGENVIT_MODEL_HEADS_ZOE_DEPTH_HEAD_HPP
#define EIGENVIT_MODEL_HEADS_ZOE_DEPTH_HEAD_HPP

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <utility>

#include <eigenvit/model/heads/dpt_head.hpp>
#include <eigenvit/model/heads/zoe_depth_bins.hpp>
#include <eigenvit/model/heads/zoe_depth_layers.hpp>
#include <eigenvit/model/heads/zoe_depth_router.hpp>
#include <eigenvit/model/heads/zoe_depth_scratch.hpp>
#include <eigenvit/model/heads/zoe_depth_steps.hpp>
#include <eigenvit/model/pass/map_stages.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// From the patches after four blocks to a map of depths in metres, by the maps `f_4` and `y_i` of
/// a `DptNeck`. Each pixel has centres of bins `c` and an embedding `e` of them, which become finer
/// from map to map:
///
///     x = W f_4 + b,   c = seed(x),   e = seed_projector(x)
///     e' = projector_i(enlarged(y_i)),   a = attractors_i(e' + enlarged(e)),
///     c = attract(enlarged(c), a),   e = e'                                     i = 4, 3, 2, 1
///     z = relu(conv2(enlarged(conv1(p(enlarged(y_1))))))                p: none, or a convolution
///     depth = expected(last([z; relative depth; enlarged(e)]), enlarged(c))
///
/// With one domain the last layers read the relative depth `relu(W z + b)`. With two there are
/// layers of each for the bins and the last step, and `ZoeDepthRouter` chooses by `x`: for each
/// image, where transformers chooses once for a batch. A linear layer of an enlarged map is one of
/// the map before, which is the same sum.
///
/// Source: Bhat et al., arXiv:2302.12288; transformers' `ZoeDepthForDepthEstimation`.
template <class Scalar>
class ZoeDepthHead final
    : public DptHead<Scalar, ZoeDepthConfig, ZoeDepthLayers<Scalar>, ZoeDepthScratch<Scalar>> {
  using Base = DptHead<Scalar, ZoeDepthConfig, ZoeDepthLayers<Scalar>, ZoeDepthScratch<Scalar>>;
  using Base::config_;
  using Base::layers_;
  using Base::neck;

 public:
  ZoeDepthHead(const ZoeDepthConfig& config, ZoeDepthLayers<Scalar> layers)
      : Base(config, std::move(layers)) {}

  void check(const VitConfig& encoder) const override {
    const std::string source = "vision transformer";
    validate(config_, encoder, ConfigCheck{source});
    neck().check(encoder);
    layers_.check(config_);
  }

  Index parameters() const override { return neck().parameters() + layers_.parameters(); }

  double flops(const VitConfig& encoder, Index height, Index width) const override;

  Index worker_values(const VitConfig& encoder, const ForwardPlan& plan) const override {
    const ZoeDepthSizes sizes(config_, grid_of(plan));
    const Index convolution = neck().worker_values(encoder) +
                              Stages::band_scratch(sizes.result.width, config_.relative_channels) +
                              ZoeLastScratch<Scalar>(config_, nullptr).values;
    const Index values = std::max(
        {convolution, ZoeStepScratch<Scalar>(config_, nullptr).values,
         zoe_pixels_at_once * std::max(config_.seed_hidden(), config_.projector_hidden())});
    return config_.has_router() ? std::max(values, ZoeDepthRouter<Scalar>::worker_values(config_))
                                : values;
  }

  /// Where there are two domains, their logits are those of the one map's classes.
  DenseShape shape(const VitConfig&, const ForwardPlan& plan) const override {
    const MapSize size = ZoeDepthSizes(config_, grid_of(plan)).result;
    return {size.height, size.width, 1,
            config_.has_router() ? static_cast<Index>(ZoeDepthConfig::most_domains) : 0};
  }

  void add_stages(TaskGraph& graph, const DensePass<Scalar>& pass, Stage stage) const override {
    const Scratch scratch = this->scratch_of(pass);
    const Index images = pass.plan.images;
    Stages stages(graph, pass.workers, images);
    const MapBuffer<Scalar> logits = logits_of(pass);
    const auto add_first_bins = [&](std::size_t level, Stage map) {
      if (level + 1 < levels) return map;
      map = stages.multiply(map, layers_.bottleneck, scratch.neck.maps[level], scratch.bottleneck);
      if (layers_.router) {
        map = ZoeDepthRouter<Scalar>(*layers_.router, graph, pass.workers, images)
                  .add_stages(map, scratch.bottleneck, *scratch.router, logits);
      }
      return add_seed(graph, pass, map, scratch, logits);
    };
    const auto add_step = [&](std::size_t level, Stage fused) {
      const std::size_t step = levels - 1 - level;
      fused = stages.multiply(fused, layers_.projectors[step].first, scratch.neck.fused[level],
                              scratch.projected[step]);
      return add_level(graph, pass, fused, scratch, logits, step);
    };
    stage =
        neck().add_stages(graph, stages, pass.plan, stage, scratch.neck, add_first_bins, add_step);
    stage = add_depth_features(stages, stage, scratch.neck.fused[0], layers_.projection,
                               scratch.projected_features, layers_.conv1, scratch.features);
    add_last(stages, pass, stage, scratch, logits);
  }

 private:
  using Scratch = ZoeDepthScratch<Scalar>;
  using Stages = MapStages<Scalar>;

  static constexpr std::size_t levels = ZoeDepthConfig::levels;

  static MapBuffer<Scalar> logits_of(const DensePass<Scalar>& pass) noexcept {
    return {pass.class_logits, {1, 1}, pass.shape.classes, pass.shape.classes};
  }

  /// The domain of an image, once its logits are there.
  static std::size_t domain_of(const MapBuffer<Scalar>& logits, Index image) noexcept {
    if (logits.channels == 0) return 0;
    const Scalar* const values = logits.row(image, 0);
    return values[1] > values[0] ? 1 : 0;
  }

  /// Adds the first bins and their embeddings.
  Stage add_seed(TaskGraph& graph, const DensePass<Scalar>& pass, Stage stage,
                 const Scratch& scratch, const MapBuffer<Scalar>& logits) const {
    const auto &x = scratch.bottleneck, &embedding = scratch.embeddings[0], &bins = scratch.bins[0];
    const Index parts = Stages::tasks_of(x.size.height, layers_.seed_projector.first);
    return graph.add(
        {pass.plan.images, parts, x.size.height}, {image_of(stage)},
        [this, x, embedding, bins, logits, workers = pass.workers, parts](const Task& task) {
          const std::size_t domain = domain_of(logits, task.image);
          PixelMlpShare<Scalar> projector(layers_.seed_projector);
          PixelMlpShare<Scalar> seed(layers_.domains[domain].seed);
          Scalar* const hidden = workers.of(task.worker);
          const Index end = x.size.height * (task.part + 1) / parts * x.size.width;
          Index first = x.size.height * task.part / parts * x.size.width;
          for (; first < end; first += zoe_pixels_at_once) {
            const Index count = std::min(zoe_pixels_at_once, end - first);
            const auto at = [&](const MapBuffer<Scalar>& map) {
              return map.row(task.image, 0) + first * map.channels;
            };
            projector.multiply(at(x), count, hidden, at(embedding), embedding.channels);
            seed.multiply(at(x), count, hidden, at(bins), bins.channels);
            for (Index i = 0; i < count; ++i) {
              seed_bins(config_.bounded_bins, config_.domains[domain],
                        at(bins) + i * bins.channels);
            }
          }
        });
  }

  /// Adds the bins at the pixels of the map of a step, and their embeddings.
  Stage add_level(TaskGraph& graph, const DensePass<Scalar>& pass, Stage stage,
                  const Scratch& scratch, const MapBuffer<Scalar>& logits, std::size_t step) const {
    const ZoeStepMaps<Scalar> maps{scratch.projected[step], scratch.embeddings[step],
                                   scratch.bins[step], scratch.embeddings[step + 1],
                                   scratch.bins[step + 1]};
    const Index rows = maps.bins.size.height;
    const Index parts = Stages::tasks_of(rows, layers_.projectors[step].second);
    return graph.add(
        {pass.plan.images, parts, rows}, {image_of(stage)},
        [this, maps, logits, step, workers = pass.workers, rows, parts](const Task& task) {
          ZoeStep<Scalar> worker(config_, layers_, step, domain_of(logits, task.image),
                                 workers.of(task.worker));
          const Index end = rows * (task.part + 1) / parts;
          for (Index row = rows * task.part / parts; row < end; ++row) {
            worker.refine(maps, task.image, row);
          }
        });
  }

  void add_last(MapStages<Scalar>& stages, const DensePass<Scalar>& pass, Stage stage,
                const Scratch& scratch, const MapBuffer<Scalar>& logits) const {
    const MapSize size{pass.shape.height, pass.shape.width};
    const MapBuffer<Scalar> depth{pass.maps, size, 1, size.pixels()};
    stages.convolve_upsampled(
        stage, layers_.conv2, scratch.features, depth,
        ConvolutionUse{false, false, Activation::relu},
        [this, logits, embeddings = scratch.embeddings.back(), bins = scratch.bins.back()](
            const MapBand& band, const Scalar* features, Scalar* depths, Scalar* place) {
          const Index width = 2 * bins.size.width;
          const MapSize enlarged{2 * bins.size.height, width};
          ZoeLastStep<Scalar> worker(config_, layers_, domain_of(logits, band.image), place);
          for (Index i = 0; i < band.pixels; i += width) {
            const Index row = band.row + i / width;
            worker.finish(UpsampledRow<Scalar>(embeddings.of(band.image), enlarged, row),
                          UpsampledRow<Scalar>(bins.of(band.image), enlarged, row), width,
                          features + i * config_.relative_channels, depths + i);
          }
        });
  }
};

template <class Scalar>
double ZoeDepthHead<Scalar>::flops(const VitConfig& encoder, Index height, Index width) const {
  const MapSize grid = grid_of(encoder, height, width);
  const ZoeDepthSizes sizes(config_, grid);
  const Index channels = config_.neck.channels;
  const auto of = [](const MapSize& size, Index values) {
    return 2 * static_cast<double>(size.pixels()) * static_cast<double>(values);
  };
  double sum = neck().flops(encoder, grid);
  if (config_.add_projection) sum += convolution_flops(sizes.enlarged[0], channels, channels);
  sum += convolution_flops(sizes.enlarged[0], channels, channels / 2) +
         convolution_flops(sizes.result, channels / 2, config_.relative_channels);
  const auto& domain = layers_.domains.front();
  sum += of(sizes.neck.fused.back(),
            channels * (channels + config_.seed_hidden() + config_.projector_hidden()) +
                config_.seed_hidden() * config_.most_bins() +
                config_.projector_hidden() * config_.embedding);
  for (std::size_t step = 0; step < levels; ++step) {
    const std::size_t i = levels - 1 - step;
    sum += of(sizes.neck.fused[i], channels * config_.projector_hidden()) +
           of(sizes.enlarged[i],
              config_.embedding * (config_.projector_hidden() + config_.embedding) +
                  config_.embedding * domain.attractors[step].second.out_features());
  }
  sum += of(sizes.enlarged[0], config_.embedding * config_.last_hidden()) +
         of(sizes.result, config_.last_hidden() * (config_.last_features() + 4));
  if (layers_.relative_depth) sum += of(sizes.result, config_.relative_channels);
  if (config_.has_router()) {
    sum += ZoeDepthRouter<Scalar>::flops(config_, sizes.neck.fused.back());
  }
  return sum;
}

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
