/// Resizing with Pillow's own arithmetic.
#ifndef EIGENVIT_IMAGE_RESIZE_HPP
#define EIGENVIT_IMAGE_RESIZE_HPP

#include <eigenvit/core/compiler.hpp>
#include <eigenvit/image/filter.hpp>
#include <eigenvit/image/image.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {

/// The image resized to `width` x `height`, byte for byte what Pillow's
/// `image.resize((width, height), filter)` gives for an RGB image.
///
/// Along an axis of `n` pixels resized to `m`, with `s = n/m` and `t = max(s, 1)`, output `i` is
/// `sum_j w_j p_j / sum_j w_j` over the pixels `j` nearer than `S t` to `c = (i + 0.5) s`, with
/// `w_j = f((j - c + 0.5) / t)`. The normalised weights are rounded to 22 fractional bits, the sums
/// are 32-bit integers, and each pass rounds to 8 bits: first along the rows, then down the
/// columns. The second comes first where `h > height` and `h - height > 2 (w - width)` for an image
/// of `w x h`, as in Pillow 13. An axis that keeps its size is passed over.
///
/// Throws `ShapeError` where the view is not valid or a side is not in `[1, 2^31)`. Costs about
/// `2 S` multiplications per input sample when shrinking.
///
/// Source: Pillow 13.0, `src/libImaging/Resample.c` and, for `nearest`, `Geometry.c`.
Image resize(const ImageView& image, Index width, Index height, Filter filter);

/// The part `window` of `resize(image, width, height, filter)`, at the cost of that part alone: of
/// a result of 4,480,000x224 pixels, a window of 224x224 takes the time and memory of 224x224. Of
/// `nearest` there is one addition besides for each column left of the window and each row above.
/// Throws also where the window is empty or reaches outside of the result.
Image resize(const ImageView& image, Index width, Index height, Filter filter,
             const Window& window);

}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#if EIGENVIT_HEADER_ONLY
#include <eigenvit/image/resize.inl>
#endif

#endif
