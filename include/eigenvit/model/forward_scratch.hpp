/// The scratch memory of a forward pass.
#ifndef EIGENVIT_MODEL_FORWARD_SCRATCH_HPP
#define EIGENVIT_MODEL_FORWARD_SCRATCH_HPP

#include <algorithm>

#include <eigenvit/core/workspace.hpp>
#include <eigenvit/layers/encoder_block.hpp>
#include <eigenvit/layers/patch_embedding.hpp>
#include <eigenvit/model/vit_config.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {

/// Where in the workspace a forward pass keeps what. Laid out by the same lines of code whether the
/// memory is taken or only counted.
template <class Scalar>
struct ForwardScratch {
  Scalar* stream;     ///< residual stream `[B*T, D]`
  Scalar* normed;     ///< `[B*T, D]`
  Scalar* wide;       ///< queries, keys and values or the MLP's hidden layer `[B*T, max(3D, F)]`
  Scalar* strands;    ///< for each strand, scores of a block of queries or flattened patches
  Scalar* positions;  ///< resampled position embeddings `[h*w, D]`; null at the model's own grid

  /// Takes the memory from `arena`, a `Workspace` or a `WorkspaceSize`.
  template <class Arena>
  ForwardScratch(const VitConfig& config, Index image_height, Index image_width, Index images,
                 int strand_count, Arena& arena) {
    const Index grid_height = image_height / config.patch_height;
    const Index grid_width = image_width / config.patch_width;
    const Index patches = grid_height * grid_width;
    const Index tokens = config.prefix_tokens() + patches;
    const auto rows = static_cast<std::size_t>(images * tokens);
    const auto width = static_cast<std::size_t>(config.embed_dim);
    const auto wide_width =
        static_cast<std::size_t>(std::max(3 * config.embed_dim, config.mlp_hidden));
    const Index patch_size = config.in_chans * config.patch_height * config.patch_width;
    const std::size_t strand_size =
        std::max(MultiHeadSelfAttention<Scalar>::scores_size(tokens),
                 PatchEmbedding<Scalar>::scratch_size(patches, patch_size));

    stream = arena.template take<Scalar>(rows * width);
    normed = arena.template take<Scalar>(rows * width);
    wide = arena.template take<Scalar>(rows * wide_width);
    strands = arena.template take<Scalar>(strand_size * static_cast<std::size_t>(strand_count));
    const bool native = grid_height == config.grid_height() && grid_width == config.grid_width();
    positions =
        native ? nullptr : arena.template take<Scalar>(static_cast<std::size_t>(patches) * width);
  }
};

/// Bytes of workspace that a forward pass of `images` images of such a size uses on `threads`
/// threads, known before the first call.
template <class Scalar>
std::size_t workspace_bytes(const VitConfig& config, Index image_height, Index image_width,
                            Index images, int threads) {
  WorkspaceSize size;
  ForwardScratch<Scalar>(config, image_height, image_width, images, threads, size);
  return size.bytes();
}

}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
