/// From pixels to tokens.
#ifndef EIGENVIT_LAYERS_PATCH_EMBEDDING_HPP
#define EIGENVIT_LAYERS_PATCH_EMBEDDING_HPP

#include <algorithm>
#include <string>
#include <utility>

#include <eigenvit/core/batch_view.hpp>
#include <eigenvit/core/error.hpp>
#include <eigenvit/core/executor.hpp>
#include <eigenvit/kernels/ops.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {

/// One token for each patch of an image: a convolution whose kernel and stride are the patch, which
/// is a product over flattened patches. `token(row, col) = W · patch(row, col) + b`, the patch in
/// the order channel, row, column.
///
/// Shapes: weight `[D, channels * patch_height * patch_width]`, bias `[D]` or none, pixel values
/// `[channels, height, width]`, tokens `[h*w, D]`, row-major over the grid of
/// `h = height / patch_height`, `w = width / patch_width`; rows and columns of pixels that do not
/// fill a patch are left out, as a convolution leaves them out.
/// Cost: `2 h w D channels patch_height patch_width` flops.
/// Source: Dosovitskiy et al., arXiv:2010.11929; timm's `PatchEmbed`.
template <class Scalar>
class PatchEmbedding {
 public:
  PatchEmbedding() = default;

  /// Copies its weights; an empty `bias` means none. Throws as the constructor below.
  PatchEmbedding(const ConstMatrixRef<Scalar>& weight, const ConstVectorRef<Scalar>& bias,
                 Index channels, Index patch_height, Index patch_width)
      : PatchEmbedding(PackedMatrix<Scalar>(weight),
                       AlignedBuffer<Scalar>(bias.data(), bias.data() + bias.size()), channels,
                       patch_height, patch_width) {}

  /// Takes its weights over. Throws `ShapeError` when weight, bias and patch do not fit together.
  PatchEmbedding(PackedMatrix<Scalar> weight, AlignedBuffer<Scalar> bias, Index channels,
                 Index patch_height, Index patch_width)
      : weight_(std::move(weight)),
        bias_(std::move(bias)),
        channels_(channels),
        patch_height_(patch_height),
        patch_width_(patch_width) {
    if (channels < 1 || patch_height < 1 || patch_width < 1 ||
        weight_.inputs() != channels * patch_height * patch_width) {
      throw ShapeError("patch embedding: expected a weight of " + std::to_string(channels) + " x " +
                       std::to_string(patch_height) + " x " + std::to_string(patch_width) +
                       " inputs, found " + std::to_string(weight_.inputs()));
    }
    if (!bias_.empty() && static_cast<Index>(bias_.size()) != width()) {
      throw ShapeError("patch embedding: expected a bias of " + std::to_string(width()) +
                       " values, found " + std::to_string(bias_.size()));
    }
  }

  Index width() const noexcept { return weight_.outputs(); }
  Index channels() const noexcept { return channels_; }
  Index patch_height() const noexcept { return patch_height_; }
  Index patch_width() const noexcept { return patch_width_; }
  Index patch_size() const noexcept { return weight_.inputs(); }
  Index parameters() const noexcept {
    return width() * patch_size() + static_cast<Index>(bias_.size());
  }

  /// Tokens of one image of `image_height x image_width` pixels. Throws `ShapeError` when `pixels`
  /// is not `[channels * image_height, image_width]` or holds no whole patch.
  Matrix<Scalar> operator()(const ConstMatrixRef<Scalar>& pixels, Index image_height,
                            Index image_width) const {
    if (pixels.rows() != channels_ * image_height || pixels.cols() != image_width ||
        image_height < patch_height_ || image_width < patch_width_) {
      throw ShapeError("patch embedding: expected " + std::to_string(channels_) +
                       " planes of at least " + std::to_string(patch_height_) + " x " +
                       std::to_string(patch_width_) + " pixels, found " +
                       std::to_string(pixels.rows()) + " x " + std::to_string(pixels.cols()) +
                       " values for an image of " + std::to_string(image_height) + " x " +
                       std::to_string(image_width));
    }
    const Matrix<Scalar> dense = pixels;
    Matrix<Scalar> tokens(image_height / patch_height_ * (image_width / patch_width_), width());
    AlignedBuffer<Scalar> scratch(scratch_size(tokens.rows(), patch_size()));
    SerialExecutor serial;
    forward(dense.data(), image_height, image_width, BatchView<Scalar>::of(tokens), scratch.data(),
            serial);
    return tokens;
  }

  /// Values of scratch that each strand of a forward pass needs for an image of `patches` patches
  /// of `patch_size` values each.
  static std::size_t scratch_size(Index patches, Index patch_size) {
    return static_cast<std::size_t>(std::min(patches, block_patches) * patch_size);
  }

  /// Tokens of a batch of images `[B, channels, image_height, image_width]`. `scratch` holds
  /// `scratch_size` values for each strand of the executor.
  void forward(const Scalar* pixels, Index image_height, Index image_width,
               const BatchView<Scalar>& tokens, Scalar* scratch, Executor& executor) const {
    const Index grid_width = image_width / patch_width_;
    const Index patches = image_height / patch_height_ * grid_width;
    eigen_assert(tokens.rows == patches && tokens.cols == width());
    const Index blocks = (patches + block_patches - 1) / block_patches;
    const Index block = (patches + blocks - 1) / blocks;
    ops::Epilogue<Scalar> epilogue;
    epilogue.bias = bias_.empty() ? nullptr : bias_.data();
    const auto strand_size = static_cast<Index>(scratch_size(patches, patch_size()));

    for_each_task(executor, tokens.images * blocks, [&](Index task, Index strand) {
      const Index image = task / blocks;
      const Index first = task % blocks * block;
      const Index count = std::min(block, patches - first);
      const Scalar* const planes = pixels + image * channels_ * image_height * image_width;
      Scalar* const flat = scratch + strand * strand_size;
      for (Index i = 0; i < count; ++i) {
        const Index row = (first + i) / grid_width * patch_height_;
        const Index col = (first + i) % grid_width * patch_width_;
        gather(planes + row * image_width + col, image_height, image_width,
               flat + i * patch_size());
      }
      ops::linear(flat, count, patch_size(), weight_, Index{0}, width(), epilogue,
                  tokens.row(image, first), tokens.row_stride);
    });
  }

 private:
  // Flattened patches of one block stay in the L2 cache (384 KB at 3 x 16 x 16 float).
  static constexpr Index block_patches = 128;

  /// Copies the patch whose first pixel is at `corner` in the order channel, row, column.
  void gather(const Scalar* corner, Index image_height, Index image_width, Scalar* flat) const {
    for (Index c = 0; c < channels_; ++c) {
      for (Index y = 0; y < patch_height_; ++y) {
        flat = std::copy_n(corner + (c * image_height + y) * image_width, patch_width_, flat);
      }
    }
  }

  PackedMatrix<Scalar> weight_;
  AlignedBuffer<Scalar> bias_;
  Index channels_ = 0;
  Index patch_height_ = 0;
  Index patch_width_ = 0;
};

}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
