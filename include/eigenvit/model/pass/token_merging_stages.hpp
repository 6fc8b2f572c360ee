/// The stages that merge tokens between the halves of a block.
#ifndef EIGENVIT_MODEL_PASS_TOKEN_MERGING_STAGES_HPP
#define EIGENVIT_MODEL_PASS_TOKEN_MERGING_STAGES_HPP

#include <algorithm>
#include <cmath>

#include <eigenvit/core/task_graph.hpp>
#include <eigenvit/kernels/ops.hpp>
#include <eigenvit/model/pass/encoder_block_stages.hpp>
#include <eigenvit/model/pass/merging_scratch.hpp>
#include <eigenvit/model/pass/sequence.hpp>
#include <eigenvit/model/token_merging.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// Token merging of a pass: after the attention of each block a shorter sequence, in the end all
/// tokens again, each with the vector of the one that it was merged into.
///
///     start | (attention of a block) || match || merge | (MLP of the block) ... || restore
///
/// `match` needs the keys of the whole image and runs beside attention. The numbers of tokens are
/// known beforehand, since each block merges as many as it can of those that are asked for.
/// Cost beside that of the blocks for fewer tokens: matching (`TokenMatching`), about 1 % of a
/// block of ViT-B. What pools all patches counts merged ones as often as they have patches, as the
/// reference's MAE models do.
template <class Scalar>
class TokenMergingStages {
 public:
  /// `scratch` outlives the run; `all` is the sequence before the first block, of `prefix` tokens
  /// and patches, whose keys have `heads` heads.
  TokenMergingStages(const TokenMerging& options, const Sequence<Scalar>& all, Index prefix,
                     Index heads, const MergingScratch<Scalar>& scratch)
      : scratch_(&scratch),
        all_(all),
        now_(all),
        prefix_(prefix),
        heads_(heads),
        per_block_(options.per_block),
        proportional_(options.proportional_attention) {}

  /// Adds the stage that makes each token its own.
  Stage add_start(TaskGraph& graph, Stage x) {
    return matched_ = graph.add(all_.cut(), {part_of(x)}, [*this](const Task& task) {
      const Rows r = all_.rows(task);
      for (Index t = r.first; t < r.first + r.count; ++t) {
        scratch_->place_of(r.image)[t] = t;
        scratch_->size_of(0, r.image)[t] = 1;
      }
    });
  }

  /// What attention adds to the scores of the keys, for image 0, or null; and from the values of
  /// one image to those of the next.
  const Scalar* key_bias() const noexcept {
    // There is no memory while the bytes of a workspace are counted.
    const bool adds = proportional_ && now_.tokens < all_.tokens && scratch_->key_bias != nullptr;
    return adds ? scratch_->key_bias_of(side_, 0) : nullptr;
  }

  Index image_key_bias() const noexcept { return scratch_->image_key_bias(); }

  /// Adds the stages that merge tokens after the attention of a block. `match_only`: they are
  /// matched, but the sequence stays.
  Stage add_merge(TaskGraph& graph, typename EncoderBlockStages<Scalar>::AttentionHalf attention,
                  bool match_only) {
    const Index merged = TokenMatching<Scalar>::merged(now_.tokens, prefix_, per_block_);
    if (merged == 0) return attention.x;
    matched_ = graph.add({now_.images}, {image_of(attention.keys), image_of(matched_)},
                         [*this, merged](const Task& task) { match(task.image, merged); });
    if (match_only) return attention.x;
    Sequence<Scalar> next = now_.first(now_.tokens - merged);
    next.stream = side_ == 0 ? scratch_->stream : all_.stream;
    const Stage x = graph.add(next.cut(), {image_of(attention.x), image_of(matched_)},
                              [*this, next](const Task& task) { merge(next, next.rows(task)); });
    now_ = next;
    side_ = 1 - side_;
    return x;
  }

  /// The sequence as it is now.
  const Sequence<Scalar>& sequence() const noexcept { return now_; }

  /// Adds a stage that copies the vectors of all tokens to `hidden [B*T, D]`.
  Stage add_copy(TaskGraph& graph, Stage x, Scalar* hidden) const {
    return graph.add(all_.cut(), {image_of(x)},
                     [*this, hidden](const Task& task) { restore(all_.rows(task), hidden); });
  }

  /// Adds a stage that writes all tokens to the stream of the side that is free.
  Stage add_restore(TaskGraph& graph, Stage x) {
    Sequence<Scalar> next = all_;
    next.stream = side_ == 0 ? scratch_->stream : all_.stream;
    const Stage restored = add_copy(graph, x, next.stream);
    now_ = next;
    return restored;
  }

  /// Adds a stage that writes to `source [B, T]` which token each was merged into.
  void add_source(TaskGraph& graph, Stage x, Index* source) const {
    graph.add({all_.images}, {image_of(x), image_of(matched_)}, [*this, source](const Task& task) {
      const Index tokens = scratch_->tokens;
      const Index* const place = scratch_->place_of(task.image);
      Index* const first_of = scratch_->first_of_image(task.image);
      for (Index t = tokens - 1; t >= 0; --t) first_of[place[t]] = t;
      for (Index t = 0; t < tokens; ++t) source[task.image * tokens + t] = first_of[place[t]];
    });
  }

 private:
  /// Decides what the block merges, and what that makes of places and sizes.
  void match(Index image, Index merged) const {
    const TokenMatching<Scalar> matching = scratch_->matching(image);
    const Index keys = heads_ * now_.tokens * kernels::padded_width(scratch_->head_dim);
    matching.match(now_.qkv(image) + keys, heads_, now_.tokens, prefix_, merged);
    const Scalar* const before = scratch_->size_of(side_, image);
    Scalar* const after = scratch_->size_of(1 - side_, image);
    Scalar* const bias = scratch_->key_bias_of(1 - side_, image);
    Index* const place = scratch_->place_of(image);
    Index* const next_place = scratch_->first_of_image(image);
    for (Index j = 0; j < now_.tokens - merged; ++j) {
      after[j] = 0;
      for (Index i = matching.first()[j]; i < matching.first()[j + 1]; ++i) {
        after[j] += before[matching.rows()[i]];
        next_place[matching.rows()[i]] = j;
      }
      const auto logarithm = static_cast<Scalar>(std::log(static_cast<double>(after[j])));
      std::fill_n(bias + j * scratch_->bias_columns, scratch_->bias_columns, logarithm);
    }
    for (Index t = 0; t < all_.tokens; ++t) place[t] = next_place[place[t]];
  }

  /// Rows of the shorter sequence on the other side: means of tokens, by their sizes.
  void merge(const Sequence<Scalar>& next, const Rows& r) const {
    const TokenMatching<Scalar> matching = scratch_->matching(r.image);
    const Scalar* const size = scratch_->size_of(side_, r.image);
    const Scalar* const total = scratch_->size_of(1 - side_, r.image);
    const auto row_of = [&](Index t) { return now_.stream_row(r.image * now_.image_rows + t); };
    for (Index j = r.first; j < r.first + r.count; ++j) {
      const Index first = matching.first()[j];
      const Index last = matching.first()[j + 1];
      Scalar* const mean = next.stream_row(r.row + j - r.first);
      if (last - first == 1) {
        std::copy_n(row_of(matching.rows()[first]), now_.width, mean);
        continue;
      }
      std::fill_n(mean, now_.width, Scalar(0));
      // The row that norm2 will fill holds one product at a time: the sum by a kernel, since a
      // compiler that fused it with the product would change bits.
      Scalar* const product = next.normed_row(r.row + j - r.first);
      for (Index i = first; i < last; ++i) {
        const Index row = matching.rows()[i];
        const auto weight =
            static_cast<Scalar>(static_cast<double>(size[row]) / static_cast<double>(total[j]));
        for (Index c = 0; c < now_.width; ++c) product[c] = weight * row_of(row)[c];
        ops::add_row(product, now_.width, mean);
      }
    }
  }

  /// Rows of the sequence before any were merged, into `to [B*T, D]`.
  void restore(const Rows& r, Scalar* to) const {
    const Index* const place = scratch_->place_of(r.image);
    for (Index i = 0; i < r.count; ++i) {
      std::copy_n(now_.stream_row(r.image * now_.image_rows + place[r.first + i]), now_.width,
                  to + (r.row + i) * now_.width);
    }
  }

  const MergingScratch<Scalar>* scratch_;
  Sequence<Scalar> all_;
  Sequence<Scalar> now_;
  Index side_ = 0;  ///< of the scratch, that `now_` is on
  Index prefix_;
  Index heads_;
  Index per_block_;
  bool proportional_;
  Stage matched_ = {0};  ///< of the last block that matched tokens
};

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
