/// The recipe that turns an image into a network's input.
#ifndef EIGENVIT_IMAGE_PREPROCESS_CONFIG_HPP
#define EIGENVIT_IMAGE_PREPROCESS_CONFIG_HPP

#include <array>
#include <cstdint>

#include <eigenvit/core/compiler.hpp>
#include <eigenvit/image/filter.hpp>
#include <eigenvit/image/image.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {

/// The size `h' x w'` that an image of `h x w` is resized to, given a target of `H x W`
/// (`resize_height`, `resize_width`). `round` is to the nearest, halves to even.
enum class ResizeMode {
  none,           ///< `h x w`: no resize.
  exact,          ///< `H x W`; the aspect ratio is not kept. timm calls it squash.
  shortest_edge,  ///< The short side becomes `H` (`W` must equal it), the long one
                  ///< `floor(H * long / short)`.
  cover,          ///< Keeps the ratio and covers the target: `r = min(h/H, w/W)`, `round(h/r)` x
                  ///< `round(w/r)`. timm's centre mode for a target that is not square.
  contain,        ///< Keeps the ratio and fits into the target: the same with `r = max(h/H, w/W)`.
                  ///< timm's border mode.
  patches,        ///< Keeps the ratio as far as whole patches allow: both sides are scaled by `s`
                  ///< and rounded up to multiples of `size_multiple`, with the largest `s` (to
                  ///< 1e-5) that gives at most `max_patches` of them (SigLIP 2 NaFlex).
  padded_square,  ///< `H x W` out of a square of zeros, of which the image is the upper left corner
                  ///< and one side; with `smooth_values` only (OWLv2).
  nearest_side,   ///< Keeps the ratio: `round(h s)` x `round(w s)`, `s` that of `H/h` and `W/w`
                  ///< which changes the size least (DPT, ZoeDepth).
  padded_box,     ///< `H x W`, sampled linearly out of a box: the whole image, or the one that is
                  ///< given. It is made as wide as `W/H` says, then a quarter larger; what lies
                  ///< outside of the image is zeros. Without a crop (ViTPose).
};

/// Where a crop of `c` out of `n` pixels begins, and how many pixels of padding go in front where
/// `c > n`.
enum class CropRounding {
  half_even,  ///< timm, torchvision: `round((n - c) / 2)`, halves to even; padding
              ///< `floor((c - n) / 2)`.
  floor,      ///< transformers: `floor((n - c) / 2)`; padding `ceil((c - n) / 2)`.
  corner,     ///< At the first pixel; no padding in front (EoMT).
};

/// How a sample `v` of 0..255 becomes a number.
enum class Rescale {
  none,      ///< `float(v)`.
  divide,    ///< `float(v) / 255` in single precision: timm, torchvision.
  multiply,  ///< `float(double(v) * rescale_factor)`: transformers.
};

/// Resize, then centre crop (padding first where the image is smaller), then rescale, then
/// `(x - mean) / std`, channel by channel in single precision. The defaults are those of timm for a
/// square input of 224 with a `crop_pct` of 1 and without normalisation.
struct PreprocessConfig {
  ResizeMode resize_mode = ResizeMode::shortest_edge;
  Index resize_height = 224;
  Index resize_width = 224;
  /// With `shortest_edge`: where the long side would exceed this, the short side is made
  /// `round(longest_edge * short / long)` instead. 0: no limit.
  Index longest_edge = 0;
  /// With `shortest_edge`: both sides are then cut to multiples of this (YOLOS). With `patches`:
  /// the side of a patch. With `nearest_side`: sides are rounded to multiples, halves to even.
  Index size_multiple = 1;
  /// With `nearest_side`: sides are rounded to such parts of a pixel, then down (ZoeDepth).
  Index size_parts = 1;
  /// With `patches`: the most squares of `size_multiple` pixels.
  Index max_patches = 256;
  Filter filter = Filter::bicubic;
  /// Samples are rescaled first, `float(v) * float(rescale_factor)`, and resized as numbers, which
  /// rounds them to no byte (DINOv3). Bilinear and bicubic only.
  bool resize_values = false;
  /// With `resize_values`: each axis is smoothed by a Gaussian of `sigma = max(0, (h/H - 1) / 2)`
  /// and sampled linearly, in place of a filter that is widened (OWLv2).
  bool smooth_values = false;
  /// With `resize_values`: the centres of the corners stay where they are, and no filter is widened
  /// (ZoeDepth).
  bool align_corners = false;
  /// With `align_corners`: first `int(3 sqrt(n / 2))` pixels of the image are mirrored beyond each
  /// end of an axis of `n`. The sizes above are those of the image with that border (ZoeDepth).
  bool mirror_border = false;

  bool crop = true;
  Index crop_height = 224;
  Index crop_width = 224;
  CropRounding crop_rounding = CropRounding::half_even;
  /// The pixel that the padding around images smaller than the crop is made of.
  std::array<std::uint8_t, 3> pad_fill{};

  Rescale rescale = Rescale::divide;
  double rescale_factor = 1.0 / 255.0;

  bool normalize = true;
  std::array<float, 3> mean{0.0F, 0.0F, 0.0F};
  std::array<float, 3> std{1.0F, 1.0F, 1.0F};
};

}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
