/// What a forward pass with token merging needs beside the scratch memory of any pass.
#ifndef EIGENVIT_MODEL_PASS_MERGING_SCRATCH_HPP
#define EIGENVIT_MODEL_PASS_MERGING_SCRATCH_HPP

#include <cstddef>

#include <eigenvit/layers/multi_head_self_attention.hpp>
#include <eigenvit/layers/token_matching.hpp>
#include <eigenvit/model/pass/forward_plan.hpp>
#include <eigenvit/model/vit_config.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// Tokens are merged from one side to the other: the residual stream of a sequence, the number of
/// patches in each token and what that adds to attention's scores are held twice.
template <class Scalar>
struct MergingScratch {
  Index images;
  Index tokens;    ///< T, before any are merged
  Index head_dim;  ///< d

  Scalar* stream;        ///< residual stream `[B*T, D]` of side 1; side 0 has that of any pass
  Scalar* size;          ///< patches of each token `[2, B, T]`
  Scalar* key_bias;      ///< their logarithms `[2, B, T, 32]`, as attention reads them
  Index* place;          ///< of each of the T tokens in the merged sequence `[B, T]`
  Index* first_of;       ///< the first of the T tokens at each place `[B, T]`
  Scalar* match_values;  ///< memory of the matching of each image
  Index* match_indices;

  static constexpr Index bias_columns = MultiHeadSelfAttention<Scalar>::block_queries;

  /// Takes the memory from `arena`, a `Workspace` or a `WorkspaceSize`.
  template <class Arena>
  MergingScratch(const VitConfig& config, const ForwardPlan& plan, Arena& arena)
      : images(plan.images), tokens(plan.tokens), head_dim(config.head_dim()) {
    const auto values = [&](Index count) {
      return arena.template take<Scalar>(static_cast<std::size_t>(count));
    };
    const auto indices = [&](Index count) {
      return arena.template take<Index>(static_cast<std::size_t>(count));
    };
    const Index rows = images * tokens;
    stream = values(rows * config.embed_dim);
    size = values(2 * rows);
    key_bias = values(2 * rows * bias_columns);
    place = indices(rows);
    first_of = indices(rows);
    match_values = values(images * matching_values());
    match_indices = indices(images * matching_indices());
  }

  Scalar* size_of(Index side, Index image) const noexcept {
    return size + (side * images + image) * tokens;
  }
  Scalar* key_bias_of(Index side, Index image) const noexcept {
    return key_bias + (side * images + image) * image_key_bias();
  }
  /// From the biases of one image to those of the next.
  Index image_key_bias() const noexcept { return tokens * bias_columns; }
  Index* place_of(Index image) const noexcept { return place + image * tokens; }
  Index* first_of_image(Index image) const noexcept { return first_of + image * tokens; }
  TokenMatching<Scalar> matching(Index image) const noexcept {
    return {tokens, head_dim, match_values + image * matching_values(),
            match_indices + image * matching_indices()};
  }

 private:
  Index matching_values() const noexcept {
    return static_cast<Index>(TokenMatching<Scalar>::values(tokens, head_dim));
  }
  Index matching_indices() const noexcept {
    return static_cast<Index>(TokenMatching<Scalar>::indices(tokens));
  }
};

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
