/// What chooses the domain of an image, as stages of a pass.
#ifndef EIGENVIT_MODEL_HEADS_ZOE_DEPTH_ROUTER_HPP
#define EIGENVIT_MODEL_HEADS_ZOE_DEPTH_ROUTER_HPP

#include <algorithm>
#include <cmath>

#include <eigenvit/core/ceil_div.hpp>
#include <eigenvit/core/task_graph.hpp>
#include <eigenvit/model/heads/zoe_depth_layers.hpp>
#include <eigenvit/model/pass/linear_share.hpp>
#include <eigenvit/model/pass/map_buffer.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// Adds what makes of the pixels of a small map the logits of domains:
///
///     x = [0; W p + b] + positions,   x = blocks(x),   logits = W2 relu(W1 x_0 + b1) + b2
///
/// Shapes: `p [h*w, C]`, `x [1 + h*w, 128]`, `logits [2]`. Position `i` is
/// `[sin(i / 10000^(2k/128)), cos(...)]` over all k. Source: transformers'
/// `ZoeDepthPatchTransformerEncoder` and `ZoeDepthMLPClassifier`.
template <class Scalar>
class ZoeDepthRouter {
 public:
  static constexpr Index width = ZoeDepthConfig::router_width;

  /// The maps of a pass.
  struct Scratch {
    MapBuffer<Scalar> tokens;
    MapBuffer<Scalar> attended;
    MapBuffer<Scalar> qkv;

    Scratch(const ZoeDepthConfig& head, const MapSize& size, ReusedMapMemory<Scalar>& memory) {
      const MapSize sequence{1 + size.pixels(), 1};
      tokens = memory.take(sequence, width);
      attended = memory.take(sequence, width);
      const auto values = static_cast<Index>(
          Attention::qkv_size(sequence.height, head.router_heads, width / head.router_heads));
      qkv = memory.take({1, 1}, values);
    }
  };

  /// Keeps references to the layers, which must outlive the run, and to the graph.
  ZoeDepthRouter(const ZoeRouterLayers<Scalar>& layers, TaskGraph& graph,
                 const WorkerScratch<Scalar>& workers, Index images)
      : layers_(layers), graph_(graph), workers_(workers), images_(images) {}

  /// Values of a worker's scratch.
  static Index worker_values(const ZoeDepthConfig& head) noexcept {
    return std::max({rows_at_once * head.router_hidden, width,
                     static_cast<Index>(Attention::scratch_size(width / head.router_heads))});
  }

  /// As `DenseHead::flops`.
  static double flops(const ZoeDepthConfig& head, const MapSize& size) noexcept {
    const auto tokens = static_cast<double>(1 + size.pixels());
    constexpr auto dim = static_cast<double>(width);
    const double block =
        tokens * dim * (8 * dim + 4 * static_cast<double>(head.router_hidden) + 4 * tokens);
    return 2 * (tokens - 1) * dim * static_cast<double>(head.neck.channels) +
           static_cast<double>(ZoeDepthConfig::router_blocks) * block + 2 * dim * (dim + 2);
  }

  /// The returned stage gives `logits [2]` of each image's pixels, which `stage` gives.
  Stage add_stages(Stage stage, const MapBuffer<Scalar>& pixels, const Scratch& scratch,
                   const MapBuffer<Scalar>& logits) const {
    stage = add_tokens(stage, pixels, scratch.tokens);
    for (const auto& block : layers_.blocks) {
      // After the last one only CLS is read.
      const bool is_last = &block == &layers_.blocks.back();
      stage = add_block(stage, block, scratch, is_last ? 1 : scratch.tokens.size.height);
    }
    return graph_.add({images_}, {image_of(stage)},
                      [&mlp = layers_.classifier, tokens = scratch.tokens, logits,
                       workers = workers_](const Task& task) {
                        PixelMlpShare<Scalar>(mlp).multiply(
                            tokens.row(task.image, 0), 1, workers.of(task.worker),
                            logits.row(task.image, 0), logits.channels);
                      });
  }

 private:
  using Attention = MultiHeadSelfAttention<Scalar>;

  /// Tokens that go through linear layers together: whole tiles of rows.
  static constexpr Index rows_at_once = 48;

  /// The part of `rows` rows that a task has.
  struct Part {
    Index begin;
    Index count;

    Part(Index rows, Index parts, Index part)
        : begin(rows * part / parts), count(rows * (part + 1) / parts - begin) {}
  };

  static void add_position(Index position, Scalar* token) {
    const auto step = -std::log(Scalar(10000)) / static_cast<Scalar>(width);
    for (Index k = 0; k < width / 2; ++k) {
      const Scalar angle =
          static_cast<Scalar>(position) * std::exp(static_cast<Scalar>(2 * k) * step);
      token[k] += std::sin(angle);
      token[width / 2 + k] += std::cos(angle);
    }
  }

  Stage add_tokens(Stage stage, const MapBuffer<Scalar>& pixels,
                   const MapBuffer<Scalar>& tokens) const {
    const Index rows = pixels.size.height;
    return graph_.add({images_, rows, rows}, {image_of(stage)},
                      [&embed = layers_.embed, pixels, tokens](const Task& task) {
                        const Index first = 1 + task.part * pixels.size.width;
                        multiply(embed, 1, 0, pixels.row(task.image, task.part), pixels.size.width,
                                 pixels.channels, tokens.row(task.image, first), width);
                        for (Index i = 0; i < pixels.size.width; ++i) {
                          add_position(first + i, tokens.row(task.image, first + i));
                        }
                        if (task.part > 0) return;
                        std::fill_n(tokens.row(task.image, 0), width, Scalar(0));
                        add_position(0, tokens.row(task.image, 0));
                      });
  }

  /// `EncoderBlock::operator()` of its sum_norm form, as far as the first `needed` tokens need it.
  Stage add_block(Stage stage, const EncoderBlock<Scalar>& block, const Scratch& scratch,
                  Index needed) const {
    const Index count = scratch.tokens.size.height;
    const auto &tokens = scratch.tokens, &attended = scratch.attended, &qkv = scratch.qkv;
    const Attention& attn = block.attn();
    const Index parts = ceil_div(count, rows_at_once);
    stage =
        graph_.add({images_, parts, count}, {image_of(stage)},
                   [&attn, tokens, qkv, count, parts](const Task& task) {
                     const Part part(count, parts, task.part);
                     attn.project(tokens.row(task.image, part.begin), part.begin, part.count, width,
                                  0, attn.qkv().weight().panels(), qkv.row(task.image, 0), count);
                   });
    const Index pieces = ceil_div(needed, Attention::block_queries);
    stage = graph_.add(
        {images_, attn.units() * pieces}, {image_of(stage)},
        [&attn, attended, qkv, count, needed, pieces, workers = workers_](const Task& task) {
          const Index first = task.part % pieces * Attention::block_queries;
          const Index queries = std::min(Attention::block_queries, needed - first);
          attn.attend(qkv.row(task.image, 0), count, task.part / pieces, first, queries,
                      attended.row(task.image, 0), width, nullptr, workers.of(task.worker));
        });
    const Index needed_parts = ceil_div(needed, rows_at_once);
    return graph_.add(
        {images_, needed_parts, needed}, {image_of(stage)},
        [&block, tokens, attended, needed, needed_parts, workers = workers_](const Task& task) {
          const Part part(needed, needed_parts, task.part);
          finish(block, attended.row(task.image, part.begin), part.count,
                 tokens.row(task.image, part.begin), workers.of(task.worker));
        });
  }

  /// What follows attention in a block, of some rows.
  static void finish(const EncoderBlock<Scalar>& block, const Scalar* attended, Index count,
                     Scalar* x, Scalar* hidden) {
    const Finish<Scalar> add{Activation::none, nullptr, true};
    multiply(block.attn().proj(), 1, 0, attended, count, width, x, width, add);
    block.norm1().forward(x, count, width, x, width);
    const Linear<Scalar>& fc1 = block.mlp().fc1();
    multiply(fc1, 1, 0, x, count, width, hidden, fc1.out_features(),
             Finish<Scalar>{block.mlp().fc1_activation(), nullptr, false});
    multiply(block.mlp().fc2(), 1, 0, hidden, count, fc1.out_features(), x, width, add);
    block.norm2().forward(x, count, width, x, width);
  }

  const ZoeRouterLayers<Scalar>& layers_;
  TaskGraph& graph_;
  WorkerScratch<Scalar> workers_;
  Index images_;
};

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
