/// The head that segments by a pyramid of maps.
#ifndef EIGENVIT_MODEL_HEADS_UPER_HEAD_HPP
#define EIGENVIT_MODEL_HEADS_UPER_HEAD_HPP

#include <algorithm>
#include <array>
#include <string>
#include <utility>
#include <vector>

#include <eigenvit/core/task_graph.hpp>
#include <eigenvit/layers/linear.hpp>
#include <eigenvit/layers/map_pooling.hpp>
#include <eigenvit/model/heads/dense_head.hpp>
#include <eigenvit/model/heads/uper_config.hpp>
#include <eigenvit/model/layer_check.hpp>
#include <eigenvit/model/pass/map_stages.hpp>
#include <eigenvit/model/pass/token_map.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// The layers of a `UperHead`. Batch norms are folded into the layers before them, and convolutions
/// of maps side by side are those of each map, which are added.
template <class Scalar>
struct UperLayers {
  static constexpr std::size_t levels = UperConfig::levels;

  TransposedConvolution<Scalar> enlarge_twice1;  ///< of the first level
  TransposedConvolution<Scalar> enlarge_twice2;
  TransposedConvolution<Scalar> enlarge_once;  ///< of the second level
  std::array<Linear<Scalar>, levels - 1> lateral;
  std::vector<Linear<Scalar>> pooled;  ///< of each pool scale
  Convolution<Scalar> last;            ///< of the last level, with the bias of the sum
  std::vector<Convolution<Scalar>> last_pooled;
  std::array<Convolution<Scalar>, levels - 1> fpn;
  std::array<Convolution<Scalar>, levels> fusion;  ///< the first with the bias of the sum
  Linear<Scalar> classifier;
};

/// From the patches after four blocks to scores of classes, for maps of four times the patch grid:
///
///     m_1 = up(gelu(up(x_1))),   m_2 = up(x_2),   m_3 = x_3,   m_4 = maxpool(x_4)
///     y_4 = relu(conv([m_4, relu(pool_s(m_4) W_s) enlarged for each s]))
///     y_i = relu(m_i W_i) + enlarged(y_i+1)
///     z_i = relu(conv_i(y_i)),   z_4 = y_4
///     scores = relu(conv([z_1, z_i enlarged ...])) W
///
/// A convolution of maps side by side is the sum of those of each map, so that no map of all of
/// them is in memory, and those that are enlarged are so for a few rows at a time.
///
/// Source: Xiao et al., arXiv:1807.10221; transformers' `BeitForSemanticSegmentation`.
template <class Scalar>
class UperHead final : public DenseHead<Scalar> {
 public:
  static constexpr std::size_t levels = UperConfig::levels;

  UperHead(UperConfig config, UperLayers<Scalar> layers)
      : config_(std::move(config)), layers_(std::move(layers)) {}

  const UperConfig& config() const noexcept { return config_; }
  const UperLayers<Scalar>& layers() const noexcept { return layers_; }

  void check(const VitConfig& encoder) const override {
    const std::string source = "vision transformer";
    validate(config_, encoder, ConfigCheck{source});
    const Index width = encoder.embed_dim;
    for (const auto* const conv :
         {&layers_.enlarge_twice1, &layers_.enlarge_twice2, &layers_.enlarge_once}) {
      check_map(width, *conv);
      require_size("factor of a segmentation level", 2, conv->factor());
    }
    require_size("pooled maps of a segmentation head", config_.scales(),
                 static_cast<Index>(layers_.pooled.size()));
    require_size("pooled maps of a segmentation head", config_.scales(),
                 static_cast<Index>(layers_.last_pooled.size()));
    for (const auto& layer : layers_.lateral) check_map(width, layer);
    for (const auto& layer : layers_.pooled) check_map(width, layer);
    check_map(width, layers_.last);
    for (const auto& conv : layers_.last_pooled) check_map(width, conv);
    for (const auto& conv : layers_.fpn) check_map(width, conv);
    for (const auto& conv : layers_.fusion) check_map(width, conv);
    require_size("inputs of a segmentation classifier", width, layers_.classifier.in_features());
    require_size("classes of a segmentation head", config_.classes,
                 layers_.classifier.out_features());
  }

  /// As a checkpoint has them: of each batch norm two vectors, of which the layers have one, and
  /// none where the layer before it has a bias.
  Index parameters() const override {
    const Index width = layers_.classifier.in_features();
    const auto norms = static_cast<Index>(2 * levels + layers_.pooled.size());
    Index count = layers_.enlarge_twice1.parameters() + layers_.enlarge_twice2.parameters() +
                  layers_.enlarge_once.parameters() + layers_.last.parameters() +
                  layers_.classifier.parameters() + (norms + 2) * width;
    const auto add = [&count](const auto& layers) {
      for (const auto& layer : layers) count += layer.parameters();
    };
    add(layers_.lateral);
    add(layers_.pooled);
    add(layers_.last_pooled);
    add(layers_.fpn);
    add(layers_.fusion);
    return count;
  }

  double flops(const VitConfig& encoder, Index height, Index width) const override {
    const MapSize grid{height / encoder.patch_height, width / encoder.patch_width};
    const auto pixels = [&](std::size_t level) { return level_size(grid, level).pixels(); };
    // Products with a square matrix of the encoder's width.
    Index products = pixels(0) + 2 * pixels(1) + 9 * pixels(3) * (1 + config_.scales()) +
                     9 * pixels(0) * static_cast<Index>(levels);
    for (const Index scale : config_.pool_scales) products += scale * scale;
    for (std::size_t i = 0; i + 1 < levels; ++i) products += 10 * pixels(i);
    return 2 * static_cast<double>(encoder.embed_dim) *
           (static_cast<double>(products) * static_cast<double>(encoder.embed_dim) +
            static_cast<double>(pixels(0)) * static_cast<double>(config_.classes));
  }

  bool reads(Index block) const override { return level_of(block) < levels; }

  Index scratch_values(const VitConfig& encoder, const ForwardPlan& plan) const override {
    return Maps(encoder, plan, config_, nullptr, nullptr).memory.used();
  }

  Index late_values(const VitConfig& encoder, const ForwardPlan& plan) const override {
    return Maps(encoder, plan, config_, nullptr, nullptr).late.used();
  }

  Index worker_values(const VitConfig& encoder, const ForwardPlan&) const override {
    return MapStages<Scalar>::convolution_scratch(9 * encoder.embed_dim);
  }

  /// Throws `ShapeError` for an image of a single row or column of patches, whose last level would
  /// be empty.
  DenseShape shape(const VitConfig&, const ForwardPlan& plan) const override {
    if (plan.grid_height < 2 || plan.grid_width < 2) {
      raise<ShapeError>({"segmentation head: expected images of at least 2 x 2 patches, found ",
                         plan.grid_height, " x ", plan.grid_width});
    }
    const MapSize size = level_size({plan.grid_height, plan.grid_width}, 0);
    return {size.height, size.width, config_.classes};
  }

  Stage add_block(TaskGraph& graph, const DensePass<Scalar>& pass, Index block,
                  const Sequence<Scalar>& x, Stage stage) const override {
    const std::size_t level = level_of(block);
    if (level == levels) return stage;
    const Maps maps(pass.config, pass.plan, config_, pass.scratch, pass.late);
    return add_token_map<Scalar>(graph, x, stage, pass.plan.prefix, nullptr, maps.tokens[level]);
  }

  void add_stages(TaskGraph& graph, const DensePass<Scalar>& pass, Stage blocks) const override {
    const Maps m(pass.config, pass.plan, config_, pass.scratch, pass.late);
    MapStages<Scalar> stages(graph, pass.workers, pass.plan.images);
    const ConvolutionUse relu{false, false, Activation::relu};
    const auto& maps = m.levels_in;
    Stage stage =
        stages.enlarge(blocks, layers_.enlarge_twice1, m.tokens[0], m.half, Activation::gelu);
    stage = stages.enlarge(stage, layers_.enlarge_twice2, m.half, maps[0]);
    stage = stages.enlarge(stage, layers_.enlarge_once, m.tokens[1], maps[1]);
    stage = stages.max_pool(stage, 2, m.tokens[3], maps[3]);

    // The last level, with what is pooled of it.
    stage = stages.convolve(stage, layers_.last, maps[3], m.laterals[3]);
    for (std::size_t i = 0; i < layers_.pooled.size(); ++i) {
      stage = stages.average_pool(stage, maps[3], m.pooled[i]);
      stage = stages.multiply(stage, layers_.pooled[i], m.pooled[i], m.pooled_features[i],
                              Activation::relu);
      stage = stages.convolve_upsampled(stage, layers_.last_pooled[i], m.pooled_features[i],
                                        m.laterals[3], add_to(i + 1 == layers_.pooled.size()));
    }

    // From the top down.
    for (std::size_t i = levels - 1; i-- > 0;) {
      stage = stages.multiply(stage, layers_.lateral[i], maps[i], m.laterals[i], Activation::relu);
      stage = stages.add_upsampled(stage, m.laterals[i + 1], m.laterals[i], false);
    }
    for (std::size_t i = 0; i + 1 < levels; ++i) {
      stage = stages.convolve(stage, layers_.fpn[i], m.laterals[i], maps[i], relu);
    }

    const auto& fused = m.laterals[0];
    stage = stages.convolve(stage, layers_.fusion[0], maps[0], fused);
    for (std::size_t i = 1; i < levels; ++i) {
      const auto& map = i + 1 < levels ? maps[i] : m.laterals[i];
      stage =
          stages.convolve_upsampled(stage, layers_.fusion[i], map, fused, add_to(i + 1 == levels));
    }
    const Index values = fused.size.pixels() * config_.classes;
    stages.multiply(stage, layers_.classifier, fused,
                    {pass.maps, fused.size, config_.classes, values});
  }

 private:
  /// The maps of a pass.
  struct Maps {
    Maps(const VitConfig& encoder, const ForwardPlan& plan, const UperConfig& config,
         Scalar* scratch, Scalar* late_scratch)
        : memory(plan.images, scratch), late(plan.images, late_scratch) {
      const MapSize grid{plan.grid_height, plan.grid_width};
      for (auto& map : tokens) map = memory.take(grid, encoder.embed_dim);
      const auto take = [&](const MapSize& size) { return late.take(size, encoder.embed_dim); };
      half = take(level_size(grid, 1));
      for (std::size_t i = 0; i < levels; ++i) {
        // The third level is as it comes; when the first one has left `half`, the second can have
        // it.
        levels_in[i] = i == 2 ? tokens[i] : take(level_size(grid, i));
        laterals[i] = i == 1 ? half : take(level_size(grid, i));
      }
      for (std::size_t i = 0; i < static_cast<std::size_t>(config.scales()); ++i) {
        const Index scale = config.pool_scales[i];
        pooled[i] = take({scale, scale});
        pooled_features[i] = take({scale, scale});
      }
    }

    MapMemory<Scalar> memory;  ///< of the tokens
    MapMemory<Scalar> late;    ///< of what is made of them
    std::array<MapBuffer<Scalar>, levels> tokens;
    MapBuffer<Scalar> half;
    std::array<MapBuffer<Scalar>, levels> levels_in;
    std::array<MapBuffer<Scalar>, levels> laterals;
    std::array<MapBuffer<Scalar>, UperConfig::most_scales> pooled;
    std::array<MapBuffer<Scalar>, UperConfig::most_scales> pooled_features;
  };

  std::size_t level_of(Index block) const noexcept {
    const auto& blocks = config_.blocks;
    return static_cast<std::size_t>(std::find(blocks.begin(), blocks.end(), block) -
                                    blocks.begin());
  }

  static MapSize level_size(const MapSize& grid, std::size_t level) noexcept {
    if (level == levels - 1) return {grid.height / 2, grid.width / 2};
    const Index factor = Index{4} >> level;
    return {grid.height * factor, grid.width * factor};
  }

  /// A convolution that is added to what there is; after the last one of a sum comes the ReLU.
  static ConvolutionUse add_to(bool is_last) noexcept {
    ConvolutionUse use;
    use.accumulate = true;
    use.relu_result = is_last;
    use.align_corners = false;
    return use;
  }

  static void check_map(Index width, const Linear<Scalar>& layer) {
    require_size("inputs of a segmentation layer", width, layer.in_features());
    require_size("outputs of a segmentation layer", width, layer.out_features());
  }
  template <class Layer>
  static void check_map(Index width, const Layer& layer) {
    require_size("inputs of a segmentation layer", width, layer.in_channels());
    require_size("outputs of a segmentation layer", width, layer.out_channels());
  }

  UperConfig config_;
  UperLayers<Scalar> layers_;
};

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
