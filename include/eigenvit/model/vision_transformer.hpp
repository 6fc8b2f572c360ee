/// The composition: pixel values in; tokens, pooled vector, logits and whatever else is tapped out.
#ifndef EIGENVIT_MODEL_VISION_TRANSFORMER_HPP
#define EIGENVIT_MODEL_VISION_TRANSFORMER_HPP

#include <algorithm>
#include <string>
#include <utility>

#include <eigenvit/core/executor.hpp>
#include <eigenvit/core/workspace.hpp>
#include <eigenvit/model/forward_scratch.hpp>
#include <eigenvit/model/taps.hpp>
#include <eigenvit/model/vit_config.hpp>
#include <eigenvit/model/vit_layers.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {

/// Pixel values of a batch, `[B, channels, height, width]`, in memory that the caller owns.
template <class Scalar>
struct PixelBatch {
  const Scalar* values = nullptr;
  Index images = 0;
  Index height = 0;
  Index width = 0;
};

/// Vision transformer:
/// `x = [prefix; patch_embed(pixels)] + pos_embed`, `x = block_i(x)` for each block,
/// `tokens = norm(x)`, `pooled = fc_norm(pool(tokens))`, `logits = head(pooled)`; each step but the
/// patches and the blocks only where the configuration has it.
///
/// Shapes: pixels `[B, in_chans, height, width]`, tokens `[B*T, D]`, logits `[B, C]`.
/// Cost: `VitConfig::flops`. A model is immutable; any number of threads may use it at the same
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
    validate(config_, "vision transformer");
    check_layers(config_, layers_);
  }

  const VitConfig& config() const noexcept { return config_; }
  const VitLayers<Scalar>& layers() const noexcept { return layers_; }
  Index parameters() const noexcept { return layers_.parameters(); }

  /// One pass over a batch, on the calling thread unless an executor is given, in the workspace
  /// that is lent or one of its own. Throws as the overload below.
  VitOutput<Scalar> forward(const PixelBatch<Scalar>& pixels, const Taps& taps,
                            Executor* executor = nullptr, Workspace* workspace = nullptr) const {
    VitOutput<Scalar> output;
    forward(pixels, taps, output, executor, workspace);
    return output;
  }

  /// As above, into a result that may have been used before. Throws `ShapeError` when the pixels
  /// do not suit the model, `ConfigError` when a block is tapped that does not exist or is tapped
  /// twice, and `UnsupportedError` when a head or pooler is asked for that the model does not have.
  void forward(const PixelBatch<Scalar>& pixels, const Taps& taps, VitOutput<Scalar>& output,
               Executor* executor = nullptr, Workspace* workspace = nullptr) const {
    check(pixels, taps);
    SerialExecutor serial;
    Executor& run_on = executor ? *executor : serial;
    Workspace own;
    Workspace& memory = workspace ? *workspace : own;
    const int strands = run_on.concurrency();
    memory.reset(
        workspace_bytes<Scalar>(config_, pixels.height, pixels.width, pixels.images, strands));
    const ForwardScratch<Scalar> scratch(config_, pixels.height, pixels.width, pixels.images,
                                         strands, memory);
    prepare(pixels, taps, output);

    const BatchView<Scalar> stream(scratch.stream, pixels.images, output.tokens_per_image,
                                   config_.embed_dim);
    embed(pixels, output, stream, scratch, run_on);
    const Index blocks = blocks_needed(taps);
    for (Index i = 0; i < blocks; ++i) {
      layers_.blocks[static_cast<std::size_t>(i)].forward(
          stream, {scratch.normed, scratch.wide, scratch.strands}, run_on,
          tapped(taps.attention, output.attention, i));
      if (Scalar* const hidden = tapped(taps.hidden, output.hidden, i)) {
        std::copy_n(scratch.stream, stream.images * stream.image_stride, hidden);
      }
    }
    finish(taps, output, stream, scratch, run_on);
  }

 private:
  static bool needs_pooled(const Taps& taps) {
    return taps.pooled || taps.logits || taps.pooler_output;
  }

  Index blocks_needed(const Taps& taps) const {
    if (taps.tokens || needs_pooled(taps)) return config_.depth;
    Index count = 0;
    for (const Index i : taps.hidden) count = std::max(count, i + 1);
    for (const Index i : taps.attention) count = std::max(count, i + 1);
    return count;
  }

  /// Where the tap of block `i` goes; null when it is not tapped.
  static Scalar* tapped(const std::vector<Index>& blocks, std::vector<AlignedBuffer<Scalar>>& into,
                        Index i) {
    const auto found = std::find(blocks.begin(), blocks.end(), i);
    if (found == blocks.end()) return nullptr;
    return into[static_cast<std::size_t>(found - blocks.begin())].data();
  }

  void check(const PixelBatch<Scalar>& pixels, const Taps& taps) const {
    const auto size = [](Index height, Index width) {
      return std::to_string(height) + " x " + std::to_string(width);
    };
    if (pixels.images < 1 || pixels.values == nullptr) {
      throw ShapeError("pixel values: expected at least 1 image, found " +
                       std::to_string(pixels.images));
    }
    const bool native =
        pixels.height == config_.image_height && pixels.width == config_.image_width;
    if (!native && !config_.dynamic_image_size) {
      throw ShapeError("pixel values: expected images of " +
                       size(config_.image_height, config_.image_width) + ", found " +
                       size(pixels.height, pixels.width));
    }
    constexpr Index largest = 1 << 16;
    if (pixels.height < config_.patch_height || pixels.width < config_.patch_width ||
        pixels.height > largest || pixels.width > largest) {
      throw ShapeError("pixel values: expected images of " +
                       size(config_.patch_height, config_.patch_width) + " to " +
                       size(largest, largest) + ", found " + size(pixels.height, pixels.width));
    }
    for (const auto* blocks : {&taps.hidden, &taps.attention}) {
      for (auto i = blocks->begin(); i != blocks->end(); ++i) {
        if (*i < 0 || *i >= config_.depth) {
          throw ConfigError("taps: expected a block from 0 to " +
                            std::to_string(config_.depth - 1) + ", found " + std::to_string(*i));
        }
        if (std::find(blocks->begin(), i, *i) != i) {
          throw ConfigError("taps: expected each block once, found " + std::to_string(*i) +
                            " twice");
        }
      }
    }
    if (taps.logits && !layers_.head) {
      throw UnsupportedError("taps: expected a model with a head for logits, found none");
    }
    if (taps.pooler_output && !layers_.pooler) {
      throw UnsupportedError("taps: expected a model with a pooler for pooler_output, found none");
    }
  }

  /// States the shapes in `output` and makes room for what is asked for.
  void prepare(const PixelBatch<Scalar>& pixels, const Taps& taps,
               VitOutput<Scalar>& output) const {
    output.images = pixels.images;
    output.prefix_tokens = config_.prefix_tokens();
    output.grid_height = pixels.height / config_.patch_height;
    output.grid_width = pixels.width / config_.patch_width;
    output.tokens_per_image = output.prefix_tokens + output.grid_height * output.grid_width;
    output.width = config_.embed_dim;
    output.pooled_width = config_.pooled_width();
    output.classes = config_.num_classes;
    output.heads = config_.num_heads;

    const Index rows = output.images * output.tokens_per_image;
    const auto resize = [](AlignedBuffer<Scalar>& buffer, Index size) {
      buffer.resize(static_cast<std::size_t>(size));
    };
    resize(output.tokens, taps.tokens ? rows * output.width : 0);
    resize(output.pooled, taps.pooled ? output.images * output.pooled_width : 0);
    resize(output.logits, taps.logits ? output.images * output.classes : 0);
    resize(output.pooler_output, taps.pooler_output ? output.images * config_.pooler_hidden : 0);
    output.hidden.resize(taps.hidden.size());
    for (auto& hidden : output.hidden) resize(hidden, rows * output.width);
    output.attention.resize(taps.attention.size());
    for (auto& attention : output.attention) {
      resize(attention, output.heads * rows * output.tokens_per_image);
    }
  }

  /// Fills the residual stream: patches, prefix tokens and position embeddings, and `norm_pre`.
  void embed(const PixelBatch<Scalar>& pixels, const VitOutput<Scalar>& output,
             const BatchView<Scalar>& stream, const ForwardScratch<Scalar>& scratch,
             Executor& executor) const {
    const Index prefix = output.prefix_tokens;
    const Index patches = output.tokens_per_image - prefix;
    const Index width = output.width;
    layers_.patch_embed.forward(pixels.values, pixels.height, pixels.width,
                                stream.row_range(prefix, patches), scratch.strands, executor);
    const Scalar* const positions =
        layers_.pos_embed
            ? layers_.pos_embed->patches(output.grid_height, output.grid_width, scratch.positions)
            : nullptr;
    const auto add = [width](Scalar* row, const Scalar* position) {
      for (Index i = 0; i < width; ++i) row[i] += position[i];
    };
    for_each_task(executor, output.images, [&](Index image, Index) {
      for (Index p = 0; p < prefix; ++p) {
        std::copy_n(layers_.prefix_tokens.data() + p * width, width, stream.row(image, p));
        if (layers_.pos_embed && p < layers_.pos_embed->prefix_rows()) {
          add(stream.row(image, p), layers_.pos_embed->prefix(p));
        }
      }
      if (positions == nullptr) return;
      for (Index p = 0; p < patches; ++p) {
        add(stream.row(image, prefix + p), positions + p * width);
      }
    });
    if (layers_.norm_pre) layers_.norm_pre->forward(stream, stream, executor);
  }

  /// From the residual stream after the last block to tokens, pooled vector and logits.
  void finish(const Taps& taps, VitOutput<Scalar>& output, const BatchView<Scalar>& stream,
              const ForwardScratch<Scalar>& scratch, Executor& executor) const {
    if (!taps.tokens && !needs_pooled(taps)) return;
    // Where only prefix tokens are pooled, only they are normalised.
    const bool all_rows = taps.tokens || config_.global_pool == Pool::avg;
    const Index rows = all_rows ? output.tokens_per_image
                       : config_.global_pool == Pool::token_pair || config_.dist_head ? 2
                                                                                      : 1;
    const BatchView<Scalar> tokens(taps.tokens ? output.tokens.data() : scratch.normed,
                                   output.images, rows, output.width);
    if (layers_.norm) {
      layers_.norm->forward(stream.row_range(0, rows), tokens, executor);
    } else {
      for (Index image = 0; image < output.images; ++image) {
        std::copy_n(stream.row(image, 0), rows * output.width, tokens.row(image, 0));
      }
    }
    if (needs_pooled(taps)) pool(taps, output, tokens, scratch, executor);
  }

  void pool(const Taps& taps, VitOutput<Scalar>& output, const BatchView<Scalar>& tokens,
            const ForwardScratch<Scalar>& scratch, Executor& executor) const {
    // The blocks are done with `wide`, and it has room for a vector of each image.
    const BatchView<Scalar> features(scratch.wide, output.images, 1, output.width);
    for_each_task(executor, output.images, [&](Index image, Index) {
      pool_tokens(config_.global_pool, tokens.row(image, 0), tokens.rows, output.prefix_tokens,
                  output.width, features.row(image, 0));
    });
    if (layers_.fc_norm) layers_.fc_norm->forward(features, features, executor);

    const bool pooler_is_pooled = layers_.pooler && !layers_.head;
    if (taps.pooled && !pooler_is_pooled) {
      std::copy_n(features.data, output.images * output.width, output.pooled.data());
    }
    const auto run_pooler = [&](AlignedBuffer<Scalar>& into) {
      layers_.pooler->forward(
          features, BatchView<Scalar>(into.data(), output.images, 1, config_.pooler_hidden),
          executor, config_.pooler_act);
    };
    if (taps.pooler_output) run_pooler(output.pooler_output);
    if (taps.pooled && pooler_is_pooled) run_pooler(output.pooled);
    if (!taps.logits) return;

    const BatchView<Scalar> logits(output.logits.data(), output.images, 1, output.classes);
    if (!layers_.head_dist) {
      layers_.head->forward(features, logits, executor);
      return;
    }
    layers_.head->forward(tokens.row_range(0, 1), logits, executor);
    layers_.head_dist->forward(tokens.row_range(1, 1), logits, executor, Activation::none, nullptr,
                               true);
    for (Scalar& logit : output.logits) logit *= Scalar(0.5);
  }

  VitConfig config_;
  VitLayers<Scalar> layers_;
};

}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
