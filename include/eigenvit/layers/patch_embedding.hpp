/// From pixels to tokens.
#ifndef EIGENVIT_LAYERS_PATCH_EMBEDDING_HPP
#define EIGENVIT_LAYERS_PATCH_EMBEDDING_HPP

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>

#include <eigenvit/core/error.hpp>
#include <eigenvit/core/message.hpp>
#include <eigenvit/layers/linear.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {

/// One token for each patch of an image: a convolution whose kernel and stride are the patch, which
/// is a product over flattened patches. `token(row, col) = W · patch(row, col) + b`, the patch in
/// the order channel, row, column.
///
/// Shapes: weight `[D, channels * patch_height * patch_width]`, bias `[D]` or none, pixel values
/// `[channels, height, width]`, tokens `[h*w, D]`, row-major over the grid of
/// `h = height / patch_height`, `w = width / patch_width`; rows and columns of pixels that do not
/// fill a patch are left out, as a convolution leaves them out. With a padding the grid begins so
/// many rows above and columns left of the image, where pixel values are zeros; the number of
/// patches stays.
/// Cost: `2 h w D channels patch_height patch_width` flops.
/// Source: Dosovitskiy et al., arXiv:2010.11929; timm's `PatchEmbed`.
template <class Scalar>
class PatchEmbedding {
 public:
  PatchEmbedding() = default;

  /// Copies its weights; an empty `bias` means none. Throws as the constructor below.
  PatchEmbedding(const ConstMatrixRef<Scalar>& weight, const ConstVectorRef<Scalar>& bias,
                 Index channels, Index patch_height, Index patch_width)
      : PatchEmbedding(detail::PackedMatrix<Scalar>(weight),
                       AlignedBuffer<Scalar>(bias.data(), bias.data() + bias.size()), channels,
                       patch_height, patch_width) {}

  /// Takes its weights over. Throws `ShapeError` when weight, bias and patch do not fit together,
  /// or the padding is not smaller than a patch.
  PatchEmbedding(detail::PackedMatrix<Scalar> weight, const AlignedBuffer<Scalar>& bias,
                 Index channels, Index patch_height, Index patch_width, Index padding = 0)
      : proj_(fitting(std::move(weight), bias)),
        channels_(channels),
        patch_height_(patch_height),
        patch_width_(patch_width),
        padding_(padding) {
    if (channels < 1 || patch_height < 1 || patch_width < 1 ||
        patch_size() != channels * patch_height * patch_width) {
      detail::raise<ShapeError>({"patch embedding: expected a weight of ", channels, " x ",
                                 patch_height, " x ", patch_width, " inputs, found ",
                                 patch_size()});
    }
    if (padding < 0 || padding >= std::min(patch_height, patch_width)) {
      detail::raise<ShapeError>({"patch embedding: expected a padding smaller than a patch of ",
                                 patch_height, " x ", patch_width, ", found ", padding});
    }
  }

  Index width() const noexcept { return proj_.out_features(); }
  Index channels() const noexcept { return channels_; }
  Index patch_height() const noexcept { return patch_height_; }
  Index patch_width() const noexcept { return patch_width_; }
  Index padding() const noexcept { return padding_; }
  Index patch_size() const noexcept { return proj_.in_features(); }
  Index parameters() const noexcept { return proj_.parameters(); }
  /// The linear layer from a flattened patch to its token.
  const Linear<Scalar>& proj() const noexcept { return proj_; }

  /// Tokens of one image of `image_height x image_width` pixels. Throws `ShapeError` when `pixels`
  /// is not `[channels * image_height, image_width]` or holds no whole patch.
  Matrix<Scalar> operator()(const ConstMatrixRef<Scalar>& pixels, Index image_height,
                            Index image_width) const {
    if (pixels.rows() != channels_ * image_height || pixels.cols() != image_width ||
        image_height < patch_height_ || image_width < patch_width_) {
      detail::raise<ShapeError>({"patch embedding: expected ", channels_, " planes of at least ",
                                 patch_height_, " x ", patch_width_, " pixels, found ",
                                 pixels.rows(), " x ", pixels.cols(), " values for an image of ",
                                 image_height, " x ", image_width});
    }
    const Matrix<Scalar> dense = pixels;
    const Index patches = image_height / patch_height_ * (image_width / patch_width_);
    Matrix<Scalar> flat(patches, patch_size());
    flatten(dense.data(), image_height, image_width, 0, patches, flat.data(), flat.cols());
    return proj_(flat);
  }

  /// The patches `[first, first + count)` of an image `[channels, image_height, image_width]`, each
  /// a row of `flat` in the order channel, row, column.
  void flatten(const Scalar* image, Index image_height, Index image_width, Index first, Index count,
               Scalar* flat, Index flat_stride) const {
    flatten_with(
        image, image_height, image_width, first, count, flat, flat_stride,
        [](Index, const Scalar* from, Index size, Scalar* to) { std::copy_n(from, size, to); });
  }

  /// As above for 8-bit samples, each of which means `values[256 channel + sample]`. The
  /// pixel values themselves are never in memory but as patches.
  void flatten(const std::uint8_t* image, const Scalar* values, Index image_height,
               Index image_width, Index first, Index count, Scalar* flat, Index flat_stride) const {
    flatten_with(image, image_height, image_width, first, count, flat, flat_stride,
                 [values](Index channel, const std::uint8_t* from, Index size, Scalar* to) {
                   const Scalar* const table = values + 256 * channel;
                   for (Index i = 0; i < size; ++i) to[i] = table[from[i]];
                 });
  }

 private:
  /// `copy` takes channel, pixels of one row of a patch, how many, and where they go.
  template <class Pixel, class Copy>
  void flatten_with(const Pixel* image, Index image_height, Index image_width, Index first,
                    Index count, Scalar* flat, Index flat_stride, const Copy& copy) const {
    const Index grid_width = image_width / patch_width_;
    for (Index i = first; i < first + count;) {
      // Row by row of the image, through all patches that it crosses: processors fetch ahead what
      // is read one line after the other.
      const Index beside = std::min(grid_width - i % grid_width, first + count - i);
      const Index top = i / grid_width * patch_height_ - padding_;
      const Index left = i % grid_width * patch_width_ - padding_;
      Scalar* const patches = flat + (i - first) * flat_stride;
      for (Index row = 0; row < channels_ * patch_height_; ++row) {
        const Index channel = row / patch_height_, y = top + row % patch_height_;
        const Index line = (channel * image_height + y) * image_width;
        for (Index k = 0; k < beside; ++k) {
          Scalar* to = patches + k * flat_stride + row * patch_width_;
          const Index x = left + k * patch_width_;
          const Index before = y < 0 ? patch_width_ : std::max<Index>(0, -x);
          to = std::fill_n(to, before, Scalar(0));
          if (before == patch_width_) continue;
          copy(channel, image + line + x + before, patch_width_ - before, to);
        }
      }
      i += beside;
    }
  }

  static Linear<Scalar> fitting(detail::PackedMatrix<Scalar> weight,
                                const AlignedBuffer<Scalar>& bias) {
    if (!bias.empty() && static_cast<Index>(bias.size()) != weight.outputs()) {
      detail::raise<ShapeError>({"patch embedding: expected a bias of ", weight.outputs(),
                                 " values, found ", bias.size()});
    }
    return Linear<Scalar>(std::move(weight), bias);
  }

  Linear<Scalar> proj_;
  Index channels_ = 0;
  Index patch_height_ = 0;
  Index patch_width_ = 0;
  Index padding_ = 0;
};

}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
