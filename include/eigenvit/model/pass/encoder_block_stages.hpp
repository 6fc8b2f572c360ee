/// The stages of one encoder block.
#ifndef EIGENVIT_MODEL_PASS_ENCODER_BLOCK_STAGES_HPP
#define EIGENVIT_MODEL_PASS_ENCODER_BLOCK_STAGES_HPP

#include <algorithm>
#include <array>
#include <cstddef>

#include <eigenvit/core/task_graph.hpp>
#include <eigenvit/layers/encoder_block.hpp>
#include <eigenvit/model/pass/linear_share.hpp>
#include <eigenvit/model/pass/sequence.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// Where the queries, keys and values of a block go that are asked for, `[B*T, branches * H * d]`
/// each; null: they are not.
template <class Scalar>
struct ProjectionTaps {
  std::array<Scalar*, 3> projected = {};  ///< queries, keys and values
  std::array<Scalar*, 2> rotated = {};    ///< queries and keys after norms and RoPE

  bool any() const noexcept {
    return projected[0] || projected[1] || projected[2] || rotated[0] || rotated[1];
  }
};

/// An `EncoderBlock`, or several side by side, as stages of a pass: `EncoderBlock::operator()` on
/// the residual stream of a batch.
///
///     x += γ1 ⊙ attn(y):  norm1 | qkv | [tap] | [QK norm, RoPE] | [tap] || [pack] || attend
///                         || [norm] | proj
///     x += γ2 ⊙ mlp(y):   norm2 | fc1 | [gate, norm] | fc2
///
/// A stage in brackets is there where the block has that part, where it is asked for, or where the
/// layer after it encodes its inputs. After `|` a task needs its own part of the rows, at `||` the
/// whole image. Tasks of a linear layer go share by share of the weights, so that a share is read
/// once for all rows.
///
/// Where only the first tokens of each image are needed after the block, queries, attention and all
/// that follows are computed for those alone. A row does not depend on the others there, so its
/// bits do not change.
template <class Scalar>
class EncoderBlockStages {
 public:
  /// `branches` blocks from `blocks` on, side by side; `blocks`, `shares` and what `x` refers to
  /// outlive the run. Of each image the first `needed` tokens are needed after the block.
  /// `attention`, if not null, becomes the probabilities `[B, branches * H, T, T]`; `positions` has
  /// the key bias of image 0, that of the next one is `image_key_bias` values further on, and the
  /// number of keys of image 0, before those of the others.
  EncoderBlockStages(const EncoderBlock<Scalar>* blocks, Index branches, const BlockShares& shares,
                     const Sequence<Scalar>& x, Index needed,
                     const AttentionPositions<Scalar>& positions, Scalar* attention = nullptr,
                     Index image_key_bias = 0)
      : blocks_(blocks),
        branches_(branches),
        shares_(&shares),
        x_(x),
        y_(needed < x.tokens ? x.first(needed) : x),
        positions_(positions),
        attention_(attention),
        image_key_bias_(image_key_bias) {}

  /// The sequence after the block, unless it is moved between its halves.
  const Sequence<Scalar>& output() const noexcept { return y_; }

  /// The stage whose tokens match by their keys may follow, and the last one of the half.
  struct AttentionHalf {
    Stage keys;
    Stage x;
  };

  /// Adds the stages from the residual stream `x` to the stream after attention.
  AttentionHalf add_attention(TaskGraph& graph, Stage x,
                              const ProjectionTaps<Scalar>& taps = {}) const {
    const Stage norm1 =
        graph.add(x_.cut(), {part_of(x)}, [*this](const Task& task) { this->norm1(task); });
    Stage qkv = norm1;
    // Norms, RoPE and taps go through queries and the others together.
    if (queries() < x_.tokens && !rotates_or_norms() && !taps.any()) {
      qkv =
          graph.add(x_.cut(branches_ * shares_->qkv), {part_of(norm1)}, [*this](const Task& task) {
            project(x_, {1, 3}, task);
          });
      qkv = graph.add(y_.cut(branches_ * shares_->qkv), {image_of(qkv)}, [*this](const Task& task) {
        project(y_, {0, 1}, task);
      });
    } else {
      qkv =
          graph.add(x_.cut(branches_ * shares_->qkv), {part_of(norm1)}, [*this](const Task& task) {
            project(x_, {0, 3}, task);
          });
    }
    qkv = add_tap(graph, qkv, taps.projected);
    if (rotates_or_norms()) {
      qkv = graph.add(x_.cut(), {part_of(qkv)}, [*this](const Task& task) { apply_rope(task); });
    }
    qkv = add_tap(graph, qkv, taps.rotated);
    Stage last = qkv;
    if (packs_heads()) {
      last = graph.add({x_.images, branches_ * blocks_->attn().heads()}, {image_of(qkv)},
                       [*this](const Task& task) { pack_head(task); });
    }
    last = graph.add({x_.images, branches_ * units() * query_blocks()}, {image_of(last)},
                     [*this](const Task& task) { attend(task); });
    if (blocks_->attn().extras().norm || blocks_->attn().proj().encodes_inputs()) {
      last = graph.add(y_.cut(), {image_of(last)}, [*this](const Task& task) { norm_heads(task); });
    }
    last = graph.add(y_.cut(shares_->proj), {part_of(last)},
                     [*this](const Task& task) { proj(task); });
    if (norms_after()) {
      last = graph.add(y_.cut(), {part_of(last)}, [*this](const Task& task) {
        norm_half(y_.rows(task), blocks_->norm1());
        copy_stream(y_, y_.rows(task), blocks_->mlp().fc1());
      });
    }
    return {qkv, last};
  }

  /// Adds the stages from the residual stream after attention to that after the block, on the
  /// sequence `y`, which is `output()` unless tokens were merged.
  Stage add_mlp(TaskGraph& graph, Stage x, const Sequence<Scalar>& y) {
    y_ = y;
    Stage last = x;
    if (form() == BlockForm::pre_norm) {
      last = graph.add(y_.cut(), {part_of(x)}, [*this](const Task& task) { norm2(task); });
    }
    last = graph.add(y_.cut(branches_ * shares_->fc1), {part_of(last)},
                     [*this](const Task& task) { fc1(task); });
    if (blocks_->mlp().has_middle() || blocks_->mlp().fc2().encodes_inputs()) {
      last = graph.add(y_.cut(), {part_of(last)}, [*this](const Task& task) { gate(task); });
    }
    last =
        graph.add(y_.cut(shares_->fc2), {part_of(last)}, [*this](const Task& task) { fc2(task); });
    if (norms_after()) {
      last = graph.add(y_.cut(), {part_of(last)},
                       [*this](const Task& task) { norm_half(y_.rows(task), blocks_->norm2()); });
    }
    return last;
  }

 private:
  static constexpr Index block_queries = MultiHeadSelfAttention<Scalar>::block_queries;

  const EncoderBlock<Scalar>& block(Index branch) const noexcept { return blocks_[branch]; }
  BlockForm form() const noexcept { return blocks_->form(); }
  /// Whether the norms are at the ends of the halves.
  bool norms_after() const noexcept {
    return form() == BlockForm::post_norm || form() == BlockForm::sum_norm;
  }
  Index units() const noexcept { return blocks_->attn().units(); }

  bool packs_heads() const noexcept {
    for (Index b = 0; b < branches_; ++b) {
      if (block(b).attn().packs_heads()) return true;
    }
    return false;
  }
  bool rotates_or_norms() const noexcept {
    return blocks_->attn().extras().q_norm.has_value() || positions_.rope.cos != nullptr;
  }
  /// Queries that attention is computed for.
  Index queries() const noexcept { return attention_ ? x_.tokens : y_.tokens; }
  Index query_blocks() const noexcept { return ceil_div(queries(), block_queries); }

  void norm1(const Task& task) const {
    const Rows r = x_.rows(task);
    if (norms_after()) return copy_stream(x_, r, blocks_->attn().qkv());
    for (Index b = 0; b < branches_; ++b) {
      norm(block(b).norm1(), x_, r, b, block(b).attn().qkv());
    }
  }

  /// Rows of the stream, normed, as `layer` reads them.
  static void norm(const LayerNorm<Scalar>& norm, const Sequence<Scalar>& of, const Rows& r,
                   Index branch, const Linear<Scalar>& layer) {
    const Index stride = of.buffers->normed_stride;
    Scalar* const normed = of.normed_row(r.row, branch);
    norm.forward(of.stream_row(r.row), r.count, of.width, normed, stride);
    layer.encode(normed, r.count, stride);
  }

  /// The thirds of the panels of qkv that are queries, keys and values.
  struct Thirds {
    Index begin;
    Index end;
  };

  void project(const Sequence<Scalar>& of, Thirds thirds, const Task& task) const {
    const Index branch = task.share / shares_->qkv;
    const MultiHeadSelfAttention<Scalar>& attn = block(branch).attn();
    const Index third = attn.qkv().weight().panels() / 3;
    const auto part = PanelShare::of(thirds.begin * third, thirds.end * third, shares_->qkv,
                                     task.share % shares_->qkv);
    if (part.count == 0) return;
    const Rows r = of.rows(task);
    attn.project(x_.normed_row(r.row, branch), r.first, r.count, x_.buffers->normed_stride,
                 part.first, part.count, x_.qkv(r.image, branch), x_.tokens);
  }

  void apply_rope(const Task& task) const {
    const Rows r = x_.rows(task);
    for (Index b = 0; b < branches_; ++b) {
      block(b).attn().apply_rope(x_.qkv(r.image, b), r.first, r.count, x_.tokens, positions_);
    }
  }

  /// Copies what is asked for of queries, keys and values, as they are after `stage`.
  template <std::size_t kinds>
  Stage add_tap(TaskGraph& graph, Stage stage, const std::array<Scalar*, kinds>& into) const {
    if (std::all_of(into.begin(), into.end(), [](const Scalar* values) { return !values; })) {
      return stage;
    }
    return graph.add(
        x_.cut(), {part_of(stage)},
        [x = x_, &attn = blocks_->attn(), branches = branches_, into](const Task& task) {
          for (std::size_t third = 0; third < kinds; ++third) {
            if (into[third] == nullptr) continue;
            copy_heads(x, task, attn, branches, static_cast<Index>(third), into[third]);
          }
        });
  }

  /// Queries, keys or values of some rows, the heads of a token side by side.
  static void copy_heads(const Sequence<Scalar>& x, const Task& task,
                         const MultiHeadSelfAttention<Scalar>& attn, Index branches, Index third,
                         Scalar* into) {
    const Rows r = x.rows(task);
    Scalar* to = into + r.row * branches * attn.inner_features();
    for (Index i = r.first; i < r.first + r.count; ++i) {
      for (Index b = 0; b < branches; ++b) {
        for (Index head = 0; head < attn.heads(); ++head) {
          const Index row = (third * attn.heads() + head) * x.tokens + i;
          to = std::copy_n(x.qkv(r.image, b) + row * attn.head_width(), attn.head_dim(), to);
        }
      }
    }
  }

  void pack_head(const Task& task) const {
    const Index heads = blocks_->attn().heads();
    const Index branch = task.part / heads;
    if (!block(branch).attn().packs_heads()) return;
    block(branch).attn().pack_head(x_.qkv(task.image, branch), x_.tokens, task.part % heads,
                                   x_.packed(task.image, branch));
  }

  void attend(const Task& task) const {
    const Index branch = task.part / (units() * query_blocks());
    const Index unit = task.part / query_blocks() % units();
    const Index first = task.part % query_blocks() * block_queries;
    const MultiHeadSelfAttention<Scalar>& attn = block(branch).attn();
    AttentionPositions<Scalar> positions = positions_;
    if (positions.key_bias) positions.key_bias += task.image * image_key_bias_;
    if (positions.keys) positions.keys += task.image;
    Scalar* const probabilities = attention_ ? attention_ + (task.image * branches_ + branch) *
                                                                attn.heads() * x_.tokens * x_.tokens
                                             : nullptr;
    attn.attend(x_.qkv(task.image, branch), x_.tokens, unit, first,
                std::min(block_queries, queries() - first),
                x_.attended_row(task.image * x_.image_rows, branch), x_.buffers->normed_stride,
                probabilities, x_.buffers->scratch_of(task.worker), positions,
                x_.packed(task.image, branch));
  }

  void norm_heads(const Task& task) const {
    const Rows r = y_.rows(task);
    for (Index b = 0; b < branches_; ++b) {
      Scalar* const attended = y_.attended_row(r.row, b);
      block(b).attn().norm_heads(attended, r.count, y_.buffers->normed_stride);
      block(b).attn().proj().encode(attended, r.count, y_.buffers->normed_stride);
    }
  }

  /// A share of a layer back to the width of the stream: added to it or, in post-norm blocks, into
  /// `normed`, which the norm reads.
  void multiply_back(const Linear<Scalar>& layer, Index shares, const Task& task, const Scalar* x,
                     Index x_stride, const Scalar* scale) const {
    const Rows r = y_.rows(task);
    if (form() == BlockForm::post_norm) {
      multiply(layer, shares, task.share, x, r.count, x_stride, y_.normed_row(r.row),
               y_.buffers->normed_stride);
    } else {
      multiply(layer, shares, task.share, x, r.count, x_stride, y_.stream_row(r.row), y_.width,
               Finish<Scalar>{Activation::none, scale, true});
    }
  }

  void proj(const Task& task) const {
    for (Index b = 0; b < branches_; ++b) {
      multiply_back(block(b).attn().proj(), shares_->proj, task,
                    y_.attended_row(y_.rows(task).row, b), y_.buffers->normed_stride,
                    block(b).ls1());
    }
  }

  void norm2(const Task& task) const {
    const Rows r = y_.rows(task);
    for (Index b = 0; b < branches_; ++b) norm(block(b).norm2(), y_, r, b, block(b).mlp().fc1());
  }

  void fc1(const Task& task) const {
    const Index branch = task.share / shares_->fc1;
    const Rows r = y_.rows(task);
    const Mlp<Scalar>& mlp = block(branch).mlp();
    multiply(mlp.fc1(), shares_->fc1, task.share % shares_->fc1, y_.normed_row(r.row, branch),
             r.count, y_.buffers->normed_stride, y_.wide_row(r.row, branch),
             y_.buffers->wide_stride, Finish<Scalar>{mlp.fc1_activation(), nullptr, false});
  }

  void gate(const Task& task) const {
    const Rows r = y_.rows(task);
    for (Index b = 0; b < branches_; ++b) {
      Scalar* const hidden = y_.wide_row(r.row, b);
      block(b).mlp().run_middle(hidden, r.count, y_.buffers->wide_stride);
      block(b).mlp().fc2().encode(hidden, r.count, y_.buffers->wide_stride);
    }
  }

  void fc2(const Task& task) const {
    for (Index b = 0; b < branches_; ++b) {
      multiply_back(block(b).mlp().fc2(), shares_->fc2, task, y_.wide_row(y_.rows(task).row, b),
                    y_.buffers->wide_stride, block(b).ls2());
    }
  }

  /// The end of a half of a block with its norm there: of the stream itself or, in post-norm
  /// blocks, of what `normed` holds, which is then added.
  void norm_half(const Rows& r, const LayerNorm<Scalar>& norm) const {
    if (form() == BlockForm::sum_norm) {
      Scalar* const x = y_.stream_row(r.row);
      norm.forward(x, r.count, y_.width, x, y_.width);
      return;
    }
    const Index stride = y_.buffers->normed_stride;
    norm.forward(y_.normed_row(r.row), r.count, stride, y_.normed_row(r.row), stride);
    for (Index i = 0; i < r.count; ++i) {
      ops::add_row(y_.normed_row(r.row + i), y_.width, y_.stream_row(r.row + i));
    }
  }

  /// The stream as what the first layer of a half reads that has no norm before it.
  static void copy_stream(const Sequence<Scalar>& of, const Rows& r, const Linear<Scalar>& layer) {
    for (Index i = 0; i < r.count; ++i) {
      std::copy_n(of.stream_row(r.row + i), of.width, of.normed_row(r.row + i));
    }
    layer.encode(of.normed_row(r.row), r.count, of.buffers->normed_stride);
  }

  const EncoderBlock<Scalar>* blocks_;
  Index branches_;
  const BlockShares* shares_;
  Sequence<Scalar> x_;  ///< before the block
  Sequence<Scalar> y_;  ///< after attention
  AttentionPositions<Scalar> positions_;
  Scalar* attention_;
  Index image_key_bias_;
};

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
