#ifndef EIGENVIT_FEATURES_OVERLAY_INL
#define EIGENVIT_FEATURES_OVERLAY_INL

#include <algorithm>
#include <cstdint>

#include <eigenvit/core/error.hpp>
#include <eigenvit/core/message.hpp>
#include <eigenvit/features/overlay.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {

EIGENVIT_INLINE Image overlay(const ImageView& image, const Image& colours,
                              const Matrix<float>& strength) {
  Image result = to_rgb(image);
  if (colours.width() != image.width || colours.height() != image.height ||
      strength.cols() != image.width || strength.rows() != image.height) {
    detail::raise<ShapeError>({"overlay: expected colours and their shares of ", image.width, "x",
                               image.height, " pixels, found ", colours.width(), "x",
                               colours.height(), " and ", strength.cols(), "x", strength.rows()});
  }
  std::uint8_t* pixel = result.data();
  const std::uint8_t* colour = colours.data();
  for (Index i = 0; i < strength.size(); ++i, pixel += 3, colour += 3) {
    const float luma = 0.299F * static_cast<float>(pixel[0]) +
                       0.587F * static_cast<float>(pixel[1]) +
                       0.114F * static_cast<float>(pixel[2]);
    const float share = strength.data()[i] > 0 ? std::min(strength.data()[i], 1.0F) : 0.0F;
    for (Index c = 0; c < 3; ++c) {
      const float mixed =
          share * static_cast<float>(colour[c]) + (1.0F - share) * luma * (1.0F / 3.0F);
      pixel[c] = static_cast<std::uint8_t>(mixed + 0.5F);
    }
  }
  return result;
}

EIGENVIT_INLINE Image overlay(const ImageView& image, const Image& colours, const Window& seen,
                              float strength) {
  detail::check(image);
  if (seen.left < 0 || seen.top < 0 || seen.width < 0 || seen.height < 0 ||
      seen.left > image.width - seen.width || seen.top > image.height - seen.height) {
    detail::raise<ShapeError>({"overlay: expected a window inside of ", image.width, "x",
                               image.height, ", found ", seen.width, "x", seen.height, " at ",
                               seen.left, ",", seen.top});
  }
  Matrix<float> shares = Matrix<float>::Zero(image.height, image.width);
  shares.block(seen.top, seen.left, seen.height, seen.width).setConstant(strength);
  return overlay(image, colours, shares);
}

}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
