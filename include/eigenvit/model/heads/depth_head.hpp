/// The head that estimates depth.
#ifndef EIGENVIT_MODEL_HEADS_DEPTH_HEAD_HPP
#define EIGENVIT_MODEL_HEADS_DEPTH_HEAD_HPP

#include <algorithm>
#include <cmath>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <eigenvit/layers/linear.hpp>
#include <eigenvit/model/heads/depth_config.hpp>
#include <eigenvit/model/heads/dpt_head.hpp>
#include <eigenvit/model/layer_check.hpp>
#include <eigenvit/model/pass/map_stages.hpp>
#include <eigenvit/model/pass/single_output.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

template <class Scalar>
struct DepthLayers {
  std::vector<DptLevel<Scalar>> levels;  ///< of the neck
  std::optional<Convolution<Scalar>> projection;
  Convolution<Scalar> conv1;
  Convolution<Scalar> conv2;
  Linear<Scalar> conv3;
};

/// Of the maps of an image after the neck.
struct DepthSizes {
  MapSize features;  ///< of the maps between the last convolutions
  MapSize result;

  DepthSizes(const DepthConfig& head, const VitConfig& encoder, const MapSize& grid)
      : features(DptSizes(head.neck, grid).result),
        result(head.neck.doubles ? doubled(features)
                                 : MapSize{grid.height * encoder.patch_height,
                                           grid.width * encoder.patch_width}) {}
};

/// Where the maps of a pass are.
template <class Scalar>
struct DepthScratch {
  MapMemory<Scalar> memory;
  ReusedMapMemory<Scalar> late;
  DptScratch<Scalar> neck;
  MapBuffer<Scalar> projected_features;
  MapBuffer<Scalar> features;

  DepthScratch(const DepthConfig& head, const VitConfig& encoder, const ForwardPlan& plan,
               const MapPlaces<Scalar>& places)
      : memory(plan.images, places.tokens),
        late(places.late, places.late_values),
        neck(head.neck, encoder, plan, memory, late) {
    const MapSize size = DepthSizes(head, encoder, grid_of(plan)).features;
    if (head.add_projection) projected_features = late.take(size, head.neck.channels);
    features = late.take(size, head.neck.channels / 2);
  }
};

/// From the patches after four blocks to a map of depths, one for each pixel of the patch grid's
/// image, by the map `y_1` of a `DptNeck`:
///
///     depth = act(conv3(relu(conv2(enlarged(conv1(p(enlarged(y_1))))))))    p: none, or a
///     convolution
///
/// Source: Yang et al., arXiv:2401.10891; Ranftl et al., arXiv:2103.13413; transformers'
/// `DepthAnythingForDepthEstimation` and `DPTForDepthEstimation`.
template <class Scalar>
class DepthHead : public DptHead<Scalar, DepthConfig, DepthLayers<Scalar>, DepthScratch<Scalar>> {
  using Base = DptHead<Scalar, DepthConfig, DepthLayers<Scalar>, DepthScratch<Scalar>>;
  using Base::config_;
  using Base::layers_;
  using Base::neck;

 public:
  DepthHead(const DepthConfig& config, DepthLayers<Scalar> layers)
      : Base(config, std::move(layers)) {}

  void check(const VitConfig& encoder) const override {
    const std::string source = "vision transformer";
    validate(config_, encoder, ConfigCheck{source});
    neck().check(encoder);
    const Index channels = config_.neck.channels;
    require_part("projection of a depth head", config_.add_projection,
                 layers_.projection.has_value());
    if (layers_.projection) check_map_layer(channels, channels, *layers_.projection);
    check_map_layer(channels, channels / 2, layers_.conv1);
    check_map_layer(channels / 2, config_.head_channels, layers_.conv2);
    require_size("inputs of a depth", config_.head_channels, layers_.conv3.in_features());
    require_size("values of a depth", 1, layers_.conv3.out_features());
  }

  Index parameters() const override {
    Index count = neck().parameters() + layers_.conv1.parameters() + layers_.conv2.parameters() +
                  layers_.conv3.parameters();
    if (layers_.projection) count += layers_.projection->parameters();
    return count;
  }

  double flops(const VitConfig& encoder, Index height, Index width) const override {
    const MapSize grid = grid_of(encoder, height, width);
    const Index channels = config_.neck.channels;
    const DepthSizes sizes(config_, encoder, grid);
    double sum = neck().flops(encoder, grid);
    if (config_.add_projection) sum += convolution_flops(sizes.features, channels, channels);
    return sum + convolution_flops(sizes.features, channels, channels / 2) +
           convolution_flops(sizes.result, channels / 2, config_.head_channels) +
           2 * static_cast<double>(sizes.result.pixels()) *
               static_cast<double>(config_.head_channels);
  }

  Index worker_values(const VitConfig& encoder, const ForwardPlan& plan) const override {
    const DepthSizes sizes(config_, encoder, grid_of(plan));
    return neck().worker_values(encoder) +
           MapStages<Scalar>::band_scratch(sizes.result.width, config_.head_channels) +
           SingleOutput<Scalar>::scratch_values(config_.head_channels);
  }

  DenseShape shape(const VitConfig& encoder, const ForwardPlan& plan) const override {
    const MapSize size = DepthSizes(config_, encoder, grid_of(plan)).result;
    return {size.height, size.width, 1};
  }

  void add_stages(TaskGraph& graph, const DensePass<Scalar>& pass, Stage stage) const override {
    const DepthScratch<Scalar> scratch = this->scratch_of(pass);
    MapStages<Scalar> stages(graph, pass.workers, pass.plan.images);
    stage = neck().add_stages(graph, stages, pass.plan, stage, scratch.neck);
    stage = add_depth_features(stages, stage, scratch.neck.fused[0], layers_.projection,
                               scratch.projected_features, layers_.conv1, scratch.features);
    const MapSize size{pass.shape.height, pass.shape.width};
    const MapBuffer<Scalar> depth{pass.maps, size, 1, size.pixels()};
    stages.convolve_upsampled(
        stage, layers_.conv2, scratch.features, depth,
        ConvolutionUse{false, false, Activation::relu},
        [this](const MapBand& band, const Scalar* features, Scalar* depths, Scalar* last_scratch) {
          SingleOutput<Scalar>::multiply(layers_.conv3, features, band.pixels, depths,
                                         last_scratch);
          for (Index i = 0; i < band.pixels; ++i) depths[i] = finished(depths[i]);
        });
  }

 private:
  Scalar finished(Scalar value) const noexcept {
    const auto scale = static_cast<Scalar>(config_.max_depth);
    if (config_.is_metric) return scale / (Scalar(1) + std::exp(-value));
    return std::max(value, Scalar(0)) * scale;
  }
};

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
