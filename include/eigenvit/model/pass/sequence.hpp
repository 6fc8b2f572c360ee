/// The sequences of tokens that the stages of a pass work on.
#ifndef EIGENVIT_MODEL_PASS_SEQUENCE_HPP
#define EIGENVIT_MODEL_PASS_SEQUENCE_HPP

#include <cstddef>

#include <eigenvit/core/task_graph.hpp>
#include <eigenvit/model/pass/block_plan.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// Some rows of one image.
struct Rows {
  Index image;
  Index first;  ///< in the image
  Index count;
  Index row;  ///< the first one in the batch
};

/// What the blocks compute between one residual stream and the next, of a batch of images. Where
/// branches of a block are side by side, the values of one come after those of the other.
template <class Scalar>
struct BlockBuffers {
  Scalar* normed;    ///< `[B*T, D]`, rows `normed_stride` apart
  Scalar* qkv;       ///< queries, keys and values `[B, 3, H, T, head_width]`
  Scalar* packed;    ///< keys and values `[B, H, packed head]`, of blocks that pack them
  Scalar* attended;  ///< `[B*T, D]`, rows `normed_stride` apart
  Scalar* wide;      ///< the MLP's hidden layer `[B*T, F]`, rows `wide_stride` apart
  Scalar* attention_scratch;
  Index normed_stride;
  Index wide_stride;
  Index branch_rows;    ///< values of `normed`, and of `attended`, of one branch
  Index branch_wide;    ///< values of `wide` of one branch
  Index branch_qkv;     ///< values of `qkv` of one image and branch
  Index image_qkv;      ///< values of `qkv` of one image
  Index branch_packed;  ///< values of `packed` of one image and branch
  Index image_packed;   ///< values of `packed` of one image
  Index worker_size;    ///< values of `attention_scratch` of one worker

  Scalar* scratch_of(Index worker) const noexcept {
    return attention_scratch + worker * worker_size;
  }
};

/// One sequence of tokens for each image of a batch, and how its rows are cut into parts. Row `t`
/// of image `b` is row `b * image_rows + t` of the residual stream and of all buffers but `qkv`.
template <class Scalar>
struct Sequence {
  const BlockBuffers<Scalar>* buffers;
  Scalar* stream;  ///< residual stream `[B*image_rows, D]`
  Index width;     ///< D
  Index images;    ///< B
  Index image_rows;
  Index tokens;  ///< T, at most `image_rows`
  Index parts;   ///< of the rows of an image
  RowParts row_parts;

  /// The first `count` tokens of each image.
  Sequence first(Index count) const noexcept {
    Sequence result = *this;
    result.tokens = count;
    result.parts = row_parts.of(count);
    return result;
  }

  /// A stage that works on parts of the rows.
  Cut cut(Index shares = 1) const noexcept { return {images, parts, tokens, shares}; }

  Rows rows(const Task& task) const noexcept {
    const Index begin = tokens * task.part / parts;
    const Index end = tokens * (task.part + 1) / parts;
    return {task.image, begin, end - begin, task.image * image_rows + begin};
  }

  Scalar* stream_row(Index row) const noexcept { return stream + row * width; }
  Scalar* normed_row(Index row, Index branch = 0) const noexcept {
    return buffers->normed + branch * buffers->branch_rows + row * buffers->normed_stride;
  }
  Scalar* attended_row(Index row, Index branch = 0) const noexcept {
    return buffers->attended + branch * buffers->branch_rows + row * buffers->normed_stride;
  }
  Scalar* wide_row(Index row, Index branch = 0) const noexcept {
    return buffers->wide + branch * buffers->branch_wide + row * buffers->wide_stride;
  }
  Scalar* qkv(Index image, Index branch = 0) const noexcept {
    return buffers->qkv + image * buffers->image_qkv + branch * buffers->branch_qkv;
  }
  Scalar* packed(Index image, Index branch = 0) const noexcept {
    return buffers->packed + image * buffers->image_packed + branch * buffers->branch_packed;
  }
};

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
