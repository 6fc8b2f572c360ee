/// Colours laid over a photograph.
#ifndef EIGENVIT_FEATURES_OVERLAY_HPP
#define EIGENVIT_FEATURES_OVERLAY_HPP

#include <cstdint>

#include <eigenvit/core/compiler.hpp>
#include <eigenvit/core/error.hpp>
#include <eigenvit/core/message.hpp>
#include <eigenvit/image/image.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {

/// Lays `colours` over an image of the same size. The image itself is shown in grey and at a third
/// of its brightness, so that its own colours are not mistaken for those of the map; outside of
/// `seen` it stands alone. `strength` is the share of the colours, from 0 to 1.
///
///     sample = strength * colour + (1 - strength) * luma / 3
///
/// Luma is `0.299 R + 0.587 G + 0.114 B`. Throws `ShapeError` where the sizes differ or the window
/// does not lie in the image, `ConfigError` where the strength is out of range.
inline Image overlay(const ImageView& image, const Image& colours, const Window& seen,
                     float strength = 0.65F) {
  Image result = to_rgb(image);
  if (colours.width() != image.width || colours.height() != image.height) {
    detail::raise<ShapeError>({"overlay: expected colours of ", image.width, "x", image.height,
                               " pixels, found ", colours.width(), "x", colours.height()});
  }
  if (seen.left < 0 || seen.top < 0 || seen.width < 0 || seen.height < 0 ||
      seen.left + seen.width > image.width || seen.top + seen.height > image.height) {
    detail::raise<ShapeError>({"overlay: expected a window inside of ", image.width, "x",
                               image.height, ", found ", seen.width, "x", seen.height, " at ",
                               seen.left, ",", seen.top});
  }
  if (!(strength >= 0.0F && strength <= 1.0F)) {
    detail::raise<ConfigError>({"overlay: expected a strength from 0 to 1"});
  }
  for (Index y = 0; y < image.height; ++y) {
    const bool row_seen = y >= seen.top && y < seen.top + seen.height;
    std::uint8_t* pixel = result.row(y);
    const std::uint8_t* colour = colours.row(y);
    for (Index x = 0; x < image.width; ++x, pixel += 3, colour += 3) {
      const float luma = 0.299F * static_cast<float>(pixel[0]) +
                         0.587F * static_cast<float>(pixel[1]) +
                         0.114F * static_cast<float>(pixel[2]);
      const float share =
          row_seen && x >= seen.left && x < seen.left + seen.width ? strength : 0.0F;
      for (Index c = 0; c < 3; ++c) {
        const float mixed =
            share * static_cast<float>(colour[c]) + (1.0F - share) * luma * (1.0F / 3.0F);
        pixel[c] = static_cast<std::uint8_t>(mixed + 0.5F);
      }
    }
  }
  return result;
}

}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
