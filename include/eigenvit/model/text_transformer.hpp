/// The network that reads texts: tokens in; the vectors that are compared with those of images out.
#ifndef EIGENVIT_MODEL_TEXT_TRANSFORMER_HPP
#define EIGENVIT_MODEL_TEXT_TRANSFORMER_HPP

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>

#include <eigenvit/core/error.hpp>
#include <eigenvit/core/executor.hpp>
#include <eigenvit/core/message.hpp>
#include <eigenvit/core/steady_executor.hpp>
#include <eigenvit/core/task_failure.hpp>
#include <eigenvit/core/task_graph.hpp>
#include <eigenvit/core/workspace.hpp>
#include <eigenvit/model/pass/text_pass.hpp>
#include <eigenvit/model/text_config.hpp>
#include <eigenvit/model/text_layers.hpp>
#include <eigenvit/model/text_taps.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {

/// Transformer of texts: `x = scale table[ids] + positions`, `x = block_i(x)` for each block,
/// `tokens = norm(x)`, `pooled` the token that `TextPool` names, `text_embeds =
/// projection(pooled)`; norm and projection only where the configuration has them. A class token
/// (CoCa) is a further row of `x`, behind the others, which is pooled and then normed.
///
/// Shapes: ids `[B, T]` with T up to the context length, tokens `[B*T, D]`, text_embeds `[B, E]`.
/// Cost: `TextConfig::flops`. Where the tokens are not asked for, those are left out that change
/// nothing: in a causal network the ones after the last pooled one of the batch, in one that masks
/// padding the ones that only fill up. A network is
/// immutable; any number of threads may use it at the same time. The bits of a result in float32
/// and float64 depend on the text and on what was asked for, not on the other texts of the batch,
/// the number of threads or the executor. Source: Radford et al., arXiv:2103.00020; transformers'
/// `CLIPTextModel` and `SiglipTextModel`; open_clip's `TextTransformer`.
///
///     const auto folder = eigenvit::TextFolder::open("clip-vit-base-patch32");
///     const auto network = folder.read_network<float>();
///     const std::vector<std::int32_t> ids = {49406, 320, 2368, 49407};
///     eigenvit::TextTaps taps;
///     taps.text_embeds = true;
///     const auto output = network.forward({ids.data(), 1, 4}, taps);
///     output.text_embeds_of(0);
template <class Scalar>
class TextTransformer {
 public:
  /// Throws `ConfigError` or `ShapeError` when the configuration contradicts itself or the layers.
  TextTransformer(const TextConfig& config, TextLayers<Scalar> layers)
      : config_(config), layers_(std::move(layers)) {
    detail::validate(config_, "text transformer");
    detail::check_layers(config_, layers_);
  }

  const TextConfig& config() const noexcept { return config_; }
  const TextLayers<Scalar>& layers() const noexcept { return layers_; }
  /// As a checkpoint has them: heads of keys and values that are shared count once, positions that
  /// are computed not at all.
  Index parameters() const noexcept {
    return layers_.parameters() - config_.repeated_parameters() - config_.computed_values();
  }

  /// A batch, on the calling thread unless an executor is given, in the workspace that is lent or
  /// one of its own; in passes of few texts where there are many. Throws as the overload below.
  TextOutput<Scalar> forward(const TextTokens& tokens, const TextTaps& taps,
                             Executor* executor = nullptr, Workspace* workspace = nullptr) const {
    TextOutput<Scalar> output;
    forward(tokens, taps, output, executor, workspace);
    return output;
  }

  /// As above, into a result that may have been used before; then and with a lent workspace nothing
  /// is allocated after the first call of the shape. Throws `ShapeError` when there is no text or
  /// its length is not from 1 to the context length, and `ConfigError` for an id that the table
  /// does not have.
  void forward(const TextTokens& tokens, const TextTaps& taps, TextOutput<Scalar>& output,
               Executor* executor = nullptr, Workspace* workspace = nullptr) const;

  /// Bytes of workspace that a pass over `texts` texts of `length` tokens takes on `threads`
  /// threads at most, known before the first one. Throws as `forward`, and `ConfigError` for fewer
  /// than 1 thread.
  std::size_t workspace_bytes(Index texts, Index length, int threads, const TextTaps& taps) const;

 private:
  void check_size(Index texts, Index length) const {
    if (texts < 1) detail::raise<ShapeError>({"tokens: expected at least 1 text, found ", texts});
    if (length < 1 || length > config_.context_length) {
      detail::raise<ShapeError>(
          {"tokens: expected texts of 1 to ", config_.context_length, " tokens, found ", length});
    }
  }

  void check(const TextTokens& tokens) const {
    check_size(tokens.ids == nullptr ? Index{0} : tokens.texts, tokens.length);
    const std::int32_t* const end = tokens.ids + tokens.texts * tokens.length;
    const auto wrong = std::find_if(
        tokens.ids, end, [&](std::int32_t id) { return id < 0 || id >= config_.vocabulary; });
    if (wrong != end) {
      detail::raise<ConfigError>({"tokens: expected ids from 0 to ", config_.vocabulary - 1,
                                  ", found ", *wrong, " in text ",
                                  (wrong - tokens.ids) / tokens.length});
    }
  }

  Index place(const TextTokens& tokens, Index text) const {
    return detail::pooled_token(config_, tokens.ids + text * tokens.length, tokens.length);
  }

  Index key_end(const TextTokens& tokens, Index text) const {
    return detail::key_end(config_, tokens.ids + text * tokens.length, tokens.length);
  }

  Index last(const TextTokens& tokens, Index text) const {
    return detail::last_token(config_, tokens.ids + text * tokens.length, tokens.length);
  }

  /// Adds to the scores of tokens that fill a text up a number whose exponential is 0. It is
  /// finite, since a program may be compiled for finite numbers only.
  void mask_padding(const TextTokens& tokens, Index computed, Scalar* key_bias) const {
    const Index size = detail::TextScratch<Scalar>::key_bias_size(computed);
    std::fill_n(key_bias, tokens.texts * size, Scalar(0));
    const Index row = detail::TextScratch<Scalar>::key_bias_size(1);
    for (Index text = 0; text < tokens.texts; ++text) {
      const std::int32_t* const ids = tokens.ids + text * tokens.length;
      const Index end = key_end(tokens, text);
      for (Index i = 0; i < computed; ++i) {
        if (i < end && !detail::is_masked_key(config_, ids, i, end)) continue;
        std::fill_n(key_bias + text * size + i * row, row, Scalar(-1e30));
      }
    }
  }

  /// Tokens of a text that are keys: none that change nothing, so that attention cuts the keys in
  /// the same way whatever the other texts are.
  Index keys_of(const TextTokens& tokens, Index text, const TextTaps& taps, Index computed) const {
    if (config_.masks_padding) return std::min(computed, key_end(tokens, text));
    return config_.causal && !taps.tokens ? place(tokens, text) + 1 : computed;
  }

  /// Positions of the tokens of a text in a table whose first row is that of `pad_id`.
  void count_positions(const std::int32_t* ids, Index count, Index* positions) const {
    Index next = 1;
    std::transform(ids, ids + count, positions,
                   [&](std::int32_t id) { return id == config_.pad_id ? 0 : next++; });
  }

  /// Tokens of each text that must be computed: up to the pooled one, which may be one that fills
  /// the text up, and those that it attends to. A class token is behind those that count.
  Index needed(const TextTokens& tokens, const TextTaps& taps) const {
    const bool leaves_out = config_.causal || config_.masks_padding;
    if (taps.tokens || !leaves_out) return rows_of(tokens.length);
    if (config_.class_token) {
      Index most = 0;
      for (Index text = 0; text < tokens.texts; ++text) {
        most = std::max(most, key_end(tokens, text));
      }
      return rows_of(std::min(most, tokens.length));
    }
    Index most = 0;
    for (Index text = 0; text < tokens.texts; ++text) {
      const Index attended = config_.causal ? 0 : last(tokens, text);
      most = std::max({most, place(tokens, text), attended});
    }
    return most + 1;
  }

  /// Rows of a text of so many tokens.
  Index rows_of(Index length) const noexcept { return length + (config_.class_token ? 1 : 0); }

  detail::TextPlan plan_of(Index texts, Index tokens, Index workers) const {
    const auto& attn = layers_.blocks.front().attn();
    const detail::RowParts parts{ops::tile_rows<Scalar>(),
                                 attn.qkv().weight().keeps_panels() ? detail::RowParts::usual_rows
                                                                    : detail::RowParts::large_rows,
                                 texts, workers};
    const bool packs = std::any_of(layers_.blocks.begin(), layers_.blocks.end(),
                                   [](const auto& block) { return block.attn().packs_heads(); });
    return {config_, texts, tokens, workers, parts, packs};
  }

  /// States the shapes in `output` and makes room for what is asked for.
  void prepare(const TextTokens& tokens, const TextTaps& taps, TextOutput<Scalar>& output) const {
    output.texts = tokens.texts;
    output.length = tokens.length;
    output.width = config_.embed_dim;
    output.embeds_width = config_.embeds_width();
    const auto resize = [](AlignedBuffer<Scalar>& buffer, Index size) {
      buffer.resize(static_cast<std::size_t>(size));
    };
    resize(output.tokens, taps.tokens ? output.texts * output.length * output.width : 0);
    resize(output.pooled, taps.pooled ? output.texts * output.width : 0);
    resize(output.text_embeds, taps.text_embeds ? output.texts * output.embeds_width : 0);
  }

  TextConfig config_;
  TextLayers<Scalar> layers_;
};

// Outside the class, so that a program that uses the compiled library does not compile a pass.
template <class Scalar>
void TextTransformer<Scalar>::forward(const TextTokens& tokens, const TextTaps& taps,
                                      TextOutput<Scalar>& output, Executor* executor,
                                      Workspace* workspace) const {
  check(tokens);
  detail::SteadyExecutor run_on(executor);
  Workspace own;
  Workspace& memory = workspace ? *workspace : own;
  const Index workers = run_on.concurrency();
  prepare(tokens, taps, output);
  const detail::TextPlan whole = plan_of(tokens.texts, needed(tokens, taps), workers);
  whole.pass_size(workers).for_each_pass([&](Index first, Index count) {
    const TextTokens part{tokens.ids + first * tokens.length, count, tokens.length};
    const detail::TextPlan plan = plan_of(count, needed(part, taps), workers);
    detail::WorkspaceSize size;
    detail::TextScratch<Scalar>(config_, plan, workers, size);
    memory.reset(size.bytes());
    const detail::TextScratch<Scalar> scratch(config_, plan, workers, memory);
    for (Index text = 0; text < count; ++text) {
      scratch.places[text] = config_.class_token ? plan.tokens - 1 : place(part, text);
      scratch.keys[text] = keys_of(part, text, taps, plan.tokens);
      if (!config_.pad_position) continue;
      count_positions(part.ids + text * part.length, plan.tokens,
                      scratch.positions + text * plan.tokens);
    }
    if (config_.masks_padding) mask_padding(part, plan.tokens, scratch.key_bias);
    const detail::TextPass<Scalar> pass(config_, layers_, plan, scratch, part, taps, output, first);
    pass.add_to(memory.task_graph());
    detail::TaskFailure failure;
    memory.task_graph().run(run_on, failure);
  });
  layers_.blocks.front().attn().qkv().weight().settle(workers);
}

template <class Scalar>
std::size_t TextTransformer<Scalar>::workspace_bytes(Index texts, Index length, int threads,
                                                     const TextTaps& taps) const {
  detail::check_threads(threads);
  check_size(texts, length);
  const Index rows = rows_of(length);
  const Index most = plan_of(texts, rows, threads).pass_size(threads).most();
  const detail::TextPlan plan = plan_of(most, rows, threads);
  detail::WorkspaceSize size;
  const detail::TextScratch<Scalar> scratch(config_, plan, threads, size);
  TextOutput<Scalar> output;
  output.texts = most;
  const TextTokens tokens{nullptr, most, length};
  const detail::TextPass<Scalar> pass(config_, layers_, plan, scratch, tokens, taps, output, 0);
  detail::TaskGraph graph;
  pass.add_to(graph);
  return size.bytes() + graph.bytes(threads);
}

#if !EIGENVIT_HEADER_ONLY
extern template void TextTransformer<float>::forward(const TextTokens&, const TextTaps&,
                                                     TextOutput<float>&, Executor*,
                                                     Workspace*) const;
extern template std::size_t TextTransformer<float>::workspace_bytes(Index, Index, int,
                                                                    const TextTaps&) const;
#endif

}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
