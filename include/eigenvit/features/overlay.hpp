/// Colours laid over a photograph.
#ifndef EIGENVIT_FEATURES_OVERLAY_HPP
#define EIGENVIT_FEATURES_OVERLAY_HPP

#include <eigenvit/core/compiler.hpp>
#include <eigenvit/core/types.hpp>
#include <eigenvit/image/image.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {

/// Lays `colours` over an image of the same size. The image itself is shown in grey and at a third
/// of its brightness, so that its own colours are not mistaken for those of the map. `strength` is
/// the share of the colours, from 0 to 1, at each pixel, `[height, width]`.
///
///     sample = strength * colour + (1 - strength) * luma / 3
///
/// Luma is `0.299 R + 0.587 G + 0.114 B`. Throws `ShapeError` where the sizes differ; shares out of
/// range are clamped.
Image overlay(const ImageView& image, const Image& colours, const Matrix<float>& strength);

/// The same with one share inside of `seen`, for example `PatchMap::seen`, and the image alone
/// outside. Also throws `ShapeError` where the window does not lie in the image.
Image overlay(const ImageView& image, const Image& colours, const Window& seen,
              float strength = 0.65F);

}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#if EIGENVIT_HEADER_ONLY
#include <eigenvit/features/overlay.inl>
#endif

#endif
