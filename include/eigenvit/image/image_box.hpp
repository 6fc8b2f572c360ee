/// A part of an image.
#ifndef EIGENVIT_IMAGE_IMAGE_BOX_HPP
#define EIGENVIT_IMAGE_IMAGE_BOX_HPP

#include <eigenvit/image/image.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {

/// An upright rectangle in pixels of an image, as COCO's files have it: it may begin between
/// pixels and reach beyond the image.
struct ImageBox {
  double left = 0;
  double top = 0;
  double width = 0;
  double height = 0;
};

namespace detail {

/// The box that is all of an image.
inline ImageBox whole(Index width, Index height) noexcept {
  return {0, 0, static_cast<double>(width), static_cast<double>(height)};
}

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
