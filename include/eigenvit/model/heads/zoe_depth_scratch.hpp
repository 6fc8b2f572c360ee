/// Where the maps of ZoeDepth's head are while a pass runs.
#ifndef EIGENVIT_MODEL_HEADS_ZOE_DEPTH_SCRATCH_HPP
#define EIGENVIT_MODEL_HEADS_ZOE_DEPTH_SCRATCH_HPP

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>

#include <eigenvit/model/heads/dpt_neck.hpp>
#include <eigenvit/model/heads/zoe_depth_router.hpp>
#include <eigenvit/model/pass/map_buffer.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// Sizes of the maps of an image.
struct ZoeDepthSizes {
  DptSizes neck;
  std::array<MapSize, ZoeDepthConfig::levels> enlarged;  ///< the fused maps, doubled
  MapSize result;

  ZoeDepthSizes(const ZoeDepthConfig& head, const MapSize& grid) : neck(head.neck, grid) {
    for (std::size_t i = 0; i < enlarged.size(); ++i) {
      enlarged[i] = DptSizes::doubled(neck.fused[i]);
    }
    result = DptSizes::doubled(enlarged[0]);
  }
};

/// The maps of a pass. Those of a step are needed until the next step's are there.
template <class Scalar>
struct ZoeDepthScratch {
  static constexpr std::size_t levels = ZoeDepthConfig::levels;

  MapMemory<Scalar> memory;
  ReusedMapMemory<Scalar> late;
  MapBuffer<Scalar> bottleneck;
  std::optional<typename ZoeDepthRouter<Scalar>::Scratch> router;
  std::array<MapBuffer<Scalar>, levels> projected;  ///< fused maps, after the first layer of pixels
  /// First those of the seed, then of each step; in place of the last embeddings what the last
  /// layers make of them.
  std::array<MapBuffer<Scalar>, levels + 1> embeddings;
  std::array<MapBuffer<Scalar>, levels + 1> bins;
  std::optional<DptScratch<Scalar>> neck;  ///< after those above, which are needed beside it
  MapBuffer<Scalar> projected_features;
  MapBuffer<Scalar> features;

  /// Counts what a pass takes.
  ZoeDepthScratch(const ZoeDepthConfig& head, const VitConfig& encoder, const ForwardPlan& plan)
      : ZoeDepthScratch(head, encoder, plan, nullptr, nullptr, 0) {}
  ZoeDepthScratch(const ZoeDepthConfig& head, const DensePass<Scalar>& pass)
      : ZoeDepthScratch(head, pass.config, pass.plan, pass.scratch, pass.late,
                        ZoeDepthScratch(head, pass.config, pass.plan).late.most()) {}

 private:
  ZoeDepthScratch(const ZoeDepthConfig& head, const VitConfig& encoder, const ForwardPlan& plan,
                  Scalar* place, Scalar* late_place, Index late_values)
      : memory(plan.images, place), late(late_place, late_values) {
    const ZoeDepthSizes sizes(head, {plan.grid_height, plan.grid_width});
    const MapSize seed = sizes.neck.fused.back();
    bottleneck = late.take(seed, head.neck.channels);
    if (head.has_router()) router.emplace(head, seed, late);

    std::array<MapSize, levels + 1> of_step{seed};
    std::array<MapSize, 2> largest;
    MapSize largest_fused;
    for (std::size_t step = 0; step <= levels; ++step) {
      if (step > 0) of_step[step] = sizes.enlarged[levels - step];
      if (of_step[step].pixels() > largest[step % 2].pixels()) largest[step % 2] = of_step[step];
    }
    for (const MapSize& size : sizes.neck.fused) {
      if (size.pixels() > largest_fused.pixels()) largest_fused = size;
    }
    const Index width = std::max(head.embedding, head.last_hidden());
    const MapBuffer<Scalar> embeddings_of[2] = {late.take(largest[0], width),
                                                late.take(largest[1], width)};
    const MapBuffer<Scalar> bins_of[2] = {late.take(largest[0], head.most_bins()),
                                          late.take(largest[1], head.most_bins())};
    const MapBuffer<Scalar> projected_of_all = late.take(largest_fused, head.projector_hidden());
    for (std::size_t step = 0; step <= levels; ++step) {
      embeddings[step] = embeddings_of[step % 2];
      embeddings[step].channels = step == levels ? head.last_hidden() : head.embedding;
      bins[step] = bins_of[step % 2];
      embeddings[step].size = bins[step].size = of_step[step];
      if (step == levels) break;
      projected[step] = projected_of_all;
      projected[step].size = sizes.neck.fused[levels - 1 - step];
    }

    neck.emplace(head.neck, encoder, plan, memory, late);
    const MapSize size = sizes.enlarged[0];
    if (head.add_projection) projected_features = late.take(size, head.neck.channels);
    features = late.take(size, head.neck.channels / 2);
  }
};

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
