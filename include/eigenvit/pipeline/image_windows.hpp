/// Square windows of an image.
#ifndef EIGENVIT_PIPELINE_IMAGE_WINDOWS_HPP
#define EIGENVIT_PIPELINE_IMAGE_WINDOWS_HPP

#include <algorithm>
#include <vector>

#include <eigenvit/core/aligned_buffer.hpp>
#include <eigenvit/core/ceil_div.hpp>
#include <eigenvit/core/error.hpp>
#include <eigenvit/core/message.hpp>
#include <eigenvit/core/types.hpp>
#include <eigenvit/layers/feature_map.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// Square windows as wide as the shorter side of an image, along its longer side: as few as cover
/// it, which overlap alike but for rounding down. Where they begin may be rounded down so far that
/// the last row or column is in none, as in Python.
///
/// Source: transformers' `EomtImageProcessor`.
struct ImageWindows {
  /// Of an image: the network runs once for each.
  static constexpr Index most = 64;

  MapSize image;
  Index side = 0;
  bool down = false;  ///< one below the other, not side by side
  std::vector<Index> starts;

  /// Throws `ShapeError` for an image so long that it would take more than `most` of them.
  explicit ImageWindows(const MapSize& size)
      : image(size), side(std::min(size.height, size.width)), down(size.height > size.width) {
    const Index length = std::max(size.height, size.width);
    const Index count = ceil_div(length, side);
    if (count > most) {
      raise<ShapeError>({"image windows: expected at most ", most,
                         " squares as wide as the shorter ", "side, found an image of ",
                         size.height, "x", size.width, " pixels, which ", "takes ", count});
    }
    const double overlap =
        count > 1 ? static_cast<double>(count * side - length) / static_cast<double>(count - 1) : 0;
    for (Index i = 0; i < count; ++i) {
      starts.push_back(
          static_cast<Index>(static_cast<double>(i) * (static_cast<double>(side) - overlap)));
    }
  }

  /// The part of planes `[channels, height, width]` of the image that a window shows, `[channels,
  /// side, side]`.
  template <class Value>
  AlignedBuffer<Value> cut(const Value* planes, Index channels, Index start) const {
    AlignedBuffer<Value> result(static_cast<std::size_t>(channels * side * side));
    Value* to = result.data();
    for (Index c = 0; c < channels; ++c) {
      for (Index y = 0; y < side; ++y) {
        const Index row = (c * image.height + y + (down ? start : 0)) * image.width;
        to = std::copy_n(planes + row + (down ? 0 : start), side, to);
      }
    }
    return result;
  }
};

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
