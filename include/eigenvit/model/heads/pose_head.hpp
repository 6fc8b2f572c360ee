/// The head that finds the joints of bodies.
#ifndef EIGENVIT_MODEL_HEADS_POSE_HEAD_HPP
#define EIGENVIT_MODEL_HEADS_POSE_HEAD_HPP

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <eigenvit/core/ceil_div.hpp>
#include <eigenvit/layers/doubling_convolution.hpp>
#include <eigenvit/model/heads/dense_head.hpp>
#include <eigenvit/model/heads/pose_config.hpp>
#include <eigenvit/model/layer_check.hpp>
#include <eigenvit/model/pass/map_stages.hpp>
#include <eigenvit/model/pass/token_map.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

template <class Scalar>
struct PoseLayers {
  /// Of the simple decoder, from a token to its product with each place of a 3 x 3 convolution:
  /// `[9 K, D]`, the places row by row, and the convolution's bias `[K]`.
  Linear<Scalar> places;
  AlignedBuffer<Scalar> bias;
  /// Of the classic one, with batch norms folded into them.
  std::vector<DoublingConvolution<Scalar>> doubling;
  Linear<Scalar> last;
};

/// From the patches after a block to a heatmap `[H, W]` for each joint, whose greatest value is
/// where that joint most likely is:
///
///     simple    conv_3x3(enlarged(relu(norm(x))))
///     classic   conv_1x1(relu(doubled(relu(doubled(norm(x))))))
///
/// A convolution of an enlarged map is computed the other way round, which is the same sum: tokens
/// are multiplied first, once for each place of the window, and the products, of which there are
/// fewer than pixels, are enlarged and added, shifted by their places.
///
/// Source: Xu et al., arXiv:2204.12484; transformers' `VitPoseForPoseEstimation`.
template <class Scalar>
class PoseHead : public DenseHead<Scalar> {
 public:
  PoseHead(const PoseConfig& config, PoseLayers<Scalar> layers)
      : config_(config), layers_(std::move(layers)) {}

  const PoseConfig& config() const noexcept { return config_; }
  const PoseLayers<Scalar>& layers() const noexcept { return layers_; }

  void check(const VitConfig& encoder) const override {
    const std::string source = "vision transformer";
    validate(config_, encoder, ConfigCheck{source});
    if (is_simple()) {
      require_size("inputs of a pose convolution", encoder.embed_dim, layers_.places.in_features());
      require_size("outputs of a pose convolution", places * config_.keypoints,
                   layers_.places.out_features());
      require_size("bias of a pose convolution", config_.keypoints,
                   static_cast<Index>(layers_.bias.size()));
      return;
    }
    require_size("transposed convolutions of a pose head", 2,
                 static_cast<Index>(layers_.doubling.size()));
    Index inputs = encoder.embed_dim;
    for (const auto& doubling : layers_.doubling) {
      require_size("inputs of a pose convolution", inputs, doubling.in_channels());
      require_size("outputs of a pose convolution", config_.channels, doubling.out_channels());
      inputs = config_.channels;
    }
    require_size("inputs of heatmaps", config_.channels, layers_.last.in_features());
    require_size("number of heatmaps", config_.keypoints, layers_.last.out_features());
  }

  Index parameters() const override {
    if (is_simple()) {
      return layers_.places.parameters() + static_cast<Index>(layers_.bias.size());
    }
    Index count = layers_.last.parameters();
    for (const auto& doubling : layers_.doubling) count += doubling.parameters();
    return count;
  }

  double flops(const VitConfig& encoder, Index height, Index width) const override {
    const auto patches =
        static_cast<double>(height / encoder.patch_height * (width / encoder.patch_width));
    if (is_simple()) {
      return 2 * patches * static_cast<double>(places * config_.keypoints * encoder.embed_dim);
    }
    return 32 * patches *
           static_cast<double>(config_.channels *
                               (encoder.embed_dim + 4 * config_.channels + config_.keypoints));
  }

  bool reads(Index block) const override { return block == config_.block; }

  Index scratch_values(const VitConfig& encoder, const ForwardPlan& plan) const override {
    return Scratch(config_, encoder, plan, nullptr, nullptr).values;
  }

  Index late_values(const VitConfig& encoder, const ForwardPlan& plan) const override {
    return Scratch(config_, encoder, plan, nullptr, nullptr).late_values;
  }

  Index worker_values(const VitConfig& encoder, const ForwardPlan&) const override {
    using Stages = MapStages<Scalar>;
    if (is_simple()) return 0;
    return Stages::doubling_scratch(std::max(encoder.embed_dim, config_.channels),
                                    config_.channels);
  }

  DenseShape shape(const VitConfig&, const ForwardPlan& plan) const override {
    return {config_.enlargement() * plan.grid_height, config_.enlargement() * plan.grid_width,
            config_.keypoints};
  }

  Stage add_block(TaskGraph& graph, const DensePass<Scalar>& pass, Index, const Sequence<Scalar>& x,
                  Stage stage) const override {
    const Scratch scratch(config_, pass.config, pass.plan, pass.scratch, pass.late);
    return add_token_map(graph, x, stage, pass.plan.prefix, &*pass.norm, scratch.tokens,
                         is_simple());
  }

  void add_stages(TaskGraph& graph, const DensePass<Scalar>& pass, Stage stage) const override {
    const Scratch scratch(config_, pass.config, pass.plan, pass.scratch, pass.late);
    MapStages<Scalar> stages(graph, pass.workers, pass.plan.images);
    const MapSize size{pass.shape.height, pass.shape.width};
    const MapBuffer<Scalar> heatmaps{pass.maps, size, config_.keypoints,
                                     size.pixels() * config_.keypoints};
    if (is_simple()) {
      stage = stages.multiply(stage, layers_.places, scratch.tokens, scratch.products);
      add_sums(graph, stage, pass.plan.images, scratch.products, heatmaps);
      return;
    }
    stage = stages.enlarge(stage, layers_.doubling[0], scratch.tokens, scratch.doubled,
                           Activation::relu);
    stage = stages.enlarge(stage, layers_.doubling[1], scratch.doubled, scratch.doubled_again,
                           Activation::relu);
    stages.multiply(stage, layers_.last, scratch.doubled_again, heatmaps);
  }

 private:
  static constexpr Index places = 9;  ///< of a window of 3 x 3

  /// Where the maps of a pass are.
  struct Scratch {
    MapBuffer<Scalar> tokens;
    MapBuffer<Scalar> products;
    MapBuffer<Scalar> doubled;
    MapBuffer<Scalar> doubled_again;
    Index values = 0;       ///< of the tokens
    Index late_values = 0;  ///< of what is made of them

    Scratch(const PoseConfig& head, const VitConfig& encoder, const ForwardPlan& plan,
            Scalar* memory, Scalar* late) {
      MapMemory<Scalar> kept(plan.images, memory);
      MapMemory<Scalar> maps(plan.images, late);
      const MapSize grid{plan.grid_height, plan.grid_width};
      if (head.factor > 0) {
        tokens = kept.take_rows(grid, encoder.embed_dim);
        products = maps.take(grid, places * head.keypoints);
      } else {
        tokens = kept.take(grid, encoder.embed_dim);
        doubled = maps.take({2 * grid.height, 2 * grid.width}, head.channels);
        doubled_again = maps.take({4 * grid.height, 4 * grid.width}, head.channels);
      }
      values = kept.used();
      late_values = maps.used();
    }
  };

  bool is_simple() const noexcept { return config_.factor > 0; }

  /// The heatmaps of the products with each place.
  void add_sums(TaskGraph& graph, Stage needed, Index images, const MapBuffer<Scalar>& products,
                const MapBuffer<Scalar>& heatmaps) const {
    const Index rows = heatmaps.size.height;
    graph.add({images, rows, rows}, {image_of(needed)},
              [this, products, heatmaps](const Task& task) {
                sum_row(products.of(task.image), heatmaps.size, task.part,
                        heatmaps.row(task.image, task.part));
              });
  }

  void sum_row(const FeatureMap<Scalar>& products, const MapSize& size, Index row,
               Scalar* y) const {
    const Index keypoints = config_.keypoints;
    for (Index column = 0; column < size.width; ++column) {
      std::copy(layers_.bias.begin(), layers_.bias.end(), y + column * keypoints);
    }
    for (Index down = 0; down < 3; ++down) {
      const Index from_row = row + down - 1;
      if (from_row < 0 || from_row >= size.height) continue;
      const auto vertical =
          BilinearTapOf<Scalar>::of(products.size.height, size.height, from_row, false);
      for (Index from_column = 0; from_column < size.width; ++from_column) {
        const auto tap =
            BilinearTapOf<Scalar>::of(products.size.width, size.width, from_column, false);
        // The pixels whose windows have the column, so that each adds its places in their order.
        for (Index across = 0; across < 3; ++across) {
          const Index column = from_column - across + 1;
          if (column < 0 || column >= size.width) continue;
          upsample_pixel(products, vertical, tap, (3 * down + across) * keypoints, keypoints, true,
                         y + column * keypoints);
        }
      }
    }
  }

  PoseConfig config_;
  PoseLayers<Scalar> layers_;
};

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
