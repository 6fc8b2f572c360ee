/// The composition: pixel values in; tokens, pooled vector, logits and whatever else is tapped out.
#ifndef EIGENVIT_MODEL_VISION_TRANSFORMER_HPP
#define EIGENVIT_MODEL_VISION_TRANSFORMER_HPP

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include <eigenvit/core/executor.hpp>
#include <eigenvit/core/message.hpp>
#include <eigenvit/core/steady_executor.hpp>
#include <eigenvit/core/task_failure.hpp>
#include <eigenvit/core/task_graph.hpp>
#include <eigenvit/core/whole_count.hpp>
#include <eigenvit/core/workspace.hpp>
#include <eigenvit/model/forward_pass.hpp>
#include <eigenvit/model/pass/forward_context.hpp>
#include <eigenvit/model/pass/forward_plan.hpp>
#include <eigenvit/model/pass/forward_scratch.hpp>
#include <eigenvit/model/pass/merging_scratch.hpp>
#include <eigenvit/model/pass/position_tables.hpp>
#include <eigenvit/model/pixel_batch.hpp>
#include <eigenvit/model/taps.hpp>
#include <eigenvit/model/vit_config.hpp>
#include <eigenvit/model/vit_layers.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {

/// Vision transformer:
/// `x = [prefix; patch_embed(pixels)] + pos_embed`, `x = block_i(x)` for each block,
/// `tokens = norm(x)`, `pooled = fc_norm(pool(tokens))`, `logits = head(pooled)`; each step but the
/// patches and the blocks only where the configuration has it.
///
/// Shapes: pixels `[B, in_chans, height, width]`, tokens `[B*T, D]`, logits `[B, C]`.
/// Cost: `flops`. A model is immutable; any number of threads may use it at the same
/// time. The bits of a result depend on the image and on what was asked for, not on the other
/// images of the batch, the number of threads or the executor. Source: Dosovitskiy et al.,
/// arXiv:2010.11929; timm's `VisionTransformer`.
///
///     eigenvit::Taps taps;
///     taps.tokens = taps.logits = true;
///     const auto output = network.forward({pixels.data(), 1, 224, 224}, taps);
///     output.tokens_of(0).row(0);  // the CLS token
template <class Scalar>
class VisionTransformer {
 public:
  /// Throws `ConfigError` or `ShapeError` when the configuration contradicts itself or the layers.
  VisionTransformer(const VitConfig& config, VitLayers<Scalar> layers)
      : config_(config), layers_(std::move(layers)) {
    detail::validate(config_, "vision transformer");
    detail::check_layers(config_, layers_);
  }

  const VitConfig& config() const noexcept { return config_; }
  const VitLayers<Scalar>& layers() const noexcept { return layers_; }
  /// As a checkpoint has them: heads of keys and values that are shared count once.
  Index parameters() const noexcept { return layers_.parameters() - config_.repeated_parameters(); }
  /// Floating-point operations of an image of such a size: `VitConfig::flops`, and those of the
  /// dense head.
  std::uint64_t flops(Index height, Index width) const {
    const std::uint64_t encoder = config_.flops(height, width);
    if (!layers_.dense_head) return encoder;
    return detail::whole_count(static_cast<double>(encoder) +
                               layers_.dense_head->flops(config_, height, width));
  }

  /// A batch, on the calling thread unless an executor is given, in the workspace that is lent or
  /// one of its own; in passes of few images where there are many. Throws as the overload below.
  VitOutput<Scalar> forward(const PixelBatch<Scalar>& pixels, const Taps& taps,
                            Executor* executor = nullptr, Workspace* workspace = nullptr) const {
    VitOutput<Scalar> output;
    forward(pixels, taps, output, executor, workspace);
    return output;
  }

  /// As above, into a result that may have been used before. Throws `ShapeError` when the pixels
  /// do not suit the model, `ConfigError` when a block is tapped that does not exist or is tapped
  /// twice, and `UnsupportedError` when a head or pooler is asked for that the model does not have.
  /// Of token merging as `check_token_merging`, and where attention or the dense head is asked for
  /// beside it. Of attention, queries, keys and values of blocks before queries join.
  void forward(const PixelBatch<Scalar>& pixels, const Taps& taps, VitOutput<Scalar>& output,
               Executor* executor = nullptr, Workspace* workspace = nullptr) const;

  /// Bytes of workspace that a pass over `images` images of such a size takes on `threads` threads,
  /// known before the first one. Throws as `forward`, and `ConfigError` for fewer than 1 thread.
  std::size_t workspace_bytes(Index image_height, Index image_width, Index images, int threads,
                              const Taps& taps) const;

  /// Bytes of the maps that a dense head gives of `images` images of such a size; 0 without one.
  /// Throws `ShapeError` where it does not take images of that size.
  std::size_t dense_bytes(Index image_height, Index image_width, Index images) const {
    if (!layers_.dense_head) return 0;
    check_size(image_height, image_width);
    const DenseShape shape = dense_shape(plan_of(image_height, image_width, 1, 1));
    return static_cast<std::size_t>(images * (shape.map_values() + shape.logit_values())) *
           sizeof(Scalar);
  }

 private:
  struct Scratch {
    detail::ForwardScratch<Scalar> pass;
    std::optional<detail::MergingScratch<Scalar>> merging;
  };

  template <class Arena>
  Scratch lay_out(const detail::ForwardPlan& plan, Index workers, const Taps& taps,
                  Arena& arena) const {
    const auto* const dense = taps.dense ? layers_.dense_head.get() : nullptr;
    const bool dense_alone = !taps.tokens && !detail::needs_pooled(taps);
    Scratch scratch{
        detail::ForwardScratch<Scalar>(config_, plan, dense, dense_alone, workers, arena),
        std::nullopt};
    if (taps.token_merging.per_block > 0) scratch.merging.emplace(config_, plan, arena);
    return scratch;
  }

  detail::ForwardPlan plan_of(Index height, Index width, Index images, Index workers) const {
    const bool keeps_panels = layers_.patch_embed.proj().weight().keeps_panels();
    detail::ForwardPlan plan(
        config_, height, width, images, workers, ops::tile_rows<Scalar>(),
        keeps_panels ? detail::RowParts::usual_rows : detail::RowParts::large_rows);
    plan.packs_heads = std::any_of(layers_.blocks.begin(), layers_.blocks.end(),
                                   [](const auto& block) { return block.attn().packs_heads(); });
    return plan;
  }

  void check(const PixelBatch<Scalar>& pixels, const Taps& taps) const {
    const bool sampled = pixels.samples != nullptr && pixels.sample_values != nullptr;
    if (pixels.images < 1 || (pixels.values == nullptr && !sampled)) {
      detail::raise<ShapeError>({"pixel values: expected at least 1 image, found ",
                                 pixels.values || sampled ? pixels.images : 0});
    }
    check_size(pixels.height, pixels.width);
    check_taps(taps);
  }

  void check_size(Index height, Index width) const {
    const auto size = [](Index rows, Index columns) {
      return std::to_string(rows) + " x " + std::to_string(columns);
    };
    const bool native = height == config_.image_height && width == config_.image_width;
    if (!native && !config_.dynamic_image_size) {
      detail::raise<ShapeError>({"pixel values: expected images of ",
                                 size(config_.image_height, config_.image_width), ", found ",
                                 size(height, width)});
    }
    constexpr Index largest = 1 << 16;
    if (height < config_.patch_height || width < config_.patch_width || height > largest ||
        width > largest) {
      detail::raise<ShapeError>({"pixel values: expected images of ",
                                 size(config_.patch_height, config_.patch_width), " to ",
                                 size(largest, largest), ", found ", size(height, width)});
    }
  }

  void check_taps(const Taps& taps) const {
    check_blocks(taps.hidden);
    check_blocks(taps.attention);
    for (const auto* const blocks : detail::projections_of(taps)) check_blocks(*blocks);
    refuse_early(taps.attention);
    for (const auto* const blocks : detail::projections_of(taps)) refuse_early(*blocks);
    detail::check_token_merging(taps.token_merging, config_);
    if (taps.token_merging.per_block > 0) {
      refuse_merged("attention", taps.attention);
      for (const auto* const blocks : detail::projections_of(taps)) {
        refuse_merged("queries, keys or values", *blocks);
      }
      if (taps.dense) {
        detail::raise<UnsupportedError>(
            {"token merging: expected no dense head to be asked for, which reads the tokens of "
             "blocks, found one"});
      }
    }
    detail::Heads::check_taps(config_, taps);
    if (taps.dense && !layers_.dense_head) {
      detail::raise<UnsupportedError>(
          {"taps: expected a network with a dense head for dense, found none: load_dense_model of "
           "eigenvit/dense.hpp reads those that a folder has"});
    }
  }

  /// Throws `ConfigError` unless they are blocks, each once.
  void check_blocks(const std::vector<Index>& blocks) const {
    for (auto i = blocks.begin(); i != blocks.end(); ++i) {
      if (*i < 0 || *i >= config_.depth) {
        detail::raise<ConfigError>(
            {"taps: expected a block from 0 to ", config_.depth - 1, ", found ", *i});
      }
      if (std::find(blocks.begin(), i, *i) != i) {
        detail::raise<ConfigError>({"taps: expected each block once, found ", *i, " twice"});
      }
    }
  }

  /// Of blocks before the queries join, whose maps would be of fewer tokens than the others'.
  void refuse_early(const std::vector<Index>& blocks) const {
    if (config_.query_tokens == 0) return;
    for (const Index i : blocks) {
      if (i >= config_.query_block) continue;
      detail::raise<UnsupportedError>(
          {"taps: expected attention, queries, keys and values of blocks from ",
           config_.query_block, " on, which have all tokens, found block ", i});
    }
  }

  static void refuse_merged(const char* what, const std::vector<Index>& blocks) {
    if (blocks.empty()) return;
    detail::raise<UnsupportedError>({"token merging: expected no ", what,
                                     " to be asked for, whose size would differ from ",
                                     "block to block, found block ", blocks.front()});
  }

  /// Of what the dense head gives of an image. Throws `ShapeError` for more patches than its sizes
  /// are made for, where their products could overflow, and as the head.
  DenseShape dense_shape(const detail::ForwardPlan& plan) const {
    constexpr Index most_patches = Index{1} << 26;
    if (plan.patches > most_patches) {
      detail::raise<ShapeError>({"dense head: expected images of at most ", most_patches,
                                 " patches, found ", plan.patches});
    }
    return layers_.dense_head->shape(config_, plan);
  }

  /// Makes room for what is asked for, and states the shapes in `output`; where memory lacks, those
  /// of no image.
  void prepare(const detail::ForwardPlan& plan, const Taps& taps, VitOutput<Scalar>& output) const {
    output.images = output.tokens_per_image = output.prefix_tokens = 0;
    output.grid_height = output.grid_width = output.pooled_width = 0;
    const Index rows = plan.images * plan.tokens;
    const Index heads = config_.num_parallel * config_.attention_heads();
    const Index projection_width = heads * config_.head_dim();
    const auto resize = [](AlignedBuffer<Scalar>& buffer, Index size) {
      buffer.resize(static_cast<std::size_t>(size));
    };
    resize(output.tokens, taps.tokens ? rows * config_.embed_dim : 0);
    resize(output.pooled, taps.pooled ? plan.images * config_.pooled_width() : 0);
    detail::Heads::prepare(config_, taps, plan.images, output);
    output.dense.resize(plan.images, taps.dense ? dense_shape(plan) : DenseShape());
    output.merge_source.resize(static_cast<std::size_t>(taps.merge_source ? rows : 0));
    for (Index i = 0; taps.merge_source && i < rows; ++i) {
      output.merge_source[static_cast<std::size_t>(i)] = i % plan.tokens;
    }
    output.hidden.resize(taps.hidden.size());
    for (auto& hidden : output.hidden) resize(hidden, rows * config_.embed_dim);
    output.attention.resize(taps.attention.size());
    for (auto& attention : output.attention) {
      resize(attention, heads * rows * plan.tokens);
    }
    const auto asked = detail::projections_of(taps);
    const auto given = detail::projections_of(output);
    for (std::size_t kind = 0; kind < asked.size(); ++kind) {
      given[kind]->resize(asked[kind]->size());
      for (auto& values : *given[kind]) resize(values, rows * projection_width);
    }

    output.prefix_tokens = plan.prefix;
    output.grid_height = plan.grid_height;
    output.grid_width = plan.grid_width;
    output.tokens_per_image = plan.tokens;
    output.grids.clear();
    output.width = config_.embed_dim;
    output.pooled_width = config_.pooled_width();
    output.heads = heads;
    output.projection_width = projection_width;
    output.merged_tokens =
        detail::tokens_after(taps.token_merging, config_.depth, plan.tokens, plan.prefix);
    output.images = plan.images;
  }

  VitConfig config_;
  VitLayers<Scalar> layers_;
  /// By which a workspace knows whose tables it holds; copies, which never differ, share it.
  std::shared_ptr<const void> identity_ = std::make_shared<char>();
};

// Outside the class, so that a program that uses the compiled library does not compile a pass.
template <class Scalar>
void VisionTransformer<Scalar>::forward(const PixelBatch<Scalar>& pixels, const Taps& taps,
                                        VitOutput<Scalar>& output, Executor* executor,
                                        Workspace* workspace) const {
  check(pixels, taps);
  detail::SteadyExecutor run_on(executor);
  Workspace own;
  Workspace& memory = workspace ? *workspace : own;
  const Index workers = run_on.concurrency();
  const detail::ForwardPlan whole = plan_of(pixels.height, pixels.width, pixels.images, workers);
  prepare(whole, taps, output);
  whole.pass_size(workers).for_each_pass([&](Index first, Index count) {
    const detail::ForwardPlan plan = plan_of(pixels.height, pixels.width, count, workers);
    detail::WorkspaceSize size;
    lay_out(plan, workers, taps, size);
    memory.reset(size.bytes());
    const auto scratch = lay_out(plan, workers, taps, memory);
    const auto tables = [&](std::byte* place) {
      return detail::PositionTables<Scalar>(config_, plan, place);
    };
    const detail::PositionTables<Scalar> positions =
        tables(memory.keep(identity_, {plan.grid_height, plan.grid_width},
                           detail::PositionTables<Scalar>::bytes(config_, plan),
                           [&](std::byte* place) { tables(place).fill(layers_, plan); }));
    const detail::ForwardContext<Scalar> context{config_, layers_, plan,   scratch.pass, positions,
                                                 pixels,  taps,    output, first};
    detail::ForwardPass<Scalar>(context, scratch.merging ? &*scratch.merging : nullptr)
        .add_to(memory.task_graph());
    detail::TaskFailure failure;
    memory.task_graph().run(run_on, failure);
  });
  layers_.patch_embed.proj().weight().settle(workers);
}

template <class Scalar>
std::size_t VisionTransformer<Scalar>::workspace_bytes(Index image_height, Index image_width,
                                                       Index images, int threads,
                                                       const Taps& taps) const {
  detail::check_threads(threads);
  if (images < 1) {
    detail::raise<ShapeError>({"pixel values: expected at least 1 image, found ", images});
  }
  check_size(image_height, image_width);
  check_taps(taps);
  VitOutput<Scalar> output;
  // What is tapped has a place to go to; nothing is written there.
  output.hidden.assign(taps.hidden.size(), AlignedBuffer<Scalar>(1));
  output.attention.assign(taps.attention.size(), AlignedBuffer<Scalar>(1));
  const auto asked = detail::projections_of(taps);
  const auto given = detail::projections_of(output);
  for (std::size_t kind = 0; kind < asked.size(); ++kind) {
    given[kind]->assign(asked[kind]->size(), AlignedBuffer<Scalar>(1));
  }
  const detail::ForwardPlan whole = plan_of(image_height, image_width, images, threads);
  const detail::ForwardPlan plan =
      plan_of(image_height, image_width, whole.pass_size(threads).most(), threads);
  output.images = plan.images;
  if (taps.dense) dense_shape(plan);  // tells sizes that the head does not take
  detail::WorkspaceSize size;
  const auto scratch = lay_out(plan, threads, taps, size);
  AlignedBuffer<std::byte> tables(detail::PositionTables<Scalar>::bytes(config_, plan));
  const detail::PositionTables<Scalar> positions(config_, plan, tables.data());
  const PixelBatch<Scalar> pixels{nullptr, images, image_height, image_width};
  const detail::ForwardContext<Scalar> context{
      config_, layers_, plan, scratch.pass, positions, pixels, taps, output, 0};
  detail::TaskGraph graph;
  detail::ForwardPass<Scalar>(context, scratch.merging ? &*scratch.merging : nullptr).add_to(graph);
  return size.bytes() + tables.size() + graph.bytes(threads);
}

#if !EIGENVIT_HEADER_ONLY
extern template void VisionTransformer<float>::forward(const PixelBatch<float>&, const Taps&,
                                                       VitOutput<float>&, Executor*,
                                                       Workspace*) const;
extern template std::size_t VisionTransformer<float>::workspace_bytes(Index, Index, Index, int,
                                                                      const Taps&) const;
#endif

}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
