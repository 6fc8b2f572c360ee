/// Where the maps of ZoeDepth's head are while a pass runs.
#ifndef EIGENVIT_MODEL_HEADS_ZOE_DEPTH_SCRATCH_HPP
#define EIGENVIT_MODEL_HEADS_ZOE_DEPTH_SCRATCH_HPP

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>

#include <eigenvit/model/heads/dpt_head.hpp>
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
      enlarged[i] = doubled(neck.fused[i]);
    }
    result = doubled(enlarged[0]);
  }
};

/// The maps of a pass. Those of a step are needed until the next step's are there.
template <class Scalar>
struct ZoeDepthScratch {
  static constexpr std::size_t levels = ZoeDepthConfig::levels;

  MapMemory<Scalar> memory;
  ReusedMapMemory<Scalar> late;
  std::array<MapBuffer<Scalar>, levels> projected;  ///< fused maps, after the first layer of pixels
  /// First those of the seed, then of each step; in place of the last embeddings what the last
  /// layers make of them.
  std::array<MapBuffer<Scalar>, levels + 1> embeddings;
  std::array<MapBuffer<Scalar>, levels + 1> bins;
  Index steps = 0;       ///< where those of all steps but the last begin
  Index past_steps = 0;  ///< and end
  DptScratch<Scalar> neck;
  MapBuffer<Scalar> bottleneck;
  std::optional<typename ZoeDepthRouter<Scalar>::Scratch> router;
  MapBuffer<Scalar> projected_features;
  MapBuffer<Scalar> features;

  ZoeDepthScratch(const ZoeDepthConfig& head, const VitConfig& encoder, const ForwardPlan& plan,
                  const MapPlaces<Scalar>& places)
      : memory(plan.images, places.tokens),
        late(places.late, places.late_values),
        neck(head.neck, encoder, plan, memory, late,
             [&] { take_steps(head, ZoeDepthSizes(head, grid_of(plan))); }),
        // The first bins are there before the last level's unit begins.
        bottleneck(neck.hidden.back()) {
    if (head.has_router()) {
      for (const auto* const map : {&neck.maps.back(), &bottleneck}) {
        late.take(map->size, map->channels);
      }
      router.emplace(head, bottleneck.size, late);
      late.go_to(past_steps);
    }
    // The last step has the place of the levels, and what follows that of the other steps.
    const ZoeDepthSizes sizes(head, grid_of(plan));
    const MapSize size = sizes.enlarged[0];
    projected.back() = late.take(sizes.neck.fused[0], head.projector_hidden());
    const Index past_projected = late.used();
    late.go_to(steps);
    if (head.add_projection) projected_features = late.take(size, head.neck.channels);
    features = late.take(size, head.neck.channels / 2);
    late.go_to(std::max(past_projected, late.used()));
    embeddings.back() = late.take(size, head.last_hidden());
    bins.back() = late.take(size, head.most_bins());
  }

 private:
  /// Takes the maps of all steps but the last, which two places have in turns: sizes are doubled
  /// from step to step.
  void take_steps(const ZoeDepthConfig& head, const ZoeDepthSizes& sizes) {
    steps = late.used();
    const MapSize largest[2] = {sizes.enlarged[2], sizes.enlarged[1]};
    const MapBuffer<Scalar> embeddings_of[2] = {late.take(largest[0], head.embedding),
                                                late.take(largest[1], head.embedding)};
    const MapBuffer<Scalar> bins_of[2] = {late.take(largest[0], head.most_bins()),
                                          late.take(largest[1], head.most_bins())};
    const MapBuffer<Scalar> projected_of_all =
        late.take(sizes.neck.fused[1], head.projector_hidden());
    for (std::size_t step = 0; step < levels; ++step) {
      embeddings[step] = embeddings_of[step % 2];
      bins[step] = bins_of[step % 2];
      embeddings[step].size = bins[step].size =
          step == 0 ? sizes.neck.fused.back() : sizes.enlarged[levels - step];
      projected[step] = projected_of_all;
      projected[step].size = sizes.neck.fused[levels - 1 - step];
    }
    past_steps = late.used();
  }
};

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
