/// What a worker does with a row of a map of bins.
#ifndef EIGENVIT_MODEL_HEADS_ZOE_DEPTH_STEPS_HPP
#define EIGENVIT_MODEL_HEADS_ZOE_DEPTH_STEPS_HPP

#include <algorithm>
#include <cstddef>
#include <optional>

#include <eigenvit/layers/upsampling.hpp>
#include <eigenvit/model/heads/zoe_depth_bins.hpp>
#include <eigenvit/model/heads/zoe_depth_layers.hpp>
#include <eigenvit/model/pass/linear_share.hpp>
#include <eigenvit/model/pass/map_buffer.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// Pixels that go through the layers of pixels together: whole tiles of rows, and at the widths of
/// the models no more than a cache has.
constexpr Index zoe_pixels_at_once = 48;

/// What a worker needs for pixels of a step between two maps of bins.
template <class Scalar>
struct ZoeStepScratch {
  Scalar* hidden;
  Scalar* embedding;
  Scalar* attractors;
  Index values;  ///< of all

  ZoeStepScratch(const ZoeDepthConfig& head, Scalar* place) {
    MapMemory<Scalar> memory(1, place);
    const Index most = *std::max_element(head.attractors.begin(), head.attractors.end());
    hidden = memory.take({zoe_pixels_at_once, 1}, std::max(head.projector_hidden(), head.embedding))
                 .data;
    embedding = memory.take({zoe_pixels_at_once, 1}, head.embedding).data;
    attractors = memory.take({zoe_pixels_at_once, 1}, 2 * most).data;
    values = memory.used();
  }
};

/// The maps that a step reads and makes. In place of the last step's embeddings there is what the
/// last layers make of them.
template <class Scalar>
struct ZoeStepMaps {
  MapBuffer<Scalar> projected;
  MapBuffer<Scalar> embeddings_before;
  MapBuffer<Scalar> bins_before;
  MapBuffer<Scalar> embeddings;
  MapBuffer<Scalar> bins;
};

/// A step from one map of bins to the next, as the work of one task, whose weights stay packed for
/// as long as this is there.
template <class Scalar>
class ZoeStep {
 public:
  /// Keeps references. `place` has room for a `ZoeStepScratch`.
  ZoeStep(const ZoeDepthConfig& head, const ZoeDepthLayers<Scalar>& layers, std::size_t step,
          std::size_t domain, Scalar* place)
      : head_(head),
        domain_(head.domains[domain]),
        step_(step),
        values_(layers.domains[domain].attractors[step].second.out_features()),
        scratch_(head, place),
        projector_(layers.projectors[step].second),
        attractors_(layers.domains[domain].attractors[step]) {
    if (is_last()) last_embedding_.emplace(layers.domains[domain].last_embedding);
  }

  /// Makes a row of the image's maps.
  void refine(const ZoeStepMaps<Scalar>& maps, Index image, Index row) {
    const MapSize& size = maps.bins.size;
    const UpsampledRow<Scalar> projected(maps.projected.of(image), size, row);
    const UpsampledRow<Scalar> embeddings_before(maps.embeddings_before.of(image), size, row);
    const UpsampledRow<Scalar> bins_before(maps.bins_before.of(image), size, row);
    const Index width = head_.embedding;
    const Index inner = maps.projected.channels;
    Scalar* const hidden = scratch_.hidden;
    Scalar* const embedding = scratch_.embedding;
    for (Index first = 0; first < size.width; first += zoe_pixels_at_once) {
      const Index count = std::min(zoe_pixels_at_once, size.width - first);
      projected.read_pixels(first, count, false, hidden);
      ops::activate(Activation::relu, hidden, count * inner, hidden);
      projector_.multiply(hidden, count, inner, embedding, width);
      Scalar* const kept = maps.embeddings.row(image, row) + first * maps.embeddings.channels;
      if (last_embedding_) {
        last_embedding_->multiply(embedding, count, width, kept, maps.embeddings.channels);
      } else {
        std::copy_n(embedding, count * width, kept);
      }
      embeddings_before.read_pixels(first, count, true, embedding);
      attractors_.multiply(embedding, count, hidden, scratch_.attractors, values_);
      finish_attractors(head_.bounded_bins, count * values_, scratch_.attractors);
      for (Index i = 0; i < count; ++i) {
        move_bins(bins_before, first + i, scratch_.attractors + i * values_,
                  maps.bins.row(image, row) + (first + i) * maps.bins.channels);
      }
    }
  }

 private:
  bool is_last() const noexcept { return step_ + 1 == ZoeDepthConfig::levels; }

  /// The bins of a pixel.
  void move_bins(const UpsampledRow<Scalar>& before, Index column, const Scalar* attractors,
                 Scalar* bins) const {
    before.read(column, domain_.bins, false, bins);
    attract(attractors, head_.attractors[step_], head_.bounded_bins ? 2 : 1, head_.sums_attraction,
            domain_.bins, bins);
    if (head_.bounded_bins && is_last()) bound_bins(domain_, bins);
  }

  const ZoeDepthConfig& head_;
  const ZoeDomain& domain_;
  std::size_t step_;
  Index values_;  ///< of a pixel's attractors
  ZoeStepScratch<Scalar> scratch_;
  LayerShare<Scalar> projector_;
  PixelMlpShare<Scalar> attractors_;
  std::optional<LayerShare<Scalar>> last_embedding_;
};

/// What a worker needs for pixels of the last step.
template <class Scalar>
struct ZoeLastScratch {
  Scalar* features;
  Scalar* hidden;
  Scalar* distribution;  ///< four numbers of each pixel
  Scalar* binomials;     ///< as many as bins
  Scalar* centres;
  Scalar* scores;
  Index values;  ///< of all

  ZoeLastScratch(const ZoeDepthConfig& head, Scalar* place) {
    MapMemory<Scalar> memory(1, place);
    const MapSize pixels{zoe_pixels_at_once, 1};
    features = memory.take(pixels, head.last_features()).data;
    hidden = memory.take(pixels, head.last_hidden()).data;
    distribution = memory.take(pixels, 4).data;
    binomials = memory.take({1, 1}, head.most_bins()).data;
    centres = memory.take({1, 1}, head.most_bins()).data;
    scores = memory.take({1, 1}, head.most_bins()).data;
    values = memory.used();
  }
};

/// From features and bins to depths, as the work of one task, as `ZoeStep`.
template <class Scalar>
class ZoeLastStep {
 public:
  /// Keeps references. `place` has room for a `ZoeLastScratch`.
  ZoeLastStep(const ZoeDepthConfig& head, const ZoeDepthLayers<Scalar>& layers, std::size_t domain,
              Scalar* place)
      : head_(head),
        domain_(head.domains[domain]),
        scratch_(head, place),
        last_features_(layers.domains[domain].last_features, 1, 0,
                       {Activation::none, nullptr, true}),
        last_(layers.domains[domain].last) {
    if (layers.relative_depth) {
      relative_depth_.emplace(*layers.relative_depth, 1, 0,
                              Finish<Scalar>{Activation::relu, nullptr, false});
    }
    log_binomials(domain_.bins, scratch_.binomials);
  }

  /// The depths of a row by the features of its pixels.
  void finish(const UpsampledRow<Scalar>& embeddings, const UpsampledRow<Scalar>& bins, Index width,
              const Scalar* features, Scalar* depths) {
    const Index inputs = head_.last_features();
    const Index own = head_.relative_channels;
    const Index hidden = head_.last_hidden();
    for (Index first = 0; first < width; first += zoe_pixels_at_once) {
      const Index count = std::min(zoe_pixels_at_once, width - first);
      const Scalar* x = features + first * own;
      if (relative_depth_) {
        for (Index i = 0; i < count; ++i) {
          std::copy_n(x + i * own, own, scratch_.features + i * inputs);
        }
        relative_depth_->multiply(x, count, own, scratch_.features + own, inputs);
        x = scratch_.features;
      }
      embeddings.read_pixels(first, count, false, scratch_.hidden);
      last_features_.multiply(x, count, inputs, scratch_.hidden, hidden);
      ops::activate(Activation::gelu, scratch_.hidden, count * hidden, scratch_.hidden);
      last_.multiply(scratch_.hidden, count, hidden, scratch_.distribution, 4);
      for (Index i = 0; i < count; ++i) {
        bins.read(first + i, domain_.bins, false, scratch_.centres);
        depths[first + i] =
            expected_depth(head_, domain_.bins, scratch_.binomials, scratch_.distribution + 4 * i,
                           scratch_.centres, scratch_.scores);
      }
    }
  }

 private:
  const ZoeDepthConfig& head_;
  const ZoeDomain& domain_;
  ZoeLastScratch<Scalar> scratch_;
  LayerShare<Scalar> last_features_;
  LayerShare<Scalar> last_;
  std::optional<LayerShare<Scalar>> relative_depth_;
};

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
