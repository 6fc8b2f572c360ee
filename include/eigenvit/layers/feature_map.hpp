/// Maps of features, as convolutions read and write them.
#ifndef EIGENVIT_LAYERS_FEATURE_MAP_HPP
#define EIGENVIT_LAYERS_FEATURE_MAP_HPP

#include <eigenvit/core/types.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// Height and width of a map.
struct MapSize {
  Index height = 0;
  Index width = 0;

  constexpr Index pixels() const noexcept { return height * width; }
  friend constexpr bool operator==(const MapSize& a, const MapSize& b) noexcept {
    return a.height == b.height && a.width == b.width;
  }
};

/// Of a map with twice as many rows and columns.
constexpr MapSize doubled(const MapSize& size) noexcept {
  return {2 * size.height, 2 * size.width};
}

/// A map `[height, width, channels]`: the channels of a pixel are neighbours, as those of a token
/// are.
template <class Scalar>
struct FeatureMap {
  const Scalar* data = nullptr;
  MapSize size;
  Index channels = 0;

  const Scalar* pixel(Index row, Index column) const noexcept {
    return data + (row * size.width + column) * channels;
  }
};

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
