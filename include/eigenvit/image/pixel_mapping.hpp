/// How an image and a network's input made of it lie over each other.
#ifndef EIGENVIT_IMAGE_PIXEL_MAPPING_HPP
#define EIGENVIT_IMAGE_PIXEL_MAPPING_HPP

#include <array>

#include <eigenvit/core/compiler.hpp>
#include <eigenvit/image/image.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {

/// Resize, then crop or padding, as what they do to a point. Coordinates are continuous: pixel
/// `(x, y)` covers `[x, x + 1) x [y, y + 1)`, its centre is `(x + 0.5, y + 0.5)`. The image is the
/// one that was given to the preprocessor; the orientation in a photograph's EXIF data has been
/// applied when it was loaded.
///
///     input x = image x * resized_width / image_width - left
struct PixelMapping {
  Index image_width = 1;
  Index image_height = 1;
  Index resized_width = 1;  ///< of the whole image after the resize
  Index resized_height = 1;
  Index left = 0;  ///< where the input begins in the resized image; negative where it is padded
  Index top = 0;
  Index width = 1;  ///< of the network's input
  Index height = 1;

  /// The point of the input, `{x, y}`, where a point of the image comes to lie; outside of the
  /// input where it was cut off.
  std::array<double, 2> to_input(double x, double y) const noexcept {
    return {x * static_cast<double>(resized_width) / static_cast<double>(image_width) -
                static_cast<double>(left),
            y * static_cast<double>(resized_height) / static_cast<double>(image_height) -
                static_cast<double>(top)};
  }

  /// The point of the image, `{x, y}`, that a point of the input shows; outside of the image in its
  /// padding.
  std::array<double, 2> to_image(double x, double y) const noexcept {
    return {(x + static_cast<double>(left)) * static_cast<double>(image_width) /
                static_cast<double>(resized_width),
            (y + static_cast<double>(top)) * static_cast<double>(image_height) /
                static_cast<double>(resized_height)};
  }
};

}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
