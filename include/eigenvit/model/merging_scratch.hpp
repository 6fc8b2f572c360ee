/// What a forward pass with token merging needs beside the scratch memory of any pass.
#ifndef EIGENVIT_MODEL_MERGING_SCRATCH_HPP
#define EIGENVIT_MODEL_MERGING_SCRATCH_HPP

#include <cstddef>

#include <eigenvit/core/progress.hpp>
#include <eigenvit/core/workspace.hpp>
#include <eigenvit/model/forward_plan.hpp>
#include <eigenvit/model/forward_scratch.hpp>
#include <eigenvit/model/merging_plan.hpp>
#include <eigenvit/model/vit_config.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {

/// Merging goes from one side to the other: the tokens of a sequence, how many patches each stands
/// for and what that adds to attention's scores are held twice.
template <class Scalar>
struct MergingScratch {
  Index tokens;    ///< T, before anything is merged
  Index head_dim;  ///< d

  Scalar* stream;        ///< residual stream `[B*T, D]` of side 1; side 0 has that of any pass
  Scalar* size;          ///< patches that each token stands for `[2, B, T]`
  Scalar* key_bias;      ///< their logarithms `[2, B, T, 32]`, as attention reads them
  Index* place;          ///< of each of the T tokens in the merged sequence `[B, T]`
  Index* first_of;       ///< the first of the T tokens at each place `[B, T]`
  Scalar* match_values;  ///< memory of the matching of each image
  Index* match_indices;
  MergingStep* steps;
  Progress* done;  ///< tasks of each image

  /// Takes the memory from `arena`, a `Workspace` or a `WorkspaceSize`. Tasks that wait are ended
  /// by `failure`, which outlives this.
  template <class Arena>
  MergingScratch(const VitConfig& config, const ForwardPlan& plan, Arena& arena,
                 const TaskFailure& failure)
      : tokens(plan.tokens), head_dim(config.head_dim()), images_(plan.images) {
    const auto images = static_cast<std::size_t>(plan.images);
    const auto rows = images * static_cast<std::size_t>(tokens);
    stream = arena.template take<Scalar>(rows * static_cast<std::size_t>(config.embed_dim));
    size = arena.template take<Scalar>(2 * rows);
    key_bias = arena.template take<Scalar>(2 * rows * bias_columns);
    place = arena.template take<Index>(rows);
    first_of = arena.template take<Index>(rows);
    match_values =
        arena.template take<Scalar>(images * TokenMatching<Scalar>::values(tokens, head_dim));
    match_indices = arena.template take<Index>(images * TokenMatching<Scalar>::indices(tokens));
    steps =
        arena.template take<MergingStep>(static_cast<std::size_t>(MergingPlan::most_steps(config)));
    done = progress_counters(arena, plan.images, failure);
  }

  Scalar* size_of(Index side, Index image) const noexcept {
    return size + (side * images_ + image) * tokens;
  }
  Scalar* key_bias_of(Index side, Index image) const noexcept {
    return key_bias + (side * images_ + image) * tokens * bias_columns;
  }
  Index* place_of(Index image) const noexcept { return place + image * tokens; }
  Index* first_of_image(Index image) const noexcept { return first_of + image * tokens; }
  TokenMatching<Scalar> matching(Index image) const noexcept {
    const auto values = static_cast<Index>(TokenMatching<Scalar>::values(tokens, head_dim));
    const auto indices = static_cast<Index>(TokenMatching<Scalar>::indices(tokens));
    return {tokens, head_dim, match_values + image * values, match_indices + image * indices};
  }

  static constexpr Index bias_columns = MultiHeadSelfAttention<Scalar>::block_queries;

 private:
  Index images_;
};

/// Bytes of workspace that a forward pass with token merging uses.
template <class Scalar>
std::size_t workspace_bytes(const VitConfig& config, Index image_height, Index image_width,
                            Index images, int threads, const TokenMerging& merging) {
  const std::size_t bytes =
      workspace_bytes<Scalar>(config, image_height, image_width, images, threads);
  if (merging.per_block == 0) return bytes;
  WorkspaceSize size;
  const TaskFailure failure;
  const ForwardPlan plan(config, image_height, image_width, images, threads,
                         ops::tile_rows<Scalar>());
  MergingScratch<Scalar>(config, plan, size, failure);
  return bytes + size.bytes();
}

}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
