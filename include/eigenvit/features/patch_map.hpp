/// Where patches lie in an image, and maps over patches as pictures of the image's size.
#ifndef EIGENVIT_FEATURES_PATCH_MAP_HPP
#define EIGENVIT_FEATURES_PATCH_MAP_HPP

#include <optional>

#include <eigenvit/core/compiler.hpp>
#include <eigenvit/core/types.hpp>
#include <eigenvit/image/image.hpp>
#include <eigenvit/image/pixel_mapping.hpp>
#include <eigenvit/pipeline/model.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {

/// A patch of a grid.
struct PatchPosition {
  Index row = 0;
  Index col = 0;
};

/// Edges in pixels of an image: the pixels `[left, right) x [top, bottom)`, with fractions.
struct PatchRectangle {
  double left = 0;
  double top = 0;
  double right = 0;
  double bottom = 0;
};

/// Ties the patches of a network's input to the pixels of the image that the input was made of,
/// through resize and crop:
///
///     const eigenvit::VisualTokens tokens = model.tokens(image);
///     const eigenvit::PatchMap map(model, image);
///     const auto picture = map.upsample(tokens.channel(7));  // [image height, image width]
///
/// Pixels that the crop cut off belong to no patch; `seen` tells which ones are left. Immutable.
class PatchMap {
 public:
  /// Patches of `patch_height x patch_width` pixels of the input. Throws `ShapeError` where the
  /// input has no room for one.
  PatchMap(const PixelMapping& mapping, Index patch_height, Index patch_width);

  /// The patches of an image that goes through a model. Throws as `Preprocessor::output_size`.
  PatchMap(const Model& model, const ImageView& image);

  const PixelMapping& mapping() const noexcept { return mapping_; }
  Index grid_height() const noexcept { return grid_height_; }  ///< h
  Index grid_width() const noexcept { return grid_width_; }    ///< w

  /// What a patch shows of the image; reaches beyond the image where the input is padded. Throws
  /// `ShapeError` when the patch lies outside of the grid.
  PatchRectangle rectangle(Index row, Index col) const;

  /// The patch that the centre of a pixel lies in; none where it was cut off.
  std::optional<PatchPosition> patch_at(Index x, Index y) const noexcept;

  /// The patch that comes closest to a pixel: of pixels that were cut off one at the border.
  PatchPosition nearest_patch(Index x, Index y) const noexcept;

  /// The pixels of the image whose centres lie in a patch.
  Window seen() const noexcept;

  /// A map `[h, w]` over the patches as a picture `[image height, image width]`: bilinear, a
  /// patch's value being at its centre, as `torch.nn.functional.interpolate(mode="bilinear",
  /// align_corners=False)` does it. Beyond the outermost centres, also for pixels that were cut
  /// off, the value of the border goes on. Throws `ShapeError` for a map of another size. Cost: a
  /// few flops for each pixel.
  Matrix<float> upsample(
      const Eigen::Ref<const Matrix<float>, 0, Eigen::Stride<Eigen::Dynamic, Eigen::Dynamic>>& map)
      const;

  /// The same for numbers that cannot be mixed, as labels: each pixel gets its nearest patch's.
  Matrix<Index> upsample_labels(const Matrix<Index>& map) const;

 private:
  void check_map(Index rows, Index cols) const;

  PixelMapping mapping_;
  Index patch_height_;
  Index patch_width_;
  Index grid_height_;
  Index grid_width_;
};

}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#if EIGENVIT_HEADER_ONLY
#include <eigenvit/features/patch_map.inl>
#endif

#endif
