/// The heads that detect objects.
#ifndef EIGENVIT_MODEL_HEADS_DETECTION_HEADS_HPP
#define EIGENVIT_MODEL_HEADS_DETECTION_HEADS_HPP

#include <cmath>
#include <vector>

#include <eigenvit/core/aligned_buffer.hpp>
#include <eigenvit/core/task_graph.hpp>
#include <eigenvit/layers/linear.hpp>
#include <eigenvit/model/heads/head_list.hpp>
#include <eigenvit/model/layer_check.hpp>
#include <eigenvit/model/pass/linear_share.hpp>

namespace eigenvit {
inline namespace EIGENVIT_ABI {
namespace detail {

/// From each of the Q detection tokens to the logits of its classes and to its box, by three linear
/// layers with ReLU between them; a sigmoid makes the box. Cost: `2 Q D (4 D + C + 4)` flops for
/// each image. Source: Fang et al., arXiv:2106.00666; transformers' `YolosForObjectDetection`.
struct DetectionHeads {
  struct Config {};
  struct Taps {
    bool pred_boxes = false;  ///< centre x and y, width, height in 0..1 `[B*Q, 4]`
  };
  template <class Scalar>
  struct Layers {
    std::vector<Linear<Scalar>> class_head;
    std::vector<Linear<Scalar>> box_head;
  };
  template <class Scalar>
  struct Output {
    /// Q, the tokens after the patches: detection tokens, or the queries of EoMT; 0 where a model
    /// has neither.
    Index detections = 0;
    AlignedBuffer<Scalar> pred_boxes;

    /// Boxes of one image, `[Q, 4]`.
    ConstMatrixView<Scalar> boxes_of(Index image) const {
      return ConstMatrixView<Scalar>(pred_boxes.data() + image * detections * 4, detections, 4);
    }
  };

  template <class ModelConfig>
  static void validate(const ModelConfig&, const ConfigCheck&) {}

  template <class ModelConfig, class ModelLayers>
  static void check_layers(const ModelConfig& config, const ModelLayers& layers) {
    for (const auto* const head : {&layers.class_head, &layers.box_head}) {
      require_size("layers of a detection head", config.detects() ? 3 : 0,
                   static_cast<Index>(head->size()));
      for (std::size_t i = 0; i < head->size(); ++i) {
        const Index outputs = head == &layers.box_head ? 4 : config.num_classes;
        require_size("detection head inputs", config.embed_dim, (*head)[i].in_features());
        require_size("detection head outputs", i + 1 < head->size() ? config.embed_dim : outputs,
                     (*head)[i].out_features());
      }
    }
  }

  template <class ModelConfig>
  static void check_taps(const ModelConfig& config, const Taps& taps) {
    if (taps.pred_boxes && !config.detects()) {
      raise<UnsupportedError>(
          {"taps: expected a model that detects for pred_boxes, found another"});
    }
  }

  template <class Scalar>
  static Index parameters(const Layers<Scalar>& layers) noexcept {
    Index count = 0;
    for (const auto* const head : {&layers.class_head, &layers.box_head}) {
      for (const auto& layer : *head) count += layer.parameters();
    }
    return count;
  }
  template <class ModelConfig>
  static Index flops(const ModelConfig& config, Index, Index) noexcept {
    return config.detects() ? 2 * config.det_tokens * config.embed_dim *
                                  (4 * config.embed_dim + config.num_classes + 4)
                            : 0;
  }
  static bool is_wanted(const Taps& taps) noexcept { return taps.pred_boxes; }

  template <class ModelConfig, class ModelTaps, class ModelOutput>
  static void prepare(const ModelConfig& config, const ModelTaps& taps, Index images,
                      ModelOutput& output) {
    const Index boxes = images * config.det_tokens;
    output.pred_boxes.resize(static_cast<std::size_t>(taps.pred_boxes ? boxes * 4 : 0));
    if (config.detects()) {
      output.logits.resize(static_cast<std::size_t>(taps.logits ? boxes * config.num_classes : 0));
    }
    output.detections = config.suffix_tokens();
  }

  /// A task for each image.
  template <class Context>
  static void add_stages(TaskGraph& graph, const Context& context, const HeadInputs& inputs) {
    if (!context.config.detects()) return;
    if (!context.taps.logits && !context.taps.pred_boxes) return;
    graph.add({context.plan.images}, {image_of(inputs.tokens)},
              [&context](const Task& task) { detect(context, task.image); });
  }

 private:
  /// Keeps what is between the layers in buffers of the blocks, which the image has left.
  template <class Context>
  static void detect(const Context& context, Index image) {
    const auto& blocks = context.scratch.blocks;
    const Index count = context.config.det_tokens;
    const Index width = context.width();
    const Index row = image * context.plan.tokens;
    const auto* const tokens = context.normed_tokens(image) + (context.plan.tokens - count) * width;
    auto* const first = blocks.normed + row * blocks.normed_stride;
    auto* const second = blocks.attended + row * blocks.normed_stride;
    using Scalar = std::decay_t<decltype(*first)>;
    const Finish<Scalar> relu{Activation::relu, nullptr, false};
    const auto run = [&](const auto& head, Scalar* result, Index outputs) {
      multiply(head[0], 1, 0, tokens, count, width, first, blocks.normed_stride, relu);
      multiply(head[1], 1, 0, first, count, blocks.normed_stride, second, blocks.normed_stride,
               relu);
      multiply(head[2], 1, 0, second, count, blocks.normed_stride, result, outputs);
    };
    auto& output = context.output;
    if (context.taps.logits) {
      run(context.layers.class_head, context.place(output.logits) + image * count * output.classes,
          output.classes);
    }
    if (!context.taps.pred_boxes) return;
    Scalar* const boxes = context.place(output.pred_boxes) + image * count * 4;
    run(context.layers.box_head, boxes, 4);
    for (Index i = 0; i < count * 4; ++i) boxes[i] = Scalar(1) / (Scalar(1) + std::exp(-boxes[i]));
  }
};

}  // namespace detail
}  // namespace EIGENVIT_ABI
}  // namespace eigenvit

#endif
