/// One pass over texts as stages of a task graph.
#ifndef EIGENVIT_MODEL_PASS_TEXT_PASS_HPP
#define EIGENVIT_MODEL_PASS_TEXT_PASS_HPP

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include <eigenvit/core/task_graph.hpp>
#include <eigenvit/model/pass/block_plan.hpp>
#include <eigenvit/model/pass/block_scratch.hpp>
#include <eigenvit/model/pass/encoder_block_stages.hpp>
#include <eigenvit/model/pass/linear_share.hpp>
#include <eigenvit/model/pass/sequence.hpp>
#include <eigenvit/model/text_config.hpp>
#include <eigenvit/model/text_layers.hpp>
#include <eigenvit/model/text_taps.hpp>
#include <eigenvit/model/unit_length.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// The place of the last token that does not fill the text up; the first where all do.
inline Index last_token(const TextConfig& config, const std::int32_t* ids, Index length) {
  while (config.masks_padding && length > 1 && ids[length - 1] == config.pad_id) --length;
  return length - 1;
}

/// Whether a token of a text whose last one is at `last` is masked though others follow. A text of
/// padding alone keeps its first token.
inline bool is_inner_padding(const TextConfig& config, std::int32_t id, Index last) {
  return config.masks_inner_padding && id == config.pad_id && last > 0;
}

/// Tokens of a text, from the first on, behind which no token is attended to. Beside a class token
/// each is masked by the one before it, so that the first that fills a text up counts, or the class
/// token behind a full text.
inline Index key_end(const TextConfig& config, const std::int32_t* ids, Index length) {
  if (!config.masks_padding) return length;
  if (!config.class_token) return last_token(config, ids, length) + 1;
  while (length > 0 && ids[length - 1] == config.pad_id) --length;
  return length + 1;
}

/// Whether the token at `key`, before `key_end`, is masked.
inline bool is_masked_key(const TextConfig& config, const std::int32_t* ids, Index key, Index end) {
  if (config.class_token) return key > 0 && ids[key - 1] == config.pad_id;
  return is_inner_padding(config, ids[key], end - 1);
}

/// The place of the token whose vector is that of the text; where it is the mean of several, of the
/// last one.
inline Index pooled_token(const TextConfig& config, const std::int32_t* ids, Index length) {
  switch (config.text_pool) {
    case TextPool::first:
      return 0;
    case TextPool::last:
      return length - 1;
    case TextPool::greatest_id:
      return std::max_element(ids, ids + length) - ids;
    case TextPool::mean:
      return last_token(config, ids, length);
    case TextPool::end_token: {
      const Index place = std::find(ids, ids + length, config.end_id) - ids;
      return place < length ? place : 0;
    }
  }
  return 0;
}

/// Sizes of a pass over texts and the pieces that its stages are cut into. Results do not depend on
/// the pieces.
struct TextPlan {
  Index texts;
  Index tokens;  ///< of each text that are computed, with the class token, which is the last one
  RowParts row_parts;
  BlockShares block_shares;
  bool packs_heads;

  /// The passes that compute these texts.
  PassSize pass_size(Index threads) const noexcept { return {texts, tokens, row_parts, threads}; }

  TextPlan(const TextConfig& config, Index text_count, Index token_count, Index threads,
           RowParts parts, bool packs)
      : texts(text_count),
        tokens(token_count),
        row_parts(parts),
        block_shares(
            LayerShares(text_count, token_count, parts.of(token_count), threads).of_blocks(config)),
        packs_heads(packs) {}
};

/// Where in the workspace a pass over texts keeps what.
template <class Scalar>
struct TextScratch {
  Scalar* stream;  ///< residual stream `[B*T, D]`
  BlockBuffers<Scalar> blocks;
  Index* places;     ///< of the pooled tokens `[B]`
  Index* keys;       ///< how many tokens are keys `[B]`
  Index* positions;  ///< of the tokens `[B, T]`; null where they are their places
  Scalar* pooled;    ///< `[B, D]`
  Scalar* normed;    ///< a token of each text `[B, D]`, where the mean is of normed ones, else null
  Scalar* hidden;    ///< before the projection `[B, projection_hidden]`
  Scalar* key_bias;  ///< of tokens that fill up `[B, T, block_queries]`; null where they count

  /// Values of the key bias of a text.
  static Index key_bias_size(Index tokens) noexcept {
    return tokens * MultiHeadSelfAttention<Scalar>::block_queries;
  }

  /// Takes the memory from `arena`, a `Workspace` or a `WorkspaceSize`.
  template <class Arena>
  TextScratch(const TextConfig& config, const TextPlan& plan, Index workers, Arena& arena) {
    BlockSizes sizes;
    sizes.sequences = plan.texts;
    sizes.tokens = plan.tokens;
    sizes.workers = workers;
    sizes.packs_heads = plan.packs_heads;
    sizes.bias_tokens = config.causal || config.distance_bias ? plan.tokens : 0;
    const auto count = [](Index size) { return static_cast<std::size_t>(size); };
    stream = arena.template take<Scalar>(count(plan.texts * plan.tokens * config.embed_dim));
    blocks = take_block_buffers<Scalar>(config, sizes, arena, arena);
    places = arena.template take<Index>(count(plan.texts));
    keys = arena.template take<Index>(count(plan.texts));
    positions =
        config.pad_position ? arena.template take<Index>(count(plan.texts * plan.tokens)) : nullptr;
    pooled = arena.template take<Scalar>(count(plan.texts * config.embed_dim));
    normed = config.final_norm && config.text_pool == TextPool::mean
                 ? arena.template take<Scalar>(count(plan.texts * config.embed_dim))
                 : nullptr;
    hidden = arena.template take<Scalar>(count(plan.texts * config.projection_hidden));
    key_bias = config.masks_padding
                   ? arena.template take<Scalar>(count(plan.texts * key_bias_size(plan.tokens)))
                   : nullptr;
  }
};

/// A pass over some texts of a batch:
///
///     x = embed(ids)                where there is one, through a norm
///     x = block(x)                  for each block
///     tokens = norm(x)
///     pooled = tokens[place]
///     text_embeds = projection(pooled), of length 1 where the model scales it
///
/// Where the tokens are not asked for, only pooled ones are normed, and beside a class token it
/// alone. Refers to objects that outlive the run; the output's buffers have their sizes.
template <class Scalar>
class TextPass {
 public:
  TextPass(const TextConfig& config, const TextLayers<Scalar>& layers, const TextPlan& plan,
           const TextScratch<Scalar>& scratch, const TextTokens& tokens, const TextTaps& taps,
           TextOutput<Scalar>& output, Index first_text)
      : config_(config),
        layers_(layers),
        plan_(plan),
        scratch_(scratch),
        tokens_(tokens),
        taps_(taps),
        output_(output),
        first_text_(first_text),
        x_{&scratch.blocks,
           scratch.stream,
           config.embed_dim,
           plan.texts,
           plan.tokens,
           plan.tokens,
           plan.row_parts.of(plan.tokens),
           plan.row_parts} {}

  void add_to(TaskGraph& graph) const {
    Stage x = graph.add(x_.cut(), {}, [this](const Task& task) {
      const Rows r = x_.rows(task);
      const std::int32_t* const ids = tokens_.ids + r.image * tokens_.length + r.first;
      const bool has_class = config_.class_token && r.first + r.count == x_.tokens;
      if (scratch_.positions) {
        layers_.token_embed.embed(ids, scratch_.positions + r.row, r.count, x_.stream_row(r.row));
      } else {
        layers_.token_embed.embed(ids, r.first, r.count - (has_class ? 1 : 0),
                                  x_.stream_row(r.row));
      }
      if (has_class) {
        layers_.token_embed.embed(layers_.class_token.data(), tokens_.length,
                                  x_.stream_row(r.row + r.count - 1));
      }
      if (layers_.embed_norm) {
        Scalar* const rows = x_.stream_row(r.row);
        layers_.embed_norm->forward(rows, r.count, x_.width, rows, x_.width);
      }
    });
    AttentionPositions<Scalar> positions;
    positions.causal = config_.causal;
    positions.scales_scores = config_.scales_scores;
    if (layers_.distance_bias) positions.distance_bias = &*layers_.distance_bias;
    positions.key_bias = scratch_.key_bias;
    positions.keys = scratch_.keys;
    positions.longest = config_.context_length + (config_.class_token ? 1 : 0);
    const Index bias_size = TextScratch<Scalar>::key_bias_size(x_.tokens);
    for (const EncoderBlock<Scalar>& layers : layers_.blocks) {
      EncoderBlockStages<Scalar> block(&layers, 1, plan_.block_shares, x_, x_.tokens, positions,
                                       nullptr, bias_size);
      x = block.add_mlp(graph, block.add_attention(graph, x).x, x_);
    }
    if (taps_.tokens) {
      graph.add(x_.cut(), {part_of(x)}, [this](const Task& task) {
        const Rows r = x_.rows(task);
        Scalar* const to = place(output_.tokens) + (r.image * tokens_.length + r.first) * x_.width;
        const Index count = std::min(r.count, tokens_.length - r.first);
        if (config_.class_token) {
          std::copy_n(x_.stream_row(r.row), count * x_.width, to);
        } else {
          norm(r.row, count, to);
        }
      });
    }
    if (taps_.pooled || taps_.text_embeds) add_pooling(graph, x);
  }

 private:
  /// Where the values of the pass begin in a buffer of the output.
  Scalar* place(AlignedBuffer<Scalar>& buffer) const noexcept {
    return buffer.data() + static_cast<Index>(buffer.size()) / output_.texts * first_text_;
  }

  void norm(Index row, Index count, Scalar* to) const {
    if (layers_.norm) {
      layers_.norm->forward(x_.stream_row(row), count, x_.width, to, x_.width);
    } else {
      std::copy_n(x_.stream_row(row), count * x_.width, to);
    }
  }

  /// The vector of a text.
  void pool(Index text, Scalar* pooled) const {
    const Index row = text * x_.image_rows;
    const Index place = scratch_.places[text];
    if (config_.text_pool != TextPool::mean) return norm(row + place, 1, pooled);
    const std::int32_t* const ids = tokens_.ids + text * tokens_.length;
    std::fill_n(pooled, x_.width, Scalar(0));
    Index count = 0;
    for (Index i = 0; i <= place; ++i) {
      if (is_inner_padding(config_, ids[i], place)) continue;
      const Scalar* token = x_.stream_row(row + i);
      if (scratch_.normed) {
        Scalar* const normed = scratch_.normed + text * x_.width;
        norm(row + i, 1, normed);
        token = normed;
      }
      ops::add_row(token, x_.width, pooled);
      ++count;
    }
    const Scalar share = Scalar(1) / static_cast<Scalar>(count);
    std::transform(pooled, pooled + x_.width, pooled,
                   [share](Scalar value) { return value * share; });
  }

  void add_pooling(TaskGraph& graph, Stage x) const {
    Stage last = graph.add({x_.images}, {image_of(x)}, [this](const Task& task) {
      Scalar* const pooled = scratch_.pooled + task.image * x_.width;
      pool(task.image, pooled);
      if (taps_.pooled) {
        std::copy_n(pooled, x_.width, place(output_.pooled) + task.image * x_.width);
      }
    });
    if (!taps_.text_embeds) return;
    const Index width = config_.embeds_width();
    const Scalar* from = scratch_.pooled;
    Index from_width = x_.width;
    if (layers_.projection_hidden) {
      const Index shares = shares_for_few_rows(*layers_.projection_hidden);
      last = graph.add(Cut{}.in_shares(shares), {all_of(last)}, [this, shares](const Task& task) {
        multiply(*layers_.projection_hidden, shares, task.share, scratch_.pooled, x_.images,
                 x_.width, scratch_.hidden, config_.projection_hidden,
                 Finish<Scalar>{config_.projection_act, nullptr, false});
      });
      from = scratch_.hidden;
      from_width = config_.projection_hidden;
    }
    if (layers_.projection) {
      const Index shares = shares_for_few_rows(*layers_.projection);
      last = graph.add(Cut{}.in_shares(shares), {all_of(last)},
                       [this, shares, from, from_width](const Task& task) {
                         multiply(*layers_.projection, shares, task.share, from, x_.images,
                                  from_width, place(output_.text_embeds), config_.embeds_width());
                       });
    } else {
      last = graph.add({}, {all_of(last)}, [this, width](const Task&) {
        std::copy_n(scratch_.pooled, x_.images * width, place(output_.text_embeds));
      });
    }
    if (!config_.normalize_embeds) return;
    graph.add({}, {all_of(last)}, [this, width](const Task&) {
      scale_to_unit_length(place(output_.text_embeds), x_.images, width);
    });
  }

  const TextConfig& config_;
  const TextLayers<Scalar>& layers_;
  const TextPlan& plan_;
  const TextScratch<Scalar>& scratch_;
  const TextTokens& tokens_;
  const TextTaps& taps_;
  TextOutput<Scalar>& output_;  ///< of the whole batch
  Index first_text_;            ///< of the pass, in the batch
  Sequence<Scalar> x_;
};

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
