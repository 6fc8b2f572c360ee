#ifndef EIGENVIT_IMAGE_RESIZE_INL
#define EIGENVIT_IMAGE_RESIZE_INL

#include <cstring>

#include <eigenvit/core/error.hpp>
#include <eigenvit/image/resize.hpp>
#include <eigenvit/image/resize_rows.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {

EIGENVIT_INLINE Image resize(const ImageView& image, Index width, Index height, Filter filter,
                             const Window& window) {
  detail::check(image);
  detail::check_resize(width, height, filter, window);
  Image result(window.width, window.height);
  detail::resize_rows(image, width, height, filter, window,
                      [&](Index x, Index y, Index count, const std::uint8_t* rgb) {
                        std::memcpy(result.row(y) + 3 * x, rgb,
                                    static_cast<std::size_t>(3 * count));
                      });
  return result;
}

EIGENVIT_INLINE Image resize(const ImageView& image, Index width, Index height, Filter filter) {
  return resize(image, width, height, filter, Window{0, 0, width, height});
}

}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
