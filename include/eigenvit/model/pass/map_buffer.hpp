/// Memory of the feature maps of a pass.
#ifndef EIGENVIT_MODEL_PASS_MAP_BUFFER_HPP
#define EIGENVIT_MODEL_PASS_MAP_BUFFER_HPP

#include <eigenvit/core/aligned_buffer.hpp>
#include <eigenvit/core/types.hpp>
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

  Scalar* row(Index image, Index row) const noexcept {
    return data + image * image_stride + row * size.width * channels;
  }
  FeatureMap<Scalar> of(Index image) const noexcept { return {row(image, 0), size, channels}; }
};

/// Gives out a piece of memory map by map. Without memory it counts what the same calls take.
template <class Scalar>
class MapMemory {
 public:
  MapMemory(Index images, Scalar* memory) : images_(images), memory_(memory) {}

  MapBuffer<Scalar> take(const MapSize& size, Index channels) noexcept {
    constexpr Index line = buffer_alignment / sizeof(Scalar);
    const Index values = size.pixels() * channels;
    Scalar* const place = memory_ == nullptr ? nullptr : memory_ + used_;
    used_ += (images_ * values + line - 1) / line * line;
    return {place, size, channels, values};
  }

  /// Values that have been given out.
  Index used() const noexcept { return used_; }

 private:
  Index images_;
  Scalar* memory_;
  Index used_ = 0;
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
