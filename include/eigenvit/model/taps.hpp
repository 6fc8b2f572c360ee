/// What a forward pass is asked for, and what it gives.
#ifndef EIGENVIT_MODEL_TAPS_HPP
#define EIGENVIT_MODEL_TAPS_HPP

#include <array>
#include <cstddef>
#include <vector>

#include <eigenvit/core/aligned_buffer.hpp>
#include <eigenvit/core/types.hpp>
#include <eigenvit/model/dense_output.hpp>
#include <eigenvit/model/heads/heads.hpp>
#include <eigenvit/model/token_merging.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {

/// Request for a forward pass. What is not asked for is neither stored nor, where it can be left
/// out, computed.
///
/// What the heads give is asked for by members of their own: `logits [B, C]`, of a detector
/// `logits [B*Q, C]` and `pred_boxes [B*Q, 4]`, `pooler_output`, `image_embeds`.
struct Taps : detail::Heads::Taps {
  bool tokens = false;           ///< tokens after the final norm `[B*T, D]`
  bool pooled = false;           ///< what the head reads `[B, pooled_width]`
  bool dense = false;            ///< what the dense head gives: `DenseOutput`
  std::vector<Index> hidden;     ///< residual stream after these blocks, from 0 `[B*T, D]` each
  std::vector<Index> attention;  ///< attention of these blocks, from 0 `[B*H*T, T]` each
  /// Queries, keys and values of these blocks, from 0, as the linear layer gives them with its bias
  /// `[B*T, H*d]` each, head by head.
  std::vector<Index> query;
  std::vector<Index> key;
  std::vector<Index> value;
  /// Queries and keys as attention multiplies them: after their norms and the rotary embedding,
  /// where the model has such.
  std::vector<Index> rotated_query;
  std::vector<Index> rotated_key;
  TokenMerging token_merging;  ///< none by default
  bool merge_source = false;   ///< which tokens were merged `[B, T]`
};

/// Result of a forward pass. Buffers that were not asked for are empty; a result that is passed in
/// again keeps its memory.
///
/// Of images with different grids (`Model::run`) `grids` says which; `tokens_per_image`,
/// `grid_height`, `grid_width` and `merged_tokens` are 0 then, and the tokens of the images follow
/// each other.
///
/// Of the heads it has `logits` with `classes` and `logits_of(image)`, `pred_boxes` with
/// `detections`, `boxes_of(image)` and `box_logits_of(image)`, `pooler_output`, `image_embeds` with
/// `embeds_width` and `image_embeds_of(image)`.
template <class Scalar>
struct VitOutput : detail::Heads::Output<Scalar> {
  Index images = 0;            ///< B; 0 where there was no memory for it
  Index tokens_per_image = 0;  ///< T
  Index prefix_tokens = 0;     ///< P
  Index grid_height = 0;       ///< h
  Index grid_width = 0;        ///< w
  Index width = 0;             ///< D
  Index pooled_width = 0;      ///< D, 2D, or that of the pooler or of attention pooling
  Index heads = 0;             ///< H
  Index projection_width = 0;  ///< H d, of queries, keys and values
  Index merged_tokens = 0;     ///< tokens of an image that leave the last block; T without merging
  std::vector<std::array<Index, 2>>
      grids;  ///< `{h, w}` of each image where they differ, else empty

  AlignedBuffer<Scalar> tokens;
  AlignedBuffer<Scalar> pooled;
  DenseOutput<Scalar> dense;
  std::vector<AlignedBuffer<Scalar>> hidden;     ///< in the order of the request
  std::vector<AlignedBuffer<Scalar>> attention;  ///< in the order of the request
  std::vector<AlignedBuffer<Scalar>> query;      ///< in the order of the request, as the others
  std::vector<AlignedBuffer<Scalar>> key;
  std::vector<AlignedBuffer<Scalar>> value;
  std::vector<AlignedBuffer<Scalar>> rotated_query;
  std::vector<AlignedBuffer<Scalar>> rotated_key;
  /// For each token the first token of its image, from 0, that was merged into the same one as it;
  /// without merging itself.
  AlignedBuffer<Index> merge_source;

  /// `{h, w}` of one image.
  std::array<Index, 2> grid_of(Index image) const {
    return grids.empty() ? std::array<Index, 2>{grid_height, grid_width}
                         : grids[static_cast<std::size_t>(image)];
  }
  /// Tokens of one image, `[T, D]`. Cost: where grids differ, a sum over the images before it.
  ConstMatrixView<Scalar> tokens_of(Index image) const {
    if (grids.empty()) {
      return ConstMatrixView<Scalar>(tokens.data() + image * tokens_per_image * width,
                                     tokens_per_image, width);
    }
    const auto rows = [this](Index i) {
      const auto [h, w] = grid_of(i);
      return prefix_tokens + h * w + this->detections;
    };
    Index first = 0;
    for (Index i = 0; i < image; ++i) first += rows(i);
    return ConstMatrixView<Scalar>(tokens.data() + first * width, rows(image), width);
  }
  /// Merged tokens of one image, `[T]`.
  Eigen::Map<const Vector<Index>> merge_source_of(Index image) const {
    return {merge_source.data() + image * tokens_per_image, tokens_per_image};
  }
  /// Pooled vector of one image, `[pooled_width]`.
  ConstVectorView<Scalar> pooled_of(Index image) const {
    return ConstVectorView<Scalar>(pooled.data() + image * pooled_width, pooled_width);
  }
  /// Logits of the boxes of one image, `[Q, C]`.
  ConstMatrixView<Scalar> box_logits_of(Index image) const {
    return ConstMatrixView<Scalar>(this->logits.data() + image * this->detections * this->classes,
                                   this->detections, this->classes);
  }
  /// Attention of one head in one image, `[T, T]`: each row sums to 1 over what its token attends
  /// to. `tap` counts the blocks in the order of the request.
  ConstMatrixView<Scalar> attention_of(std::size_t tap, Index image, Index head) const {
    const Index size = tokens_per_image * tokens_per_image;
    return ConstMatrixView<Scalar>(attention[tap].data() + (image * heads + head) * size,
                                   tokens_per_image, tokens_per_image);
  }
  /// Queries, keys or values of one image, `[T, H*d]`: `projection` is `query[tap]`, say, where
  /// `tap` counts the blocks in the order of the request.
  ConstMatrixView<Scalar> projection_of(const AlignedBuffer<Scalar>& projection,
                                        Index image) const {
    return ConstMatrixView<Scalar>(projection.data() + image * tokens_per_image * projection_width,
                                   tokens_per_image, projection_width);
  }
};

namespace detail {

/// Queries, keys and values, and queries and keys that are rotated, of `Taps` or a `VitOutput`.
template <class Of>
auto projections_of(Of& of) noexcept -> std::array<decltype(&of.query), 5> {
  return {&of.query, &of.key, &of.value, &of.rotated_query, &of.rotated_key};
}

}  // namespace detail

}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
