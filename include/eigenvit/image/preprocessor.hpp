/// From an image to a network's input.
#ifndef EIGENVIT_IMAGE_PREPROCESSOR_HPP
#define EIGENVIT_IMAGE_PREPROCESSOR_HPP

#include <array>
#include <cstddef>
#include <cstdint>

#include <eigenvit/core/aligned_buffer.hpp>
#include <eigenvit/core/compiler.hpp>
#include <eigenvit/image/image.hpp>
#include <eigenvit/image/image_box.hpp>
#include <eigenvit/image/pixel_mapping.hpp>
#include <eigenvit/image/preprocess_config.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

class ResizeRows;
struct InputLayout;

}  // namespace detail

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
  /// deviation is not finite, a standard deviation is 0, numbers are to be resized by another
  /// filter than bilinear and bicubic, a square is to be padded without being smoothed,
  /// `align_corners` is set for samples or beside a crop, `mirror_border` without it, or a box is
  /// to be cropped or has a side of one pixel.
  explicit Preprocessor(PreprocessConfig config);

  const PreprocessConfig& config() const noexcept { return config_; }

  /// `{H, W}` of the pixel values made of an image of this size: the crop's where there is one,
  /// else the resized image's. Throws `ShapeError` where a side of the image is not in `[1, 2^31)`,
  /// or too short for the border that is mirrored, or the result would have more than
  /// `max_preprocessed_pixels`.
  std::array<Index, 2> output_size(Index image_width, Index image_height) const;

  /// Where the pixels of an image of this size come to lie. Throws as `output_size` does.
  PixelMapping mapping(Index image_width, Index image_height) const;

  /// Writes `pixel_values [3,H,W]`: plane by plane, red first, row-major;
  /// `pixel_values[c,y,x] = (rescale(v) - mean[c]) / std[c]`, with `v` the resized and cropped
  /// 8-bit sample. The view's format is taken as it is, without a copy of the image. Throws
  /// `ShapeError` where the view is not valid and as `output_size` does.
  void operator()(const ImageView& image, float* pixel_values) const;

  /// Whether pixel values are made of 8-bit samples: not where the recipe resizes numbers.
  bool has_samples() const noexcept { return !config_.resize_values; }

  /// Writes `samples [3,H,W]`, the `v` of above, for callers that take the last step themselves:
  /// `pixel_values[c,y,x] = sample_values()[256 c + samples[c,y,x]]`. Throws as above, and
  /// `UnsupportedError` unless `has_samples`.
  void samples(const ImageView& image, std::uint8_t* samples) const;

  /// The samples of one box of the image, where the recipe is one of boxes (`padded_box`). Throws
  /// `ShapeError` for an invalid view or box (`detail::BoxFrame`), and `UnsupportedError` for other
  /// recipes.
  void samples(const ImageView& image, const ImageBox& box, std::uint8_t* samples) const;

  /// Bytes of memory that the overloads below take for an image. Throws as the call operator.
  std::size_t scratch_bytes(const ImageView& image) const;

  /// As above, in memory that the caller lends: at least `scratch_bytes(image)`, aligned to 64
  /// bytes. Nothing is allocated.
  void operator()(const ImageView& image, float* pixel_values, std::byte* scratch) const;
  void samples(const ImageView& image, std::uint8_t* samples, std::byte* scratch) const;

  /// `[3,256]`: what each sample of each channel becomes. At most these 768 distinct values ever
  /// leave a preprocessor. Stays where it is for as long as the preprocessor, or the one that this
  /// is moved to, lives.
  const float* sample_values() const noexcept { return sample_values_.data(); }

 private:
  /// `{height, width}` of the whole resized image.
  std::array<Index, 2> resized_size(Index image_width, Index image_height) const;
  detail::InputLayout layout(Index image_width, Index image_height) const;
  /// What of the resized image survives the crop.
  detail::ResizeRows resized_rows(const ImageView& image, const detail::InputLayout& layout) const;
  /// Throws `UnsupportedError` unless `has_samples`.
  void check_samples() const;
  /// The call operator where numbers are resized.
  void resize_numbers(const ImageView& image, float* pixel_values, std::byte* scratch) const;
  template <class Numbers>
  void write_numbers(const ImageView& image, const detail::InputLayout& layout,
                     const Numbers& numbers, float* pixel_values) const;

  /// Writes `[3,H,W]`, each sample as `become` says it of channel and sample.
  template <class Value, class Become>
  void write(const ImageView& image, Value* planes, const Become& become, std::byte* scratch) const;
  /// As above, of a box.
  template <class Value, class Become>
  void write_box(const ImageView& image, const ImageBox& box, Value* planes,
                 const Become& become) const;

  PreprocessConfig config_;
  AlignedBuffer<float> sample_values_;
};

}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#if EIGENVIT_HEADER_ONLY
#include <eigenvit/image/preprocessor.inl>
#endif

#endif
