/// From an image to a network's input.
#ifndef EIGENVIT_IMAGE_PREPROCESSOR_HPP
#define EIGENVIT_IMAGE_PREPROCESSOR_HPP

#include <array>
#include <vector>

#include <eigenvit/core/compiler.hpp>
#include <eigenvit/image/image.hpp>
#include <eigenvit/image/preprocess_config.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {

/// The most pixels that one preprocessed image may have: 8192 x 8192.
constexpr Index max_preprocessed_pixels = Index{1} << 26;

/// Applies a recipe: resize, centre crop, rescale, normalise. Only the part of the resized image
/// that survives the crop is computed. Immutable; any number of threads may share one.
///
///     const eigenvit::Preprocessor preprocess(config);
///     const auto [height, width] = preprocess.output_size(image.width(), image.height());
///     std::vector<float> pixel_values(3 * height * width);
///     preprocess(image, pixel_values.data());
class Preprocessor {
 public:
  /// Throws `ConfigError` where a side of the resize or crop is not in `[1, 2^31)`, the crop or the
  /// exact size has more than `max_preprocessed_pixels`, `shortest_edge` has two different targets,
  /// `longest_edge` is negative or less than the shortest edge, the factor, a mean or a standard
  /// deviation is not finite, a standard deviation is 0, or numbers are to be resized by another
  /// filter than bilinear and bicubic.
  explicit Preprocessor(PreprocessConfig config);

  const PreprocessConfig& config() const noexcept { return config_; }

  /// `{H, W}` of the pixel values made of an image of this size: the crop's where there is one,
  /// else the resized image's. Throws `ShapeError` where a side of the image is not in `[1, 2^31)`
  /// or the result would have more than `max_preprocessed_pixels`.
  std::array<Index, 2> output_size(Index image_width, Index image_height) const;

  /// Writes `pixel_values [3,H,W]`: plane by plane, red first, row-major;
  /// `pixel_values[c,y,x] = (rescale(v) - mean[c]) / std[c]`, with `v` the resized and cropped
  /// 8-bit sample. The view's format is taken as it is, without a copy of the image. Throws
  /// `ShapeError` where the view is not valid and as `output_size` does.
  void operator()(const ImageView& image, float* pixel_values) const;

 private:
  /// `{height, width}` of the whole resized image.
  std::array<Index, 2> resized_size(Index image_width, Index image_height) const;
  /// The call operator where numbers are resized.
  void resize_numbers(const ImageView& image, float* pixel_values) const;

  PreprocessConfig config_;
  /// The normalised value of each of the 256 samples, channel after channel: at most 768 distinct
  /// values ever leave a preprocessor.
  std::array<std::vector<float>, 3> values_;
};

}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#if EIGENVIT_HEADER_ONLY
#include <eigenvit/image/preprocessor.inl>
#endif

#endif
