/// The head that segments with a DPT decoder.
#ifndef EIGENVIT_MODEL_HEADS_DPT_SEGMENTATION_HEAD_HPP
#define EIGENVIT_MODEL_HEADS_DPT_SEGMENTATION_HEAD_HPP

#include <string>
#include <utility>
#include <vector>

#include <eigenvit/layers/linear.hpp>
#include <eigenvit/model/heads/dpt_head.hpp>
#include <eigenvit/model/heads/dpt_segmentation_config.hpp>
#include <eigenvit/model/layer_check.hpp>
#include <eigenvit/model/pass/map_stages.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

template <class Scalar>
struct DptSegmentationLayers {
  std::vector<DptLevel<Scalar>> levels;  ///< of the neck
  Convolution<Scalar> conv;              ///< with the batch norm after it
  Linear<Scalar> classifier;
};

/// Where the maps of a pass are.
template <class Scalar>
struct DptSegmentationScratch {
  MapMemory<Scalar> memory;
  ReusedMapMemory<Scalar> late;
  DptScratch<Scalar> neck;
  MapBuffer<Scalar> scores;  ///< before they are enlarged

  DptSegmentationScratch(const DptSegmentationConfig& head, const VitConfig& encoder,
                         const ForwardPlan& plan, const MapPlaces<Scalar>& places)
      : memory(plan.images, places.tokens),
        late(places.late, places.late_values),
        neck(head.neck, encoder, plan, memory, late),
        scores(late.take(DptSizes(head.neck, grid_of(plan)).result, head.classes)) {}
};

/// From the patches after four blocks to scores of classes, by the map `y_1` of a `DptNeck`:
///
///     scores = enlarged(relu(conv(enlarged(y_1))) W + b)
///
/// a map of twice as many rows and columns as that of the convolution.
///
/// Source: Ranftl et al., arXiv:2103.13413; transformers' `DPTForSemanticSegmentation`.
template <class Scalar>
class DptSegmentationHead
    : public DptHead<Scalar, DptSegmentationConfig, DptSegmentationLayers<Scalar>,
                     DptSegmentationScratch<Scalar>> {
  using Base = DptHead<Scalar, DptSegmentationConfig, DptSegmentationLayers<Scalar>,
                       DptSegmentationScratch<Scalar>>;
  using Base::config_;
  using Base::layers_;
  using Base::neck;

 public:
  DptSegmentationHead(const DptSegmentationConfig& config, DptSegmentationLayers<Scalar> layers)
      : Base(config, std::move(layers)) {}

  void check(const VitConfig& encoder) const override {
    const std::string source = "vision transformer";
    validate(config_, encoder, ConfigCheck{source});
    neck().check(encoder);
    const Index channels = config_.neck.channels;
    check_map_layer(channels, channels, layers_.conv);
    require_size("inputs of a segmentation classifier", channels, layers_.classifier.in_features());
    require_size("classes of a segmentation head", config_.classes,
                 layers_.classifier.out_features());
  }

  /// As a checkpoint has them: the batch norm has two vectors, of which the convolution, which has
  /// no bias, has one.
  Index parameters() const override {
    return neck().parameters() + layers_.conv.parameters() + config_.neck.channels +
           layers_.classifier.parameters();
  }

  double flops(const VitConfig& encoder, Index height, Index width) const override {
    const MapSize grid = grid_of(encoder, height, width);
    const MapSize features = DptSizes(config_.neck, grid).result;
    const Index channels = config_.neck.channels;
    return neck().flops(encoder, grid) + convolution_flops(features, channels, channels) +
           2 * static_cast<double>(features.pixels()) *
               static_cast<double>(channels * config_.classes);
  }

  Index worker_values(const VitConfig& encoder, const ForwardPlan& plan) const override {
    return neck().worker_values(encoder) +
           MapStages<Scalar>::band_scratch(features_of(plan).width, config_.neck.channels);
  }

  DenseShape shape(const VitConfig&, const ForwardPlan& plan) const override {
    const MapSize size = doubled(features_of(plan));
    return {size.height, size.width, config_.classes};
  }

  void add_stages(TaskGraph& graph, const DensePass<Scalar>& pass, Stage stage) const override {
    const DptSegmentationScratch<Scalar> scratch = this->scratch_of(pass);
    MapStages<Scalar> stages(graph, pass.workers, pass.plan.images);
    stage = neck().add_stages(graph, stages, pass.plan, stage, scratch.neck);
    stage = stages.convolve_upsampled(
        stage, layers_.conv, scratch.neck.fused[0], scratch.scores,
        ConvolutionUse{false, false, Activation::relu},
        [this](const MapBand& band, const Scalar* features, Scalar* scores, Scalar*) {
          const Linear<Scalar>& last = layers_.classifier;
          multiply(last, 1, 0, features, band.pixels, last.in_features(), scores,
                   last.out_features());
        });
    const MapSize size{pass.shape.height, pass.shape.width};
    stages.resize(stage, scratch.scores,
                  {pass.maps, size, config_.classes, size.pixels() * config_.classes}, true);
  }

 private:
  /// Size of the maps of the convolution.
  MapSize features_of(const ForwardPlan& plan) const noexcept {
    return DptSizes(config_.neck, grid_of(plan)).result;
  }
};

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
