/// Memory of the feature maps of a pass.
#ifndef EIGENVIT_MODEL_PASS_MAP_BUFFER_HPP
#define EIGENVIT_MODEL_PASS_MAP_BUFFER_HPP

#include <algorithm>
#include <cassert>

#include <eigenvit/core/aligned_buffer.hpp>
#include <eigenvit/core/types.hpp>
#include <eigenvit/kernels/arguments.hpp>
#include <eigenvit/layers/feature_map.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// A feature map of each image of a batch.
template <class Scalar>
struct MapBuffer {
  Scalar* data = nullptr;
  MapSize size;
  Index channels = 0;
  Index image_stride = 0;  ///< values from one image's map to the next one's
  /// Values from one pixel to the next: more than `channels` where `take_rows` gave the map.
  Index pixel_stride = channels;

  Scalar* row(Index image, Index row) const noexcept {
    return data + image * image_stride + row * size.width * pixel_stride;
  }
  FeatureMap<Scalar> of(Index image) const noexcept {
    assert(pixel_stride == channels);
    return {row(image, 0), size, channels};
  }
};

/// Gives out a piece of memory map by map. Without memory it counts what the same calls take.
template <class Scalar>
class MapMemory {
 public:
  MapMemory(Index images, Scalar* memory) : images_(images), memory_(memory) {}

  MapBuffer<Scalar> take(const MapSize& size, Index channels) noexcept {
    return take(size, channels, channels);
  }
  /// A map whose pixels only products read, as the rows of their left side: they are spread as
  /// `kernels::spread_rows` says.
  MapBuffer<Scalar> take_rows(const MapSize& size, Index channels) noexcept {
    return take(size, channels, kernels::spread_rows(channels));
  }

  /// Values that have been given out.
  Index used() const noexcept { return used_; }

 private:
  MapBuffer<Scalar> take(const MapSize& size, Index channels, Index pixel_stride) noexcept {
    constexpr Index line = buffer_alignment / sizeof(Scalar);
    const Index values = size.pixels() * pixel_stride;
    Scalar* const place = memory_ == nullptr ? nullptr : memory_ + used_;
    used_ += (images_ * values + line - 1) / line * line;
    return {place, size, channels, values, pixel_stride};
  }

  Index images_;
  Scalar* memory_;
  Index used_ = 0;
};

/// Gives out the maps of each image from a piece of memory of its own, in which maps may lie where
/// others lay that are no longer needed: images do not have to be at the same stage. Without memory
/// it counts what the same calls take.
template <class Scalar>
class ReusedMapMemory {
 public:
  /// `image_values` is what `most` gave of the same calls.
  ReusedMapMemory(Scalar* memory, Index image_values)
      : memory_(memory), image_values_(image_values) {}

  MapBuffer<Scalar> take(const MapSize& size, Index channels) noexcept {
    return take(size, channels, channels);
  }
  /// As `MapMemory::take_rows`.
  MapBuffer<Scalar> take_rows(const MapSize& size, Index channels) noexcept {
    return take(size, channels, kernels::spread_rows(channels));
  }

  /// Values of an image that are in use.
  Index used() const noexcept { return used_; }
  /// What is taken next lies after so many values, in the place of what was taken there.
  void go_to(Index used) noexcept { used_ = used; }
  /// The most values of an image that were in use.
  Index most() const noexcept { return most_; }

 private:
  MapBuffer<Scalar> take(const MapSize& size, Index channels, Index pixel_stride) noexcept {
    constexpr Index line = buffer_alignment / sizeof(Scalar);
    Scalar* const place = memory_ == nullptr ? nullptr : memory_ + used_;
    used_ += (size.pixels() * pixel_stride + line - 1) / line * line;
    most_ = std::max(most_, used_);
    return {place, size, channels, image_values_, pixel_stride};
  }

  Scalar* memory_;
  Index image_values_;
  Index used_ = 0;
  Index most_ = 0;
};

/// The pieces of memory of a pass that a head takes its maps of; none where it counts them.
template <class Scalar>
struct MapPlaces {
  Scalar* tokens = nullptr;  ///< of `DenseHead::scratch_values`
  Scalar* late = nullptr;    ///< of `DenseHead::late_values`
  Index late_values = 0;     ///< of these, of an image
};

/// Scratch memory of the workers of a pass, a piece of `size` values each.
template <class Scalar>
struct WorkerScratch {
  Scalar* data;
  Index size;

  Scalar* of(Index worker) const noexcept { return data + worker * size; }
};

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
